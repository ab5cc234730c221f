import Celeriac
import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import Foundation
import TestSupport
import Testing

/// Waiting messages of real Celery, taken away, moved, changed and put back.
@Suite(.enabled(if: RedisServer.isThere, "\(RedisServer.missing)"), .enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)"), .timeLimit(.minutes(3)))
final class QueueOperationsTests {
    private let redis: RedisServer
    private let broker: any BrokerConnection
    private let operations: QueueOperations
    private let trash: Trash
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID().uuidString.prefix(8))/celeriac/trash").path

    init() async throws {
        redis = try await RedisServer.start()
        let url = "redis://127.0.0.1:\(redis.port)/0"
        broker = try Schemes.broker(BrokerURL(url))
        trash = Trash(folder: folder)
        operations = QueueOperations(broker, endpoint: broker.endpoint, trash: trash, who: "ann@host") { Date().timeIntervalSince1970 }
        try await CeleryApp(broker: url).run(
            """
            with app.producer_pool.acquire() as producer:
                for number in range(1000):
                    app.send_task("shop.add" if number % 10 else "shop.fail", [number, "é"], queue="mail", producer=producer, priority=number % 3 * 3)
            """)
    }

    deinit { try? FileManager.default.removeItem(atPath: String(folder.dropLast("/celeriac/trash".count))) }

    private func messages(_ queue: QueueName = "mail") async throws -> [KeptMessage] { try await operations.find(.all, in: queue) }

    @Test func findsWhatMatchesOldestFirst() async throws {
        let found = try await operations.find(.matching(Filter("name:shop.fail")), in: "mail"), page = try await broker.peek("mail", from: 0, limit: 5000)
        #expect(found == page.messages.filter { $0.task?.name == "shop.fail" }.map(\.kept))
        #expect(found.count == 100)
        let few = try await operations.find(.matching(Filter("name:shop.add args~\"[99,\" priority:3")), in: "mail", limit: 10)
        #expect(few.isEmpty)
        let one = try await operations.find(.matching(Filter("name:shop.add args~\"[98,\"")), in: "mail")
        #expect(one.count == 1)
    }

    @Test func aPurgeTakenBackBringsEveryMessageInItsOldOrder() async throws {
        let before = try await messages()
        let report = try await operations.delete(.all, in: "mail", as: "purge")
        #expect(report.done == 1000 && report.gone == 0)
        #expect(try await messages().isEmpty)
        let entry = try #require(try trash.list().first)
        #expect(entry.act == "purge" && entry.count == 1000 && entry.isFinished && entry.who == "ann@host" && entry.queue == "mail")
        // What came meanwhile is served after what comes back.
        try await broker.insert([KeptMessage(queue: "mail", bytes: Array("no envelope\n".utf8))], at: .back)
        let back = try await operations.restore(entry.id)
        #expect(back.done == 1000)
        let after = try await messages().filter { $0.bytes.first == UInt8(ascii: "{") }
        #expect(after == before)
        await #expect(throws: TransportError.self) { try await self.operations.restore(entry.id) }
    }

    /// Where it was: between the same neighbours, whatever has been served or has come meanwhile.
    @Test(arguments: ["name:shop.fail", "name:shop.add", "args~\"[777,\"", "args~\"[999,\"", "priority:3"]) func whatIsDeletedComesBackToItsPlace(filter: String) async throws {
        let before = try await messages()
        let report = try await operations.delete(.matching(Filter(filter)), in: "mail")
        #expect(try await messages().count == 1000 - report.done && report.done > 0)
        let served = report.done < 990 ? try await serve(5) : []
        try await broker.insert([KeptMessage(queue: "mail", bytes: before[0].bytes.reversed())], at: .back)
        #expect(try await operations.restore(try #require(report.trash)).done == report.done)
        let after = try await messages().map(\.bytes).filter { $0.first == UInt8(ascii: "{") }
        #expect(after == before.map(\.bytes).filter { !served.contains($0) })
    }

    /// Takes the foremost messages as a worker does.
    private func serve(_ count: Int) async throws -> Set<[UInt8]> {
        let walk = try await broker.walk("mail", needle: [])
        return Set(try await walk.remove(walk.front(limit: count), areFront: true).map(\.bytes))
    }

    private func message(_ number: Int) -> KeptMessage {
        var envelope = TaskCall(id: TaskID("id-\(number)-"), name: number.isMultiple(of: 3) ? "odd.one" : "shop.add", args: [.integer(number)]).envelope(now: 0, replyTo: "", origin: "")
        envelope.properties["delivery_tag"] = .string("tag-\(number)")
        return KeptMessage(queue: "long", bytes: envelope.encoded())
    }

    @Test(arguments: ["name:odd.one", "name:shop.add", "args~7"]) func manyThatWereMovedComeBackInTheirOrder(filter: String) async throws {
        try await broker.insert((0..<6000).map(message), at: .back)
        let before = try await messages("long").map(\.bytes)
        let report = try await operations.move(.matching(Filter(filter)), from: "long", to: "aside")
        #expect(report.done > 1500 && report.gone == 0)
        let there = try await messages("aside").map(\.bytes)
        let wanted = try Filter(filter)
        let moved = before.map { KeptMessage(queue: "long", bytes: $0) }.filter { wanted.matches(QueueSample.Message($0, position: 0), now: 0) }
        #expect(there == moved.map { $0.readdressed(to: "aside").bytes } && there.count == report.done)
        #expect(try await operations.restore(try #require(report.trash)).done == report.done)
        #expect(try await messages("long").map(\.bytes) == before)
        #expect(try await messages("aside").isEmpty)
    }

    @Test(arguments: [QueueEnd.front, .back], [false, true]) func whatIsReorderedIsServedFirstOrLastAndCanBeTakenBack(end: QueueEnd, isListed: Bool) async throws {
        let before = try await messages(), filter = MessageSelection.matching(try Filter("name:shop.fail")), chosen = try await operations.find(filter, in: "mail")
        let report = try await operations.reorder(isListed ? .messages(chosen) : filter, in: "mail", to: end)
        #expect(report.done == 100 && report.gone == 0)
        // A priority's messages are served before those of the next one.
        func priority(_ message: KeptMessage) throws -> Int { try #require(Envelope(decoding: message.bytes).properties["priority"]?.integer) }
        let bytes = Set(chosen.map(\.bytes))
        var wanted: [[UInt8]] = []
        for step in [0, 3, 6] {
            let here = try before.filter { try priority($0) == step }.map(\.bytes)
            let moved = here.filter(bytes.contains), others = here.filter { !bytes.contains($0) }
            #expect(moved.count >= 33 && !others.isEmpty)
            wanted += end == .front ? moved + others : others + moved
        }
        #expect(try await messages().map(\.bytes) == wanted)
        // One has been served meanwhile.
        let served = end == .front ? try await serve(1) : []
        let back = try await operations.restore(try #require(report.trash))
        #expect(back.done == 100 - served.count && back.gone == served.count)
        #expect(try await messages().map(\.bytes) == before.map(\.bytes).filter { !served.contains($0) })
    }

    /// More than are moved in one step keep their order.
    @Test func manyAreServedFirstInTheirOrder() async throws {
        try await broker.insert((0..<6000).map(message), at: .back)
        let all = try await messages("long"), chosen = stride(from: 1, to: all.count, by: 2).map { all[$0] }
        let report = try await operations.reorder(.messages(chosen), in: "long", to: .front)
        #expect(report.done == 3000)
        let moved = Set(chosen.map(\.bytes))
        let others = all.map(\.bytes).filter { !moved.contains($0) }
        #expect(try await messages("long").map(\.bytes) == chosen.map(\.bytes) + others)
        #expect(try await operations.restore(try #require(report.trash)).done == 3000)
        #expect(try await messages("long").map(\.bytes) == all.map(\.bytes))
        await #expect(throws: TransportError.self) { try await self.operations.reorder(.all, in: "long", to: .front) }
    }

    @Test func onSQLiteTheOrderIsChangedAndComesBackToo() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("reorder-\(UUID().uuidString).db").path
        defer { for ending in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + ending) } }
        let broker = try Schemes.broker(BrokerURL("sqlite:///\(file)"))
        let operations = QueueOperations(broker, endpoint: broker.endpoint, trash: trash, who: "ann@host") { Date().timeIntervalSince1970 }
        try await broker.insert((0..<20).map(message), at: .back)
        let before = try await operations.find(.all, in: "long").map(\.bytes)
        var others = before
        let one = others.remove(at: 7)
        for end in [QueueEnd.front, .back] {
            let wanted = end == .front ? [one] + others : others + [one]
            let report = try await operations.reorder(.tasks(["id-7-"]), in: "long", to: end)
            #expect(try await operations.find(.all, in: "long").map(\.bytes) == wanted)
            #expect(try await operations.restore(try #require(report.trash)).done == 1)
            #expect(try await operations.find(.all, in: "long").map(\.bytes) == before)
        }
        await broker.close()
    }

    /// Many are taken out while a worker serves the queue and others come in: nobody sees a gap, nothing is lost or comes twice, and the order stays.
    @Test func whoServesTheQueueMeanwhileFindsAllInOrder() async throws {
        func number(_ message: KeptMessage) throws -> Int { try #require(TaskMessage(Envelope(decoding: message.bytes)).id.rawValue.split(separator: "-").last.flatMap { Int($0) }) }
        let count = 20_000
        try await broker.insert((0..<count).map(message), at: .back)
        let operations = operations
        async let job = operations.delete(.matching(Filter("name:odd.one")), in: "long")
        var served: [Int] = [], sent = count
        let walk = try await broker.walk("long", needle: [])
        while try await redis.cli("EXISTS", "long\u{6}\u{16}9") == "0", sent < count + 3000 {
            try await broker.insert([message(sent)], at: .back)
            sent += 1
        }
        while try await redis.cli("EXISTS", "long\u{6}\u{16}9") == "1" {
            served += try await walk.remove(walk.front(limit: 2), areFront: true).map(number).sorted()
            try await broker.insert([message(sent)], at: .back)
            sent += 1
        }
        let report = try await job
        let left = try await messages("long").map(number), file = try trash.open(try #require(report.trash))
        var taken: [Int] = []
        for batch in file.batches { taken += try file.messages(batch).enumerated().filter { !(batch.left?.contains($0.offset) ?? false) }.map { try number($0.element.message) } }
        #expect(!served.isEmpty && served == served.sorted() && left == left.sorted())
        #expect((served + left + taken).sorted() == Array(0..<sent))
        #expect(taken.count == report.done && taken.allSatisfy { $0.isMultiple(of: 3) })
    }

    @Test func whatIsMovedIsServedThereAndCanBeTakenBack() async throws {
        let before = try await messages()
        let report = try await operations.move(.matching(Filter("name:shop.fail")), from: "mail", to: "aside")
        #expect(report.done == 100)
        let there = try await messages("aside")
        #expect(there.count == 100)
        let addresses = try there.map { try Envelope(decoding: $0.bytes).routingKey }
        #expect(Set(addresses) == ["aside"])
        // One has been served meanwhile.
        let served = try #require(there.first), original = try #require(before.first { $0.readdressed(to: "aside").bytes == served.bytes }).bytes
        let walk = try await broker.walk("aside", needle: [])
        #expect(try await walk.remove([served], areFront: false) == [served])
        let back = try await operations.restore(try #require(report.trash))
        #expect(back.done == 99 && back.gone == 1)
        let all = try await messages()
        #expect(all.map(\.bytes) == before.map(\.bytes).filter { $0 != original })
        #expect(try await messages("aside").isEmpty)
    }

    @Test func anEditIsSeenAndTakenBackOnlyIfNobodyTookIt() async throws {
        let message = try #require(try await messages().dropFirst(100).first)
        var draft = MessageDraft(try TaskMessage(Envelope(decoding: message.bytes)), in: "mail")
        draft[.args] = "[1, 2]"
        draft[.expires] = "+1h"
        guard case .edited(let new, let id) = try await operations.edit(message, by: draft) else {
            Issue.record("it was not edited")
            return
        }
        let now = try await messages()
        #expect(now.firstIndex(of: new) == 100 && !now.contains(message))
        #expect(try await operations.edit(message, by: draft) == .gone)
        #expect(try await operations.restore(id).done == 1)
        #expect(try await messages().firstIndex(of: message) == 100)
        draft[.args] = "[1"
        guard case .refused = try await operations.edit(message, by: draft) else {
            Issue.record("no JSON was taken")
            return
        }
    }

    @Test func deletingLeavesAloneWhatHasChangedMeanwhile() async throws {
        let all = try await messages(), marked = Array(all[10..<20])
        let walk = try await broker.walk("mail", needle: [])
        let other = KeptMessage(queue: "mail", place: marked[0].place, bytes: Array("changed".utf8))
        #expect(try await walk.replace(marked[0], with: other))
        let report = try await operations.delete(.messages(marked), in: "mail")
        #expect(report.done == 9 && report.gone == 1)
        let copies = try trash.open(try #require(report.trash))
        #expect(copies.batches.map(\.count) == [10] && copies.batches[0].left == [0])
        #expect(try await operations.restore(try #require(report.trash)).done == 9)
        #expect(try await messages().count == 1000)
    }

    @Test func nothingIsTakenAwayWithoutACopy() async throws {
        // A file where the folder should be.
        let blocked = folder + "-blocked"
        try FileManager.default.createDirectory(atPath: String(folder.dropLast("/trash".count)), withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: blocked, contents: nil))
        let operations = QueueOperations(broker, endpoint: broker.endpoint, trash: Trash(folder: blocked + "/trash"), who: "") { 0 }
        await #expect(throws: TransportError.self) { try await operations.delete(.all, in: "mail") }
        #expect(try await messages().count == 1000)
    }
}
