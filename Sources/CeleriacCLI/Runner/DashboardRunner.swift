import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard
import Terminal

/// Carries keys to the dashboard's state, its effects to the outside, and its grids to the terminal.
///
/// One loop on the main actor takes everything in order, so a key that follows a movement acts on the row that the movement reached.
@MainActor final class DashboardRunner {
    /// What wakes the loop.
    enum Wake: Sendable {
        case input(Input)
        case action(Action)
        case tick
        /// What was put off while a line was typed.
        case look
        /// What came too soon after the last draw.
        case draw
    }

    private let session: Session
    private let broker: any BrokerConnection
    private let monitor: ClusterMonitor
    private let watch: ScheduleWatch?
    private let effects: EffectRunner
    private let terminal: Terminal
    private let keymap: Keymap
    private var glyphs: Glyphs
    private var state: DashboardState
    private var picture: Picture
    private var seenRevision = (cluster: -1, schedule: -1)
    private var lastDraw = 0.0
    private var isDirty = true
    private var isPutOff = false
    private var isDrawDue = false
    private let wakes: AsyncStream<Wake>
    private let wake: AsyncStream<Wake>.Continuation

    /// Draws a second: while keys are pressed, and while only the cluster moves.
    private static let shortestPause = 1.0 / 30
    private static let calmPause = 0.2

    init(_ session: Session, _ state: DashboardState, glyphs: Glyphs, color: ColorMode, mouse: Bool) throws {
        self.session = session
        self.state = state
        self.glyphs = glyphs
        keymap = try Themes.keymap(session.file.keys)
        broker = try session.openBroker()
        self.state.peekingMarks = broker.peekingMarks
        self.state.editing = MessageEditing(rawValue: broker.editing.rawValue)
        let results = try session.openResultBackend()
        monitor = session.monitor(broker, results: results)
        watch = try session.watch(monitor)
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
        effects = EffectRunner(session, broker: broker, monitor: monitor, watch: watch, resultBackend: results) { [wake] in wake.yield(.action($0)) }
        let name = color == .never || (color == .auto && Environment.has("NO_COLOR")) ? "mono" : session.theme
        terminal = try Terminal(theme: Themes.theme(name), glyphs: glyphs, options: .init(mouse: mouse))
        picture = Picture(now: Clock.now)
    }

    func run() async throws {
        try terminal.open()
        defer { terminal.close() }
        resize()
        let monitoring = Task { [monitor] in await monitor.run() }
        let watching = Task<Void, Never> { [watch] in await watch?.run() }
        let typing = Task { [terminal, wake] in
            for await input in terminal.inputs { wake.yield(.input(input)) }
            wake.yield(.input(.hangup))
        }
        let ticking = Task { [wake] in
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(100))
                wake.yield(.tick)
            }
        }
        effects.start(.listTrash(isFirst: true))
        await loop()
        for task in [monitoring, watching, typing, ticking] as [Task<Void, Never>] { task.cancel() }
        await effects.close()
        await watch?.store.close()
        await broker.close()
    }

    private func loop() async {
        await look()
        for await wake in wakes {
            switch wake {
            case .input(.key(let key)):
                guard await take(state.handle(key, keymap: keymap, picture: picture, now: Clock.now)) else { return }
                // Behind the keys that wait already: a filter that is pasted, or typed fast, is looked for once.
                if state.isTyping { putOff() } else { await look() }
            case .input(.resized):
                resize()
                await look()
            case .input(.hangup), .input(.terminate): return
            case .action(let action):
                state.handle(action, now: Clock.now)
                isDirty = true
            case .tick: await tick()
            case .look: if isPutOff { await look() }
            case .draw: isDrawDue = false
            }
            draw()
        }
    }

    /// Gives the terminal to the user's editor, until that ends.
    private func edit(_ document: String) async {
        do {
            let editor = try Editor(hint: "no editor: set VISUAL or EDITOR")
            let (text, file) = try await terminal.lend { try editor.edit(document, name: "message.json") }
            editor.discard(file)
            state.handle(.documentEdited(text), now: Clock.now)
        } catch { state.handle(.notify(ForeignText.safe((error as? Failure)?.message ?? "\(error)"), isError: true), now: Clock.now) }
        resize()
    }

    private func putOff() {
        guard !isPutOff else { return }
        isPutOff = true
        wake.yield(.look)
    }

    /// Asks for what the screen shows now, and lets the cursor settle on it.
    private func look() async {
        isPutOff = false
        seenRevision = await revision
        picture = await session.picture(state.request(), of: monitor, watch)
        state.settle(picture)
        isDirty = true
    }

    /// The cluster moved: five times a second while events pour in, else twice; nothing moved: once a second, for the ages.
    private func tick() async {
        let now = Clock.now
        let pause = await revision == seenRevision ? 1 : picture.header.eventsPerSecond < 20 ? 0.5 : Self.calmPause
        if now - lastDraw >= pause { await look() }
        _ = await take(state.due(now: now))
    }

    private var revision: (cluster: Int, schedule: Int) { get async { (await monitor.revision, await watch?.revision ?? 0) } }

    private func draw() {
        guard isDirty, !isDrawDue else { return }
        let now = Clock.now
        let pause = lastDraw + Self.shortestPause - now
        guard pause <= 0 else {
            isDrawDue = true
            Task { [wake] in
                try? await Task.sleep(for: .seconds(min(pause, Self.shortestPause)))
                wake.yield(.draw)
            }
            return
        }
        terminal.show(state.render(picture, keymap: keymap, glyphs: glyphs))
        lastDraw = now
        isDirty = false
    }

    private func resize() {
        let size = terminal.size
        state.resize(rows: size.rows, columns: size.columns)
        isDirty = true
    }

    /// Carries effects out.
    /// - Returns: `false` when the program is to end.
    private func take(_ effects: [Effect]) async -> Bool {
        for effect in effects {
            switch effect {
            case .quit: return false
            case .suspend:
                terminal.suspend()
                resize()
            case .redraw: terminal.redraw()
            case .copy(let text): terminal.copy(text)
            case .theme(let name):
                do { terminal.theme = try Themes.theme(name) } catch { state.handle(.notify("\((error as? Failure)?.message ?? "\(error)")", isError: true), now: Clock.now) }
            case .openEditor(let document): await edit(document)
            case .save(let view, let kind): self.effects.save(state.wholeTable, view, kind)
            default: self.effects.start(effect)
            }
        }
        return true
    }
}
