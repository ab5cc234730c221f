import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB
import OrderedCollections
import Testing

@testable import CeleriacSQL

@Suite struct SQLiteBrokerTests {
    let file: TemporaryFile
    let store: SQLiteStore
    let broker: SQLiteBroker

    init() throws {
        file = try TemporaryFile()
        store = try SQLiteStore(file.url)
        broker = try SQLiteBroker(file.url, permission: .act)
    }

    /// A node that answers every request with `answer`, as a worker does.
    private func node(_ name: WorkerName, answer: Value) async -> Task<Void, Never> {
        let (store, listening) = (store, AsyncStream<Void>.makeStream())
        let task = Task {
            for await element in store.broadcasts(of: "celery.pidbox") {
                switch element {
                case .link(.live): listening.continuation.finish()
                case .message(let envelope, _):
                    guard let (request, reply) = try? ControlRequest.decode(envelope), let reply, request.destination?.contains(name) ?? true else { continue }
                    let envelope = ControlReply(worker: name, value: answer).envelope(to: reply, clock: 1, deliveryTag: UUID().uuidString)
                    let bound = (try? await store.bindings(of: reply.exchange).filter { $0.routingKey == reply.routingKey }) ?? []
                    try? await store.publish(bound.map { StoredMessage(queue: $0.queue, envelope: envelope) })
                default: break
                }
            }
        }
        for await _ in listening.stream {}
        return task
    }

    @Test func everyNodeAnswersAndNothingIsLeftBehind() async throws {
        let nodes = [await node("celery@a", answer: ["ok": "pong"]), await node("celery@b", answer: ["ok": "pong"])]
        let broker = broker
        let workers = try await within {
            var workers: Set<WorkerName> = []
            for try await reply in broker.ask(ControlRequest("ping"), timeout: .seconds(30)) { workers.insert(reply.worker) }
            return workers
        }
        #expect(workers == ["celery@a", "celery@b"])
        #expect(try file.count("celeriac_binding") == 0)
        #expect(try file.count("kombu_queue") == 0)
        #expect(try await broker.send(ControlRequest("revoke", arguments: ["task_id": "x"])) == 2)
        for node in nodes { node.cancel() }
    }

    @Test func oneDestinationIsWaitedForAndNobodyIsNoWait() async throws {
        let broker = broker
        #expect(
            try await within(.seconds(60)) { try await broker.ask(ControlRequest("ping"), timeout: .seconds(600)).reduce(into: 0) { count, _ in count += 1 } }
                == 0)
        let nodes = [await node("celery@a", answer: 1), await node("celery@b", answer: 2)]
        let replies = try await within(.seconds(60)) {
            try await broker.ask(ControlRequest("ping", destination: ["celery@b"]), timeout: .seconds(600)).reduce(into: []) { $0.append($1) }
        }
        #expect(replies == [ControlReply(worker: "celery@b", value: 2)])
        for node in nodes { node.cancel() }
    }

    @Test func aSessionAsksNoMoreThanItMay() async throws {
        let readOnly = try SQLiteBroker(file.url, permission: .readOnly), passive = try SQLiteBroker(file.url, permission: .passive)
        let refused = await #expect(throws: TransportError.self) { try await readOnly.send(ControlRequest("shutdown")) }
        #expect(refused?.kind == .readOnly)
        #expect(try await readOnly.send(ControlRequest("ping")) == 0)
        await #expect(throws: TransportError.self) { try await passive.send(ControlRequest("ping")) }
        await #expect(throws: TransportError.self) { for try await _ in passive.ask(ControlRequest("ping"), timeout: .seconds(1)) {} }
    }

    @Test func factsCountWhatWaitsAndWhatIsHeld() async throws {
        var held = message("eta", to: "a")
        held.envelope.headers["eta"] = .string(try #require(ISOTime.text(2_000_000_100)))
        try await store.publish([held, message("m0", to: "a"), message("m1", to: "a"), message("m2", to: "b")])
        _ = try await store.claim(from: ["a"], upTo: 2, owner: "celery@w1", wait: .zero)
        let facts = try await broker.facts(known: ["empty"], now: 2_000_000_000)
        #expect(facts.queues.map(\.name) == ["a", "b", "empty"])
        #expect(facts.queues.map(\.ready) == [1, 1, 0])
        #expect(facts.queues.map(\.unacked) == [1, 0, 0])
        #expect(facts.queues.map(\.eta) == [1, 0, 0])
        #expect(facts.unackedTotal == 2)
        #expect(facts.queues.map(\.oldest) == ["m1", "m2", nil])
        #expect(facts.queues[0].oldestSeenAt == 2_000_000_000)
    }

    @Test func arrivalsAreCountedAlsoOfWhatHasLeft() async throws {
        _ = try await broker.facts(known: [], now: 100)
        try await store.publish((0..<7).map { message("m\($0)") })
        let claimed = try await store.claimAll("q")
        try await store.settle(claimed.map { .acknowledge($0.tag) }, owner: "celery@w1")
        let queue = try #require(try await broker.facts(known: [], now: 102).queues.first)
        #expect(queue.ready == 0)
        #expect(queue.arrived == 7)
        #expect(queue.interval == 2)
    }

    @Test func reservedNamesAreNoQueuesOfTasks() async throws {
        try await store.bind([Binding(exchange: "reply.celery.pidbox", type: .direct, routingKey: "x", queue: "x.reply.celery.pidbox")])
        #expect(try await broker.facts(known: [], now: 0).queues.isEmpty)
    }

    @Test func aMessageIsFoundWaitingOrHeld() async throws {
        try await store.publish([message("m0", to: "a"), message("m1", to: "a"), message("m2", to: "a", priority: 5), message("m3", to: "a")])
        var found = try #require(try await broker.message(of: "m2"))
        #expect(found.queue == "a")
        #expect(found.position == 3)
        _ = try await store.claim(from: ["a"], upTo: 1, owner: "w", wait: .zero)
        found = try #require(try await broker.message(of: "m0"))
        #expect(found.position == nil)
        #expect(found.message.name == "shop.add")
        #expect(try await broker.message(of: "m1")?.position == 0)
        #expect(try await broker.message(of: "m") == nil)
    }

    @Test func waitingMessagesAreReadPageByPageInTheOrderOfTheirTurn() async throws {
        #expect(try await broker.peek("a", from: 0, limit: 5).messages.isEmpty)
        try await store.publish([message("m0", to: "a", priority: 5)] + (1...4).map { message("m\($0)", to: "a") } + [message("other", to: "b")])
        _ = try await store.claim(from: ["a"], upTo: 1, owner: "w", wait: .zero)
        let first = try await broker.peek("a", from: 0, limit: 2), rest = try await broker.peek("a", from: 2, limit: 5)
        #expect(first.messages.map(\.task?.id) == ["m2", "m3"] && rest.messages.map(\.task?.id) == ["m4", "m0"] && first.total == 4 && rest.total == 4)
        #expect(rest.messages.map(\.position) == [2, 3] && !rest.isMarked && rest.messages[1].task?.name == "shop.add")
    }

    @Test func eventsComeAsTheyWereBroadcast() async throws {
        var iterator = broker.events().makeAsyncIterator()
        while case .link(let state)? = await iterator.next(), state != .live {}
        let envelope = Envelope(
            properties: ["body_encoding": "base64", "delivery_tag": "t"], body: Array(#"{"type": "worker-heartbeat", "hostname": "celery@a"}"#.utf8))
        try await store.broadcast([(routingKey: "worker.heartbeat", envelope: envelope)], exchange: "celeryev")
        guard case .batch(let batch)? = await iterator.next() else { return #expect(Bool(false), "no batch") }
        let payload = try #require(batch.payloads.first)
        let events = try EventMessage.events(in: batch.bytes[payload], form: batch.form)
        #expect(events.first?["hostname"] == "celery@a")
        #expect(batch.dropped == 0)
    }

    @Test func aFeedWaitsForAFileThatIsNotThereYet() async throws {
        let later = try TemporaryFile()
        let broker = try SQLiteBroker(later.url, permission: .readOnly)
        let states = try await within {
            var states: [LinkState] = []
            for await case .link(let state) in broker.events() {
                states.append(state)
                if case .reconnecting = state { _ = try SQLiteStore(later.url) }
                if state == .live { break }
            }
            return states
        }
        #expect(states.first == .connecting)
        #expect(states.last == .live)
        #expect(states.count == 3)
    }

    @Test func aFileOfPythonsIsLookedAtAndLeftAsItIs() async throws {
        let python = try TemporaryFile()
        try await DatabaseQueue(path: python.path).write { database in
            for statement in KombuTables.statements where !statement.contains("celeriac") { try database.execute(sql: statement) }
            let payload = message("m0").envelope.text
            try database.execute(sql: "INSERT INTO kombu_queue (name) VALUES ('celery')")
            try database.execute(sql: "INSERT INTO kombu_message (visible, payload, version, queue_id) VALUES (1, ?, 1, 1)", arguments: [payload])
        }
        let broker = try SQLiteBroker(python.url, permission: .passive)
        let facts = try await broker.facts(known: [], now: 0)
        #expect(facts.queues.map(\.ready) == [1])
        #expect(facts.unackedTotal == nil)
        #expect(try await broker.message(of: "m0")?.queue == "celery")
        let names = try await DatabaseQueue(path: python.path).read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_master") }
        #expect(!names.contains { $0.hasPrefix("celeriac") })
    }
}
