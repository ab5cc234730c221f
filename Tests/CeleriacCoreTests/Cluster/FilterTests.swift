import CeleriacCore
import TestSupport
import Testing

@Suite struct FilterTests {
    private static func state() -> ClusterState {
        var state = ClusterState()
        state.hear(taskEvent("sent", "a1", "gen1@h", at: start, [("name", "shop.charge"), ("queue", "money"), ("args", "('EUR', 42)")]))
        state.run("a1", name: "shop.charge", worker: "celery@web-1", at: start, seconds: 8, args: "('EUR', 42)", result: "'Paid'")
        state.run("a2", name: "shop.mail", worker: "celery@web-2", at: start + 1, seconds: 0.02, args: "('bob',)")
        state.run("a3", name: "shop.mail", worker: "celery@web-1", at: start + 2, result: nil)
        state.hear(taskEvent("failed", "a3", "celery@web-1", at: start + 4, [("exception", "ValueError('no such address')"), ("traceback", "tb")]))
        state.run("a4", name: "other", worker: "celery@web-2", at: start + 3, result: nil)
        return state
    }

    @Test(arguments: [
        ("", "a4 a3 a2 a1"), ("state:failure", "a3"), ("state:FAIL*", "a3"), ("name:shop.*", "a3 a2 a1"), ("name:shop", ""), ("name:*.m??l", "a3 a2"),
        ("args~\"42\"", "a1"), ("args~eur", "a1"), ("runtime>5s", "a4 a1"), ("runtime>5 -state:started", "a1"), ("runtime<=20ms", "a2"),
        ("worker:web-1", "a3 a1"), ("worker:celery@web-2", "a4 a2"),
        ("queue:money", "a1"), ("mail", "a3 a2"), ("PAID", "a1"), ("\"no such\"", "a3"), ("nothing", ""), ("not name:shop.*", "a4"),
        ("-name:shop.* -state:failure", "a4"),
        ("state:success or state:failure", "a3 a2 a1"), ("(state:success or state:failure) and worker:web-1", "a3 a1"),
        ("state:success or state:failure worker:web-2", "a2 a1"),
        ("name=shop.mail", "a3 a2"), ("name!=shop.mail", "a4 a1"), ("id:a*", "a4 a3 a2 a1"), ("id=a2", "a2"), ("retries=0", "a4 a3 a2 a1"),
        ("received<18500ms", "a4 a3"),
        ("received>=1795352762", "a4 a3"), ("not (not name:other)", "a4"), ("NOT name:other AND state:failure", "a3"), ("exception~ADDRESS", "a3"),
        ("result:'*aid*'", "a1"),
        ("wait<1s", "a4 a3 a2 a1"), ("finished>0", "a3 a2 a1"), ("task:other", "a4"),
        ("state:failure name:shop.* args~\"42\" runtime>5s and not worker:web-1", ""),
    ])
    func finds(text: String, expected: String) throws {
        var state = Self.state()
        let filter = try Filter(text)
        let page = state.tasks(ListQuery(filter: filter), now: start + 20)
        #expect(page.rows.map(\.id.rawValue).joined(separator: " ") == expected)
        #expect(state.ids(matching: filter, limit: 2, now: start + 20) == Array(page.rows.map(\.id).prefix(2)))
    }

    @Test(arguments: [
        ("stat:failure", 0, "did you mean “state”"), ("name:a nmae:b", 7, "did you mean “name”"), ("(name:a", 0, "no end"), ("name:a)", 6, "no beginning"),
        ("name:\"a", 5, "no end"),
        ("name>5", 5, "is a text"), ("runtime>fast", 8, "compared with a number"), ("runtime>5x", 8, "compared with a number"), ("name:", 5, "missing"),
        ("not", 3, "missing"),
        ("a or", 4, "missing"), ("()", 1, "no beginning"), (String(repeating: "(", count: 200), 50, "50 parentheses"),
        (String(repeating: "a", count: 5_000), 4_000, "4000 characters"),
    ])
    func saysWhatIsWrongAndWhere(text: String, position: Int, message: String) {
        #expect {
            try Filter(text)
        } throws: { error in
            guard let error = error as? FilterError else { return false }
            return error.position == position && error.message.contains(message)
        }
    }

    @Test func rowsOfQueuesAndWorkersMatchByTheirFields() throws {
        var queue = QueueRow(name: "mail")
        queue.ready = .known(12)
        queue.oldestAge = .atLeast(90)
        #expect(try Filter("ready>10 oldest_age>1m name:ma*").matches(queue))
        #expect(try !Filter("unacked>=0").matches(queue))
        var worker = WorkerRow(name: "celery@web-1", state: .lost)
        worker.queues = .known(["mail", "money"])
        worker.load = [3.5, 1, 1]
        #expect(try Filter("state:lost queues:money load>3 name:web-1").matches(worker))
        #expect(try !Filter("pool:prefork").matches(worker))
        #expect(try Filter("priority>=5 age>10s").matches { ["priority": .number(5), "age": .number(11)][$0] ?? .none })
    }

    /// Any text either is a filter or says why not.
    @Test(arguments: UInt64(0)..<200) func neverTraps(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let parts = [
            "state", "name", ":", "~", ">", "<=", "!=", "=", " ", "(", ")", "\"", "'", "not", "or", "and", "-", "5s", "*", "?", "é", "", "runtime", "🙂",
        ]
        let text = (0..<Int.random(in: 1..<12, using: &random)).map { _ in parts[Int.random(in: 0..<parts.count, using: &random)] }.joined()
        guard let filter = try? Filter(text) else { return }
        var state = Self.state()
        #expect(state.tasks(ListQuery(filter: filter)).total == 4)
    }
}
