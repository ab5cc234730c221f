import CeleriacCore
import Foundation
import TestSupport
import Testing

/// Whatever lies in the broker or comes over it, the program neither falls nor loses what is sound.
@Suite(.enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)))
struct HostileBrokerTests {
    let server: RedisServer
    let broker: String

    init() async throws {
        server = try await RedisServer.start()
        broker = "redis://127.0.0.1:\(server.port)/0"
    }

    /// Publishes bytes on the event channel; returns how many listened.
    @discardableResult
    private func publish(_ bytes: [UInt8], on key: String = "task.received") throws -> Int {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let sent = try Program(["sh", "-c", "redis-cli -p \(server.port) -x PUBLISH /0.celeryev/\(key) <\(file.path)"]).finish()
        return Int(sent.text.trimmingCharacters(in: .newlines)) ?? 0
    }

    private func received(_ id: String, name: String, args: String = "()") -> [UInt8] {
        let event: Value = [
            "hostname": "celery@w1", "utcoffset": 0, "pid": 7, "clock": 1, "uuid": .string(id), "name": .string(name), "args": .string(args), "kwargs": "{}",
            "root_id": .string(id), "parent_id": nil, "retries": 0, "eta": nil, "expires": nil, "timestamp": .number(Date().timeIntervalSince1970),
            "type": "task-received",
        ]
        return JSON.encode([
            "body": .string(Data(JSON.encode(event)).base64EncodedString()), "content-encoding": "utf-8", "content-type": "application/json",
            "headers": ["hostname": "celery@w1"],
            "properties": [
                "delivery_mode": 1, "delivery_info": ["exchange": "celeryev", "routing_key": "task.received"], "priority": 0, "body_encoding": "base64",
                "delivery_tag": "1",
            ],
        ])
    }

    /// Runs `celeriac tasks` for a while, publishes `bad` and then a sound event, again and again until one is heard or the time is over.
    private func tasks(after bad: [[UInt8]], _ options: String..., sound: [UInt8]) throws -> Program.Finished {
        let program = try Celeriac.start(["-b", broker, "tasks", "--for", "8"] + options)
        let listens = try eventually { try publish(received("probe", name: "shop.probe")) > 0 }
        #expect(listens)
        for bytes in bad { try publish(bytes) }
        while program.isRunning { try publish(sound) }
        return try program.finish()
    }

    @Test func garbageOnTheEventChannelHidesNothing() async throws {
        let garbage: [[UInt8]] = [
            [], Array("hello".utf8), [0xFF, 0xFE, 0x00, 0x80], Array("{\"body\":".utf8), Array("[]".utf8),
            Array("{\"body\": \"!!!\", \"properties\": {\"body_encoding\": \"base64\"}}".utf8),
            Array(String(repeating: "[", count: 100_000).utf8),
            JSON.encode(["body": "W10=", "content-type": "application/json", "properties": ["body_encoding": "base64"]]),
            JSON.encode(["body": "bnVsbA==", "content-type": "application/json", "content-encoding": "utf-8", "properties": ["body_encoding": "base64"]]),
            JSON.encode([
                "body": "gAR9lC4=", "content-type": "application/x-python-serialize", "content-encoding": "binary", "properties": ["body_encoding": "base64"],
            ]),
        ]
        let finished = try tasks(after: garbage, "--json", sound: received("sound", name: "shop.sound"))
        #expect(finished.status == 0, "\(finished.complaint)")
        #expect(try finished.json().array?.contains { $0["id"]?.string == "sound" } == true)
    }

    @Test func anEventOfFortyMegabytesDoesNotEndTheListening() async throws {
        // More than Redis lets a subscriber fall behind: the connection is lost, and has to come back.
        let giant = received("giant", name: "shop.giant", args: String(repeating: "x", count: 40 << 20))
        let finished = try tasks(after: [giant], "--json", sound: received("sound", name: "shop.sound"))
        #expect(finished.status == 0, "\(finished.complaint)")
        #expect(try finished.json().array?.contains { $0["id"]?.string == "sound" } == true)
    }

    @Test func aNameThatSetsTheWindowTitleIsOnlyText() async throws {
        let name = "evil\u{1B}]0;owned\u{7}\u{9B}31m\u{202E}name"
        let plain = try tasks(after: [], sound: received("sound", name: name, args: "(\u{1B}[2J\r\n)"))
        #expect(plain.text.contains("evil"))
        #expect(plain.controls == [])
        #expect(!plain.text.unicodeScalars.contains("\u{202E}"))
    }

    @Test func aKeyOfTheWrongTypeSpoilsOnlyItsQueue() async throws {
        try await server.cli("SADD", "_kombu.binding.broken", "broken\u{6}\u{16}\u{6}\u{16}broken")
        try await server.cli("SADD", "_kombu.binding.sound", "sound\u{6}\u{16}\u{6}\u{16}sound")
        try await server.cli("SET", "broken", "not a list")
        try await server.cli("RPUSH", "sound", "{}", "not json", "")
        let finished = try Celeriac.run("-b", broker, "queues", "--json")
        #expect(finished.status == 0, "\(finished.complaint)")
        let queues = try #require(try finished.json().array)
        #expect(queues.first { $0["name"]?.string == "sound" }?["ready"]?.integer == 3)
        let broken = try #require(queues.first { $0["name"]?.string == "broken" })
        #expect(broken["ready"] == .some(.null), "unknown is null, no zero shown as fact")
    }

    @Test func bindingsAndUnackedOfTheWrongTypeAreSurvived() async throws {
        try await server.cli("SET", "_kombu.binding.odd", "not a set")
        try await server.cli("SET", "unacked", "not a hash")
        try await server.cli("RPUSH", "unacked_index", "not a sorted set")
        try await server.cli("RPUSH", "sound", "{}")
        try await server.cli("SADD", "_kombu.binding.sound", "sound\u{6}\u{16}\u{6}\u{16}sound")
        let finished = try Celeriac.run("-b", broker, "queues", "--json")
        #expect(finished.status == 0, "\(finished.complaint)")
        #expect(try finished.json().array?.first { $0["name"]?.string == "sound" }?["ready"]?.integer == 1)
    }

    @Test(.enabled(if: RealCluster.isThere, Comment(rawValue: RealCluster.missing)))
    func pickledMessagesAndResultsAreFoundAndNeverRun() async throws {
        let cluster = RealCluster(broker: broker, backend: "redis://127.0.0.1:\(server.port)/1", port: server.port)
        let marker = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        // A reader that built objects by name would make a file.
        let id = try cluster.python(
            """
            import pathlib, kombu.serialization
            kombu.serialization.enable_insecure_serializers()
            class Trap:
                def __reduce__(self): return (pathlib.Path.touch, (pathlib.Path('\(marker.path)'),))
            result = shop.charge.apply_async((Trap(),), serializer='pickle', queue='pickled')
            shop.app.backend.set(shop.app.backend.get_key_for_task(result.id), kombu.serialization.pickle.dumps({'status': 'SUCCESS', 'result': Trap()}))
            print(result.id)
            """)
        let queues = try cluster.celeriac("queues", "--json")
        #expect(try queues.json().array?.first { $0["name"]?.string == "pickled" }?["ready"]?.integer == 1)
        let found = try cluster.celeriac("find", id)
        #expect([0, 1].contains(found.status), "\(found.complaint)")
        #expect(found.text.contains("pickled"))
        let result = try cluster.celeriac("result", id)
        #expect([0, 1].contains(result.status), "\(result.complaint)")
        #expect(found.controls + result.controls == [])
        #expect(!FileManager.default.fileExists(atPath: marker.path))
    }
}
