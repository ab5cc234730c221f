import CeleriacBroker
import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

@testable import CeleriacRedis

/// The stores, with real Celery on the other side.
@Suite(.enabled(if: RedisServer.isThere && CeleryApp.isThere, Comment(rawValue: CeleryApp.missing)), .timeLimit(.minutes(2))) struct StoreInteropTests {
    private struct Scene {
        let server: RedisServer
        let app: CeleryApp
        let store: RedisStore
        let results: RedisResults

        init() async throws {
            server = try await RedisServer.start()
            let address = "redis://127.0.0.1:\(server.port)/0"
            app = try CeleryApp(broker: address)
            store = try RedisStore(BrokerURL(address))
            results = try RedisResults(BrokerURL(address))
        }

        func close() async {
            await store.close()
            await results.close()
            server.stop()
        }
    }

    @Test func whatPythonSendsIsClaimedAndSettledWithoutATrace() async throws {
        let scene = try await Scene()
        let ids = try await scene.app.run("print(*[add.apply_async((n, 2**70), priority=p).id for n, p in enumerate([9, 0, 3])])").split(separator: " ")
        let held = try await scene.store.claim(from: ["celery"], upTo: 10, owner: "w1@test", wait: .seconds(5))
        let seen = held.map { delivery in if case .envelope(let envelope) = delivery.content { envelope.headers["id"]?.string ?? "" } else { "" } }
        #expect(seen == [ids[1], ids[2], ids[0]].map(String.init))
        if case .envelope(let envelope)? = held.first?.content {
            #expect(try envelope.content().array?.first == [1, .bigInteger("1180591620717411303424")])
        }
        try await scene.store.settle(held.map { .acknowledge($0.tag) }, owner: "w1@test")
        let keys = try await scene.server.cli("KEYS", "*").split(separator: "\n").filter { !$0.hasPrefix("_kombu.binding") }
        #expect(keys == [])
        await scene.close()
    }

    @Test func whatSwiftSendsRunsOnAPythonWorker() async throws {
        let scene = try await Scene()
        let worker = try await scene.app.worker()
        let transport = VirtualTransport(scene.store), id = freshUUID()
        try await transport.declare([Queue("celery")])
        let updates = scene.results.updates(of: [TaskID(id)])
        try await transport.publish([
            Publication(
                routingKey: "celery",
                envelope: Envelope(
                    headers: ["lang": "swift", "task": "shop.add", "id": .string(id), "root_id": .string(id)],
                    properties: ["correlation_id": .string(id), "reply_to": .string(id), "delivery_mode": 2, "priority": 0], body: Array("[[2, 3], {}, {}]".utf8)))
        ])
        var last: ResultRecord?
        for try await record in updates { last = record }
        #expect(last?.state == .success && last?.result == 5)
        worker.stop()
        await scene.close()
    }

    /// Python takes back by the table what a Swift worker held, and runs it.
    @Test func pythonRestoresWhatSwiftHeld() async throws {
        let scene = try await Scene()
        let id = try await scene.app.run("print(add.delay(4, 5).id)")
        let held = try await scene.store.claim(from: ["celery"], upTo: 1, owner: "dead@test", wait: .seconds(5))
        #expect(held.count == 1)
        try await scene.app.run("with app.connection() as c: c.default_channel.qos.restore_by_tag('\(held[0].tag.rawValue)')")
        let updates = scene.results.updates(of: [TaskID(id)])
        let worker = try await scene.app.worker()
        var last: ResultRecord?
        for try await record in updates { last = record }
        #expect(last?.result == 9)
        worker.stop()
        await scene.close()
    }

    @Test func swiftRestoresWhatADeadPythonWorkerHeld() async throws {
        let scene = try await Scene()
        let worker = try await scene.app.worker("w1@test", ["--prefetch-multiplier", "1"])
        // One runs, late acknowledged; it never ends.
        try await scene.app.run("sleep.apply_async((600,), acks_late=True); sleep.apply_async((600,))")
        var held = ""
        let deadline = ContinuousClock.now + .seconds(20)
        while held != "1", ContinuousClock.now < deadline { held = try await scene.server.cli("HLEN", "unacked") }
        worker.stop()
        // An hour later.
        let tag = try await scene.server.cli("HKEYS", "unacked")
        try await scene.server.cli("ZADD", "unacked_index", "1000", tag)
        try await scene.store.maintain(owner: "w2@test")
        let back = try await scene.store.claim(from: ["celery"], upTo: 10, owner: "w2@test", wait: .seconds(5))
        #expect(back.contains { if case .envelope(let envelope) = $0.content { envelope.isRedelivered && envelope.returns == 1 } else { false } })
        await scene.close()
    }

    @Test func swiftHearsWhatPythonBroadcasts() async throws {
        let scene = try await Scene()
        var broadcasts = scene.store.broadcasts(of: "celery.pidbox").makeAsyncIterator()
        while case .link(let link)? = await broadcasts.next(), link != .live {}
        try await scene.app.run("app.control.broadcast('shutdown', destination=['nobody@test'])")
        guard case .message(let envelope, let routingKey)? = await broadcasts.next() else {
            Issue.record("no message")
            return
        }
        let content = try envelope.content()
        #expect(routingKey == "" && content["method"] == "shutdown")
        await scene.close()
    }

    // MARK: - Chords

    /// What the worker of a header task does when it is done.
    private static func counted(_ number: Int) -> String {
        """
        from types import SimpleNamespace
        request = SimpleNamespace(id='t\(number)', group='g', group_index=\(number), chord=app.signature('shop.body'), root_id='r')
        app.backend.on_chord_part_return(request, 'SUCCESS', {'part': \(number)})
        """
    }

    private static func part(_ number: Int) -> ChordPart {
        ChordPart(group: "g", task: TaskID("t\(number)"), index: number, state: .success, result: ["part": .integer(number)])
    }

    @Test func bothCountOneChordAndSwiftEndsIt() async throws {
        let scene = try await Scene()
        try await scene.app.run("app.backend.set_chord_size('g', 3)\n" + Self.counted(2))
        _ = try await scene.results.count(Self.part(0), lifetime: .seconds(60))
        try await scene.app.run(Self.counted(0))
        guard case .complete(let token, let parts, nil) = try await scene.results.count(Self.part(1), lifetime: .seconds(60)) else {
            Issue.record("not complete")
            return
        }
        #expect(parts == [Self.part(0), Self.part(1), Self.part(2)])
        try await scene.results.closeChord("g", token: token, isSent: true)
        // Python knows that it is over.
        try await scene.app.run(Self.counted(2))
        #expect(try await scene.server.cli("LLEN", "celery") == "0")
        #expect(try await scene.server.cli("KEYS", "celery-taskset-meta-*") == "celery-taskset-meta-g.c")
        await scene.close()
    }

    @Test func bothCountOneChordAndPythonEndsIt() async throws {
        let scene = try await Scene()
        try await scene.results.openChord("g", size: 2, lifetime: .seconds(60))
        try await scene.results.extendChord("g", by: 1)
        for number in [2, 1] { _ = try await scene.results.count(Self.part(number), lifetime: .seconds(60)) }
        try await scene.app.run(Self.counted(0))
        let body = try await scene.store.claim(from: ["celery"], upTo: 1, owner: "w1@test", wait: .seconds(5))
        guard case .envelope(let envelope)? = body.first?.content else {
            Issue.record("no body")
            return
        }
        #expect(envelope.headers["task"] == "shop.body")
        #expect(try envelope.content().array?.first == [[["part": 0], ["part": 1], ["part": 2]]])
        guard case .late = try await scene.results.count(Self.part(1), lifetime: .seconds(60)) else {
            Issue.record("counted twice")
            return
        }
        await scene.close()
    }

    @Test func groupsAreReadByBoth() async throws {
        let scene = try await Scene()
        try await scene.app.run("from celery.result import GroupResult, AsyncResult; GroupResult('g', [AsyncResult('a'), AsyncResult('b')]).save(backend=app.backend)")
        #expect(try await scene.results.group("g") == [["g", .null], [[["a", .null], .null], [["b", .null], .null]]])
        try await scene.results.saveGroup("h", members: [["h", .null], [[["c", .null], .null]]], lifetime: .seconds(60))
        #expect(try await scene.app.run("from celery.result import GroupResult; print(GroupResult.restore('h', app=app).results)") == "[<AsyncResult: c>]")
        await scene.close()
    }
}
