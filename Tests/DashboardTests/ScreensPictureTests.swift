import CeleriacCore
import Foundation
import Testing

@testable import Dashboard

/// Every view as text, at several sizes. `RECORD_PICTURES=1 swift test --filter ScreensPictureTests` writes them anew.
@Suite struct ScreensPictureTests {
    static let sizes = [(80, 24), (120, 36), (200, 60), (50, 12), (18, 4)]

    static let views: [(name: String, keys: String)] = [
        ("overview", "1"), ("tasks", "2 j j"), ("queues", "3"), ("workers", "4"), ("beat", "5"), ("workflows", "6 j j"), ("errors", "7 j"), ("log", "8"),
        ("task-summary", "2 j enter"), ("worker-active", "4 enter"), ("queue-detail", "3 enter ["),
        ("entry-runs", "5 G k enter"), ("entry-next", "5 / n i g h t enter i"),
        ("workflow-chord", "6 j enter"), ("workflow-group", "6 j j enter j j"),
    ]

    static let cases = views.flatMap { view in sizes.map { (view.name, view.keys, $0.0, $0.1) } }

    @Test(arguments: cases) func looksAsRecorded(_ name: String, _ keys: String, _ columns: Int, _ rows: Int) throws {
        var session = Session(columns: columns, rows: rows)
        session.state.seedLog()
        session.look()
        session.press(keys)
        session.now = Sample.now
        try compare(session.grid.text, with: "\(name)-\(columns)x\(rows)")
    }

    /// What lies over the views, and the states in which something is missing.
    @Test(arguments: [
        ("dialog-revoke", "2 j j j j j x"), ("dialog-many", "2 A x 2"), ("dialog-shutdown", "4 X c e l"), ("menu-signal", "2 j j X"), ("menu-actions", "2 j ."), ("menu-sort", "2 o"),
        ("form-consumer", "4 Q tab m a i l"), ("palette", "ctrl-p r e v"), ("help-tasks", "2 ?"), ("filter-error", "2 / s t a t e : ( x"), ("command-line", ": t tab"), ("settings", "f2"),
        ("task-result", "2 j enter ] ]"), ("task-traceback", "2 j j j t"), ("task-attempts", "2 j enter ] ] ] ]"), ("task-family", "2 j enter ] ] ] ] ]"), ("task-workflow", "2 j j p j j"), ("workflow-revoke", "6 j enter j j j j x"), ("workflow-menu", "6 j ."), ("workflow-stuck", "6 j j j j enter"), ("beat-suspend", "5 s"), ("beat-trigger", "5 j j j j j j T"), ("beat-skip", "5 G k S"), ("beat-marked", "5 space space x"), ("beat-pause", "5 B"), ("beat-menu", "5 ."), ("beat-definition", "5 / n i g h t enter enter ] ]"), ("log-entry", "8 j enter"), ("record", "2 j v"), ("zoomed", "tab _"),
    ]) func overlaysLookAsRecorded(_ name: String, _ keys: String) throws {
        var session = Session(columns: 100, rows: 30)
        session.state.seedLog()
        session.look()
        session.press(keys)
        session.now = Sample.now
        try compare(session.grid.text, with: name)
    }

    @Test func aLostBrokerGreysWhatIsOld() throws {
        var session = Session(columns: 100, rows: 30)
        session.header.link = .reconnecting(since: session.now - 75, retryAt: session.now + 4, reason: "Connection refused")
        session.header.heardAt = session.now - 75
        session.press("3")
        session.now = Sample.now
        try compare(session.grid.text, with: "lost-broker")
        #expect(session.grid.cells.contains { $0.text == "1" && $0.style.role == .stale })
    }

    @Test func emptyPanelsSayWhy() throws {
        var session = Session(columns: 100, rows: 30)
        (session.tasks, session.workers, session.queues) = ([], [], [])
        session.header = HeaderFacts()
        session.header.link = .live
        session.press("2")
        try compare(session.grid.text, with: "empty-tasks")
        session.header.workersKnown = 12
        session.header.workersWithoutEvents = 3
        session.look()
        try compare(session.grid.text, with: "events-off")
        session.header.link = .connecting
        session.press("1")
        try compare(session.grid.text, with: "connecting")
    }

    @Test(arguments: views.map { ($0.name, $0.keys) }) func everyViewComesInASCII(_ name: String, _ keys: String) throws {
        var session = Session(columns: 100, rows: 30)
        session.press(keys)
        session.now = Sample.now
        let grid = session.state.render(session.picture, keymap: Sample.keymap, glyphs: .ascii)
        #expect(grid.text.utf8.allSatisfy { $0 == 10 || 0x20..<0x7F ~= $0 })
        try compare(grid.text, with: "\(name)-ascii")
    }

    func compare(_ text: String, with name: String) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Pictures/\(name).txt")
        if ProcessInfo.processInfo.environment["RECORD_PICTURES"] == "1" {
            try (text + "\n").write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try text + "\n" == String(contentsOf: file, encoding: .utf8), "\(name)")
    }
}

extension DashboardState {
    /// Two actions, one with replies of every kind.
    mutating func seedLog() {
        var entry = LogEntry(id: 1, at: Sample.now - 65, title: "revoke 3 tasks", command: "celery -b redis://cache:6379/0 control revoke 8a1f0c22 8a1f0c23 8a1f0c24", target: "8a1f0c22 8a1f0c23 8a1f0c24", who: "anna@ops-1")
        handle(.logged(entry), now: Sample.now - 65)
        handle(.reply(log: 1, ControlReply(worker: "celery@web-1", value: ["ok": "tasks 8a1f flagged as revoked"])), now: Sample.now - 64)
        handle(.reply(log: 1, ControlReply(worker: "celery@web-2", value: ["error": "no such method"])), now: Sample.now - 64)
        handle(.finished(log: 1, summary: "revoked 3 tasks on 2 of 3 workers (batch-2 silent)", isError: false), now: Sample.now - 63)
        entry = LogEntry(id: 2, at: Sample.now - 4, title: "grow the pool of celery@web-1", command: "celery control pool_grow 1", target: "celery@web-1", who: "anna@ops-1")
        handle(.logged(entry), now: Sample.now - 4)
    }
}
