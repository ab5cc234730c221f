import CeleriacCore
import Foundation
import TestSupport
import Testing

/// The tests that drive the real program; one after the other, since they share a cluster and two cores.
@Suite(.serialized, .enabled(if: RealCluster.isThere, Comment(rawValue: RealCluster.missing)))
struct OperatorTests {}

/// The real program on a terminal of its own, as its operator has it before him.
struct OperatedDashboard {
    let terminal: PseudoTerminal
    /// Where it may save files.
    let folder: URL

    /// Starts it; `options` come after those for broker and result backend.
    init(_ broker: String, results: String? = nil, _ options: [String] = [], environment: [String: String] = [:], rows: Int = 30, columns: Int = 140) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("operator-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let arguments = ["-b", broker] + (results.map { ["-r", $0] } ?? []) + options
        terminal = try PseudoTerminal(
            "/bin/sh", ["-c", "cd \"$0\" && exec \"$@\"", folder.path, Celeriac.path] + arguments,
            // Or Swift's own backtracer asks what to do, and waits for a key.
            environment: environment.merging(["XDG_CONFIG_HOME": folder.path, "XDG_STATE_HOME": folder.path, "SWIFT_BACKTRACE": "enable=no"]) { $1 }, rows: rows, columns: columns)
    }

    /// On a cluster; returns once it is live and has heard of the workers.
    static func live(on cluster: RealCluster, _ options: String..., environment: [String: String] = [:], rows: Int = 30, columns: Int = 140) throws -> OperatedDashboard {
        let dashboard = try OperatedDashboard(cluster.broker, results: cluster.backend, options, environment: environment, rows: rows, columns: columns)
        try #require(
            dashboard.terminal.wait(within: .seconds(20)) { $0.text.contains("live") && $0.text.contains("workers 3/3") }, "\(dashboard.terminal.screen)")
        return dashboard
    }

    var screen: ScreenModel { terminal.screen }

    /// Lines that show `text`.
    func lines(with text: String) -> [String] { screen.lines.filter { $0.contains(text) } }

    func press(_ keys: String) { terminal.type(keys) }

    func waits(for text: String, within limit: Duration = .seconds(10)) -> Bool { terminal.wait(for: text, within: limit) }

    func waits(within limit: Duration = .seconds(10), until claim: (ScreenModel) -> Bool) -> Bool { terminal.wait(within: limit, until: claim) }

    /// Narrows the list.
    func filter(_ text: String, shows count: Int, within limit: Duration = .seconds(20)) throws {
        press("/" + text + Typed.enter)
        let holds = waits(within: limit) { $0.text.contains("Tasks \(count) of ") || $0.text.contains("Tasks \(count),") }
        try #require(holds, "\(text) was to show \(count): \(screen)")
    }

    /// Presses `key` until the screen answers as it should: a dialog does not take keys in the third of a second after it opened.
    func insist(_ key: String, until claim: (ScreenModel) -> Bool) -> Bool {
        for _ in 0..<12 {
            press(key)
            if waits(within: .seconds(1), until: claim) { return true }
        }
        return false
    }

    /// Opens a dialog by `key`, which shows `title`.
    func open(_ key: String, shows title: String) throws {
        press(key)
        try #require(waits(for: title), "\(key) opens \(title): \(screen)")
    }

    /// Answers the dialog that shows `title` by `y`, and sees it close.
    func agree(to title: String) throws {
        try #require(insist("y") { !$0.text.contains(title) }, "\(screen)")
    }

    /// Answers the dialog that shows `title` by typing `text`, and sees it close.
    func agree(to title: String, typing text: String) throws {
        for character in text.indices {
            let typed = "> " + text[...character]
            try #require(insist(String(text[character])) { $0.text.contains(typed + "_") }, "\(screen)")
        }
        press(Typed.enter)
        try #require(waits { !$0.text.contains(title) }, "\(screen)")
    }

    /// Ends it as its operator would.
    func quit() {
        press(Typed.control("c"))
        _ = terminal.waitForEnd(within: .seconds(5))
        try? FileManager.default.removeItem(at: folder)
    }
}
