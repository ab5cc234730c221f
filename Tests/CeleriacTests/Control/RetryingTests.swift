import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import CeleriacSQL
import Foundation
import OrderedCollections
import Synchronization
import TestSupport
import Testing

@testable import Celeriac

/// A queue in a file, results in memory, and a journal.
private final class Retries: Sendable {
    let folder: URL
    let url: BrokerURL
    let results = MemoryResults("memory://")
    let journal: RetryJournal

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("retrying-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        url = BrokerURL(scheme: "sqlite", path: folder.appendingPathComponent("queue.db").path)
        journal = RetryJournal(path: folder.appendingPathComponent("state/retried.jsonl").path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func broker() throws -> any BrokerConnection { try Schemes.broker(url, settings: BrokerSettings(), permission: .act) }

    func retrying(_ broker: any BrokerConnection, permission: Permission = .act, hasResults: Bool = true) -> Retrying {
        let finder = CallFinder(broker, results: hasResults ? results : nil, lackOfResults: "no result backend", monitor: nil)
        return Retrying(finder, permission: permission, endpoint: "sqlite", journal: journal, time: { Date().timeIntervalSince1970 }) { [url] in
            try App("celeriac", broker: url, resultBackend: nil, configuration: AppConfiguration())
        }
    }

    /// Stores that a task has ended.
    func store(_ id: TaskID, _ state: TaskState = .failure, args: Value? = nil, at done: Double? = nil) async throws {
        var record = ResultRecord(id: id, state: state)
        (record.name, record.args, record.kwargs, record.queue) = ("shop.add", args ?? [.string(id.rawValue), .bigInteger("123456789012345678901234567890")], ["k": [[1]]], "retried")
        record.dateDone = ISOTime.text(done ?? Date().timeIntervalSince1970 - 60)
        try await results.store([record], lifetime: nil)
    }

    /// Messages that wait.
    func waiting(_ broker: any BrokerConnection) async throws -> [TaskMessage] {
        try await broker.peek("retried", from: 0, limit: 1000).messages.compactMap(\.task)
    }
}

@Suite(.timeLimit(.minutes(2))) struct RetryingTests {
    /// With a place for it all that is closed at the end.
    private func with(_ body: (Retries, any BrokerConnection) async throws -> Void) async throws {
        let place = try Retries(), broker = try place.broker()
        do { try await body(place, broker) } catch {
            await broker.close()
            throw error
        }
        await broker.close()
    }

    private let ids = (0..<250).map { TaskID("task-\($0)") }

    @Test func eachIsSentOnceWithItsTrueArguments() async throws {
        try await with { place, broker in
            for id in ids { try await place.store(id) }
            let retrying = place.retrying(broker), steps = Mutex<[JobProgress]>([])
            let report = try await retrying.retry(ids, ResendingTerms()) { progress in steps.withLock { $0.append(progress) } }
            #expect(report.sent.map(\.task) == ids && report.sources == [.record: 250] && report.unknown.isEmpty && report.failure == nil)
            #expect(steps.withLock { $0.map(\.done) } == [100, 200, 250] && steps.withLock { $0.allSatisfy { $0.total == 250 } })
            let sent = try await place.waiting(broker)
            #expect(sent.map(\.id) == report.sent.map(\.new) && Set(sent.map(\.id)).count == 250 && Set(sent.map(\.id)).isDisjoint(with: ids))
            #expect(sent.enumerated().allSatisfy { $1.arguments == .known(args: [.string("task-\($0)"), .bigInteger("123456789012345678901234567890")], kwargs: ["k": [[1]]]) })
            // Begun again, here or elsewhere, it sends none.
            for again in [retrying, place.retrying(broker)] {
                let report = try await again.retry(ids, ResendingTerms()) { _ in }
                #expect(report.sent.isEmpty && report.before == 250)
                await again.close()
            }
            #expect(try await place.waiting(broker).count == 250)
            let attributes = try FileManager.default.attributesOfItem(atPath: place.journal.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    /// The process ended between writing down and hearing that the broker has them.
    @Test func whatMayHaveBeenSentGoesOutUnderTheSameIdOrIsLeftAlone() async throws {
        try await with { place, broker in
            for id in ids.prefix(3) { try await place.store(id) }
            let now = Date().timeIntervalSince1970
            try place.journal.begin([RetryJournal.Entry(ids[0], as: "new-0", at: now), RetryJournal.Entry(ids[1], as: "new-1", at: now)])
            // The second one has been run since.
            try await place.store("new-1", .success)
            // And the journal's last line was cut.
            let handle = try #require(FileHandle(forWritingAtPath: place.journal.path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(#"{"at":1,"retry":"task-2","#.utf8))
            try handle.close()
            let retrying = place.retrying(broker)
            let report = try await retrying.retry(Array(ids.prefix(3)), ResendingTerms()) { _ in }
            #expect(report.sent.map(\.task) == [ids[0], ids[2]] && report.sent.first?.new == "new-0" && report.before == 1)
            #expect(try await place.waiting(broker).first?.id == "new-0")
            #expect(try place.journal.read().values.allSatisfy { $0.isSent || $0.new == "new-1" })
            await retrying.close()
        }
    }

    @Test func underItsOwnIdATaskThatFailsAgainIsRetriedAgain() async throws {
        try await with { place, broker in
            var terms = ResendingTerms()
            terms.keepsID = true
            let retrying = place.retrying(broker)
            try await place.store(ids[0])
            #expect(try await retrying.retry([ids[0]], terms) { _ in }.sent.map(\.new) == [ids[0]])
            #expect(try await retrying.retry([ids[0]], terms) { _ in }.before == 1)
            try await place.store(ids[0], at: Date().timeIntervalSince1970 + 60)
            #expect(try await retrying.retry([ids[0]], terms) { _ in }.sent.count == 1)
            #expect(try await place.waiting(broker).map(\.id) == [ids[0], ids[0]])
            await retrying.close()
        }
    }

    @Test func whatIsNotKnownOrHasNotEndedIsLeftAlone() async throws {
        try await with { place, broker in
            try await place.store(ids[0], .started)
            try await place.store(ids[1], args: "('a repr',)")
            try await place.store(ids[2])
            let retrying = place.retrying(broker)
            let report = try await retrying.retry(Array(ids.prefix(4)), ResendingTerms()) { _ in }
            #expect(report.unfinished == 1 && report.sent.map(\.task) == [ids[2]] && report.unknown.map(\.task) == [ids[1], ids[3]])
            #expect(report.words.contains("2 left alone") && report.words.contains("1 has not ended"))
            await retrying.close()
        }
    }

    /// A dead letter: nothing but the message tells.
    @Test func theMessageItselfIsFoundAndItsLinksAreKeptWhereThatIsWanted() async throws {
        try await with { place, broker in
            let app = try App("celeriac", broker: place.url, resultBackend: nil, configuration: AppConfiguration())
            var call = TaskCall(id: "dead", name: "shop.add", args: [1, [2]], kwargs: ["k": "v"])
            (call.queue, call.callbacks, call.chain, call.group, call.expires) = ("dead-letters", [["task": "after"]], [["task": "next"]], "g", 10)
            try await app.send([call])
            await app.close()
            let retrying = place.retrying(broker, hasResults: false)
            let known = await retrying.find("dead")
            #expect(known.source == .message && known.links.count == 3 && known.waiting?.queue == "dead-letters")
            var draft = known.draft
            draft[.queue] = "retried"
            let terms = try #require(draft.read(now: 0).terms)
            var resending = ResendingTerms()
            resending.keepsLinks = true
            _ = try await retrying.send(CallOrder(terms, from: known, resending: resending))
            let sent = try #require(try await place.waiting(broker).first)
            #expect(sent.callbacks == [["task": "after"]] && sent.chain == [["task": "next"]] && sent.group == "g" && sent.expires == nil && sent.id != "dead")
            #expect(sent.arguments == .known(args: [1, [2]], kwargs: ["k": "v"]))
            await retrying.close()

            // A record that tells the arguments does not tell what follows.
            try await place.store("dead")
            let recorded = place.retrying(broker)
            let quick = await recorded.find("dead"), whole = await recorded.find("dead", wantsLinks: true)
            #expect(quick.source == .record && quick.original == nil && whole.source == .record && whole.links.count == 3)
            await recorded.close()
        }
    }

    @Test func whatWasSeenOrSentFromHereIsKnown() async throws {
        try await with { place, broker in
            let retrying = place.retrying(broker, hasResults: false)
            var call = TaskCall(id: "seen", name: "shop.add", args: [7])
            call.queue = "retried"
            let app = try App("celeriac", broker: place.url, resultBackend: nil, configuration: AppConfiguration())
            try await app.send([call])
            await app.close()
            await retrying.note(try await broker.peek("retried", from: 0, limit: 10).messages)
            let walk = try await broker.walk("retried", needle: [])
            _ = try await walk.remove(try await walk.front(limit: 10), areFront: true)
            await walk.close()
            let known = await retrying.find("seen")
            #expect(known.source == .history && known.args == [7])
            await retrying.close()
        }
    }

    @Test(arguments: [Permission.readOnly, .passive]) func whoMayNotActIsRefusedBelowTheKeys(_ permission: Permission) async throws {
        try await with { place, broker in
            try await place.store(ids[0])
            let retrying = place.retrying(broker, permission: permission)
            let known = await retrying.find(ids[0]), terms = try #require(known.draft.read(now: 0).terms)
            await #expect { try await retrying.send(CallOrder(terms, from: known, resending: ResendingTerms())) } throws: { ($0 as? TransportError)?.kind == .readOnly }
            await #expect { try await retrying.send(CallOrder(terms)) } throws: { ($0 as? TransportError)?.kind == .readOnly }
            await #expect { try await retrying.retry([ids[0]], ResendingTerms()) { _ in } } throws: { ($0 as? TransportError)?.kind == .readOnly }
            #expect(try await place.waiting(broker).isEmpty && !FileManager.default.fileExists(atPath: place.journal.path))
            await retrying.close()
        }
    }

    @Test func cancellingStopsBetweenTwoBatches() async throws {
        try await with { place, broker in
            for id in ids { try await place.store(id) }
            let retrying = place.retrying(broker), ids = ids
            let task = Task {
                try await retrying.retry(ids, ResendingTerms()) { progress in
                    if progress.done == 100 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            let report = try await task.value
            #expect(report.isStopped && report.sent.count == 100)
            #expect(try await place.waiting(broker).count == 100)
            let rest = try await retrying.retry(ids, ResendingTerms()) { _ in }
            #expect(rest.before == 100 && rest.sent.count == 150)
            await retrying.close()
        }
    }
}
