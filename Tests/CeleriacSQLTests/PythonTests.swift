import CeleriacBroker
import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

@testable import CeleriacSQL

/// Real Celery with SQLAlchemy on the same file.
@Suite(.enabled(if: SQLAlchemyApp.isThere, "CELERIAC_PYTHON names no Python with celery[sqlalchemy]")) struct PythonTests {
    let file: TemporaryFile
    let app: SQLAlchemyApp
    let store: SQLiteStore
    let results: SQLiteResults

    init() throws {
        file = try TemporaryFile()
        app = try SQLAlchemyApp(file)
        store = try SQLiteStore(BrokerURL("sqla+sqlite:///\(file.path)"))
        results = try SQLiteResults(BrokerURL("db+sqlite:///\(file.path)"))
    }

    @Test func weTakeWhatPythonSends() async throws {
        try await app.run("add.apply_async((1, 2), {'k': 'ü'}, task_id='from-python', countdown=60)")
        let claimed = try await store.claim(from: ["celery"], upTo: 5, owner: "celery@swift", wait: .seconds(10))
        let message = try TaskMessage(try #require(claimed.first?.envelope))
        #expect(message.id == "from-python")
        #expect(message.name == "shop.add")
        #expect(message.arguments == .known(args: [1, 2], kwargs: ["k": "ü"]))
        #expect(message.eta != nil)
        try await store.settle(claimed.map { .acknowledge($0.tag) }, owner: "celery@swift")
        #expect(try await app.run("print(app.connection().default_channel._size('celery'))") == "0")
    }

    @Test func pythonRunsWhatWeSendAndWeReadItsResults() async throws {
        let worker = try app.worker()
        try await store.publish([call("one", [2, 3]), call("two", ["x", .null])])
        let (results, limit) = (results, Duration.seconds(120))
        let records = try await within(limit) { try await results.updates(of: ["one", "two"]).reduce(into: [:]) { $0[$1.id] = $1 } }
        #expect(records["one"]?.state == .success)
        #expect(records["one"]?.result == 5)
        #expect(records["one"]?.name == "shop.add")
        #expect(records["one"]?.doneAt != nil)
        #expect(records["two"]?.exception?.type == "TypeError")
        worker.end()
    }

    @Test func pythonRunsWhatWasTakenOutChangedAndPutAtTheFront() async throws {
        let broker = try SQLiteBroker(file.url, permission: .act)
        try await app.run("for id in ['one', 'two', 'three']: add.apply_async((id, ''), task_id=id)")
        let walk = try await broker.walk("celery", needle: Array("three".utf8))
        let found = try #require(try await walk.next(limit: 10)).messages
        #expect(found.count == 1)
        #expect(try await walk.remove(found, areFront: false).count == 1)
        // From elsewhere: it comes to the very front.
        try await broker.insert(found.map { KeptMessage(queue: "celery", bytes: $0.bytes) }, at: .front)
        let second = try #require(try await broker.walk("celery", needle: Array("two".utf8)).next(limit: 10)?.messages.first)
        var envelope = try Envelope(decoding: second.bytes)
        envelope.body = Array(#"[["changed", "!"], {}, {}]"#.utf8)
        #expect(try await walk.replace(second, with: KeptMessage(queue: "celery", bytes: envelope.encoded())))
        let worker = try app.worker(), results = results
        let records = try await within(.seconds(120)) { try await results.updates(of: ["one", "two", "three"]).reduce(into: [ResultRecord]()) { $0.append($1) } }
        #expect(records.sorted { $0.doneAt ?? 0 < $1.doneAt ?? 0 }.map(\.id) == ["three", "one", "two"])
        #expect(records.first { $0.id == "two" }?.result == "changed!")
        worker.end()
    }

    @Test func pythonServesOurUrgentMessagesFirst() async throws {
        try await store.publish([call("late", ["late", ""], priority: 9), call("soon", ["soon", ""], priority: 3), call("now", ["now", ""])])
        let worker = try app.worker()
        let results = results
        let order = try await within(.seconds(120)) {
            try await results.updates(of: ["late", "soon", "now"]).reduce(into: [ResultRecord]()) { $0.append($1) }.sorted { $0.doneAt ?? 0 < $1.doneAt ?? 0 }
                .map(\.id)
        }
        #expect(order == ["now", "soon", "late"])
        worker.end()
    }

    @Test func pythonReadsOurResults() async throws {
        var success = ResultRecord(id: "ours", state: .success, result: ["sum": 5, "of": [2, 3]])
        success.dateDone = "2026-11-22T12:38:02.470464+00:00"
        var failure = ResultRecord(
            id: "failed", state: .failure, result: ["exc_type": "ValueError", "exc_message": ["no such order"], "exc_module": "builtins"])
        failure.traceback = "Traceback (most recent call last): …"
        failure.args = [1]
        try await results.store([success, failure], lifetime: nil)
        try await results.saveGroup("grouped", members: [["grouped", .null], [[["ours", .null], .null]]], lifetime: nil)
        let printed = try await app.run(
            """
            from celery.result import GroupResult
            r = app.AsyncResult('ours')
            print(r.state, r.get(timeout=5), r.date_done.isoformat())
            f = app.AsyncResult('failed')
            print(f.state, repr(f.result), f.traceback, f.args)
            print(GroupResult.restore('grouped', app=app).get(timeout=5))
            """)
        #expect(
            printed.split(separator: "\n") == [
                "SUCCESS {'sum': 5, 'of': [2, 3]} 2026-11-22T12:38:02.470464", "FAILURE ValueError('no such order') Traceback (most recent call last): … [1]",
                "[{'sum': 5, 'of': [2, 3]}]",
            ])
    }

    @Test func pythonDoesNotOverwriteOurSuccessNorWeIts() async throws {
        try await results.store([ResultRecord(id: "ours", state: .success, result: 1)], lifetime: nil)
        try await app.run("app.backend.store_result('ours', 2, 'FAILURE'); app.backend.store_result('theirs', 3, 'SUCCESS')")
        try await results.store([ResultRecord(id: "theirs", state: .failure, result: 4)], lifetime: nil)
        let records = try await results.records(of: ["ours", "theirs"])
        #expect(records["ours"]?.result == 1)
        #expect(records["theirs"]?.result == 3)
        #expect(records["theirs"]?.state == .success)
    }

    private func call(_ id: String, _ args: [Value], priority: Int = 0) -> StoredMessage {
        StoredMessage(
            queue: "celery",
            envelope: Envelope(
                headers: ["lang": "py", "task": "shop.add", "id": .string(id), "root_id": .string(id), "argsrepr": "()", "kwargsrepr": "{}"],
                properties: [
                    "correlation_id": .string(id), "delivery_mode": 2, "delivery_info": ["exchange": "", "routing_key": "celery"],
                    "priority": .integer(priority), "body_encoding": "base64", "delivery_tag": .string(id),
                ],
                body: JSON.encode([.array(args), [:], ["callbacks": .null, "errbacks": .null, "chain": .null, "chord": .null]])))
    }
}
