import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard
import Foundation
import Terminal

/// `celeriac top`, and `celeriac` alone: the dashboard.
struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The dashboard.")
    @OptionGroup var global: GlobalOptions
    @Option(help: ArgumentHelp("View to open: overview, tasks, queues, workers, beat, workflows, errors, log.", valueName: "name")) var view = "overview"
    @Option(help: ArgumentHelp("Filter to open it with.", valueName: "filter")) var match: String?
    @Option(help: ArgumentHelp("Beat's timezone setting, for schedule entries that name none (default: the context's, else UTC).", valueName: "name")) var timezone: String?
    @Flag(help: "Print one picture as text and end.") var once = false
    @Option(help: ArgumentHelp("With --once: seconds to watch after the first look.", valueName: "seconds")) var wait: Double = 1
    @Option(help: ArgumentHelp("With --once: size of the picture (default: the terminal's, else 120x36).", valueName: "COLSxROWS")) var size: String?
    @Flag(inversion: .prefixedNo, help: "Use the mouse.") var mouse = true

    func run() async throws {
        var session = try Session(global)
        if let timezone { session.timezone = timezone }
        try await show(session)
    }

    /// Shows the cluster of `session` until it is left.
    func show(_ session: Session) async throws {
        guard let view = ViewName(rawValue: view) else {
            let known = ViewName.allCases.map(\.rawValue)
            let nearest = Nearest.match(for: self.view, in: known).map { "did you mean \($0)?" } ?? "known are \(known.joined(separator: ", "))"
            throw Failure(.wrongUsage, "no view \"\(self.view)\"; \(nearest)")
        }
        let drawsUnicode = await Terminal.drawsUnicode
        let glyphs: Glyphs = global.ascii || !drawsUnicode ? .ascii : .unicode
        let (columns, rows) = try dimensions()
        var state = DashboardState(
            rows: rows, columns: columns, context: session.contextName ?? "default", endpoint: session.broker.description, permission: .init(session.permission),
            isProduction: session.isProduction)
        let zone = Clock.zone(at: Clock.now)
        state.zone = Zone(offset: zone.offset, name: zone.name)
        state.themes = Themes.names
        state.theme = session.theme
        _ = try readFilter(match)
        state.show(view, filter: match)
        if once { return try await printOnce(session, state, glyphs) }
        let runner = try await DashboardRunner(session, state, glyphs: glyphs, color: global.color, mouse: mouse)
        try await runner.run()
    }

    private func printOnce(_ session: Session, _ start: DashboardState, _ glyphs: Glyphs) async throws {
        let span = try duration("--wait", wait)
        let (state, picture) = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            let watch = try session.watch(monitor), running = Task { await watch?.run() }
            defer { running.cancel() }
            await watch?.firstLook()
            try await monitor.watch(for: span, groups: start.request().workflows != nil)
            var state = start
            var picture = await session.picture(state.request(), of: monitor, watch)
            // How much there is decides how the panes share the screen, and with it what is asked for.
            state.settle(picture)
            picture = await session.picture(state.request(), of: monitor, watch)
            state.settle(picture)
            return (state, picture)
        }
        Output.line(state.render(picture, keymap: try Themes.keymap(session.file.keys), glyphs: glyphs).text)
    }

    private func dimensions() throws -> (columns: Int, rows: Int) {
        if let size {
            let parts = size.split(separator: "x").compactMap { Int($0) }
            guard parts.count == 2, parts.allSatisfy({ (1...1000).contains($0) }) else { throw Failure(.wrongUsage, "--size wants COLSxROWS, not \"\(size)\"") }
            return (parts[0], parts[1])
        }
        var window = winsize()
        if isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 { return (Int(window.ws_col), Int(window.ws_row)) }
        return (120, 36)
    }
}

extension Dashboard.Permission {
    init(_ permission: CeleriacBroker.Permission) {
        switch permission {
        case .act: self = .act
        case .readOnly: self = .readOnly
        case .passive: self = .passive
        }
    }
}
