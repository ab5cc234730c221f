import CeleriacCore
import Foundation
import Testing

@testable import Dashboard

/// Every view as text, at several sizes. `RECORD_PICTURES=1 swift test --filter ScreensPictureTests` writes them anew.
@Suite struct ScreensPictureTests {
    static let sizes = [(80, 24), (120, 36), (200, 60), (50, 12), (18, 4)]

    static let views: [(name: String, keys: String)] = [
        ("overview", "1"), ("tasks", "2 j j"), ("queues", "3"), ("workers", "4"), ("log", "8"),
        ("task-summary", "2 j enter"), ("worker-active", "4 enter"), ("queue-detail", "3 enter"),
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
        var entry = LogEntry(id: 1, at: Sample.now - 65, title: "revoke 3 tasks", command: "celery -b redis://cache:6379/0 control revoke 8a1f0c22")
        handle(.logged(entry), now: Sample.now - 65)
        handle(.reply(log: 1, ControlReply(worker: "celery@web-1", value: ["ok": "tasks 8a1f flagged as revoked"])), now: Sample.now - 64)
        handle(.reply(log: 1, ControlReply(worker: "celery@web-2", value: ["error": "no such method"])), now: Sample.now - 64)
        handle(.finished(log: 1, summary: "revoked 3 tasks on 2 of 3 workers (batch-2 silent)", isError: false), now: Sample.now - 63)
        entry = LogEntry(id: 2, at: Sample.now - 4, title: "grow the pool of celery@web-1", command: "celery control pool_grow 1")
        handle(.logged(entry), now: Sample.now - 4)
    }
}
