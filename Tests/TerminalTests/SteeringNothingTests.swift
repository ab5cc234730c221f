import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// What the operator did not mean changes nothing.
    @Suite struct SteeringNothingTests {
        let cluster: RealCluster

        init() throws { cluster = try RealCluster.quiet() }

        /// What the dashboard asked workers, apart from questions that change nothing.
        private func deeds(in record: CommandRecord) throws -> [String] {
            try record.commands(ofClientsNamed: "celeriac").compactMap { command in
                guard command.name == "PUBLISH" else { return nil }
                guard let method = command.controlMethod else { return command.description }
                return Self.questions.contains(method) ? nil : method
            }
        }

        /// `@inspect_command` of celery.worker.control.
        static let questions: Set<String> = [
            "active", "active_queues", "clock", "conf", "ping", "query_task", "registered", "report", "reserved", "revoked", "scheduled", "stats",
        ]

        @Test func enterAtOnceOnAnyDialogChangesNothing() throws {
            let mark = "m" + UUID().uuidString.prefix(8)
            let ids = try cluster.python(
                """
                for n in range(3): print(shop.mail.apply_async((f'\(mark)-{n}',), countdown=3600).id)
                print(shop.render.apply_async(('\(mark)', 300), queue='default').id)
                """
            ).split(separator: "\n").map(String.init)
            defer { _ = try? cluster.python("shop.app.control.revoke('\(ids.joined(separator: ","))'.split(','), terminate=True)") }
            let before = try cluster.celery("inspect", "stats").names.sorted()
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            let record = try CommandRecord(port: cluster.port)

            /// Presses Enter at once, again and again, and sees the dialog ignore it and then close with nothing done.
            func dismiss(_ keys: String, _ title: String) throws {
                dashboard.press(keys + Typed.enter + Typed.enter)
                try #require(dashboard.waits(for: title), "\(keys.debugDescription): \(dashboard.screen)")
                try #require(dashboard.insist(Typed.enter) { !$0.text.contains(title) }, "\(keys.debugDescription): \(dashboard.screen)")
            }

            dashboard.press("2")
            try dashboard.filter("args~\"\(mark)\" state:received", shows: 3)
            dashboard.press("j")
            try dismiss("x", "Revoke 1 task")
            #expect(dashboard.waits(for: "nothing was changed"))
            // The menu of signals leads to a question, which Enter declines.
            dashboard.press("X\r\r")
            try #require(dashboard.waits(for: "Terminate 1 task with"))
            try #require(dashboard.insist(Typed.enter) { $0.text.contains("Terminate 1 task with SIGTERM") }, "\(dashboard.screen)")
            try dismiss("", "Terminate 1 task with SIGTERM")
            dashboard.press(" jj ")
            try #require(dashboard.waits(for: "2 marked"))
            try dismiss("x", "Revoke 2 tasks")
            dashboard.press("A")
            try #require(dashboard.waits(for: "all marked"))
            try dismiss("x", "Revoke 3 tasks")
            dashboard.press("U" + Typed.escape)
            try #require(dashboard.waits { !$0.text.contains("marked") }, "\(dashboard.screen)")
            try dismiss(":revoke \(ids[0])\r", "Revoke 1 task")
            try dismiss(":control pool_grow n=3\r", "pool_grow")
            try dismiss(":control shutdown\r", "shutdown")

            dashboard.press("4")
            try #require(dashboard.waits { $0.text.contains("Workers 3") && $0.text.contains("prefork") }, "\(dashboard.screen)")
            dashboard.press("G")
            try #require(dashboard.waits(for: "▶ web-1"), "\(dashboard.screen)")
            try dismiss("X", "Shut down 1 worker")
            try dismiss(Typed.function(8), "Grow the pool of 1 worker")
            try dismiss(Typed.function(7), "Shrink the pool of 1 worker")
            try dismiss("E", "Switch task events")
            // A form has no default button: Enter neither sends it nor leaves it.
            try dashboard.open("Q", shows: "Consume a queue")
            dashboard.press(String(repeating: Typed.enter, count: 5) + Typed.tab + "default" + Typed.enter)
            try #require(dashboard.waits(for: "default_"), "\(dashboard.screen)")
            #expect(dashboard.screen.text.contains("Consume a queue"))
            dashboard.press(Typed.control("s"))
            dashboard.press(Typed.tab + Typed.right + Typed.control("s"))
            try #require(dashboard.waits(for: "Stop consuming on 1 worker"), "\(dashboard.screen)")
            try dismiss("", "Stop consuming on 1 worker")
            dashboard.press(Typed.escape)
            try #require(dashboard.waits { !$0.text.contains("Consume a queue") }, "\(dashboard.screen)")

            #expect(try deeds(in: record) == [])
            #expect(try cluster.celery("inspect", "stats").names.sorted() == before)
            #expect(try cluster.python("print(shop.app.AsyncResult('\(ids[3])').state)") == "STARTED")
        }

        @Test func aSlipOfOneKeyAfterADialogOpensIsIgnored() throws {
            let mark = "m" + UUID().uuidString.prefix(8)
            let id = try cluster.python("print(shop.mail.apply_async(('\(mark)',), countdown=3600).id)")
            defer { _ = try? cluster.python("shop.app.control.revoke('\(id)')") }
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            let record = try CommandRecord(port: cluster.port)
            dashboard.press("2")
            try dashboard.filter("args~\"\(mark)\"", shows: 1)
            dashboard.press("jxyyyyy")
            #expect(dashboard.waits(for: "Revoke 1 task"), "\(dashboard.screen)")
            dashboard.press(Typed.escape)
            try #require(dashboard.insist(Typed.escape) { !$0.text.contains("Revoke 1 task") }, "\(dashboard.screen)")
            #expect(try deeds(in: record) == [])
        }
    }
}
