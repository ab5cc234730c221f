import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Testing

@testable import Celeriac

/// The table of ack moments, row by row.
@Suite struct EndingTests {
    enum Settled: String { case none, acknowledged, rejected, requeued, released }

    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var outcome: TaskOutcome
        var change: @Sendable (inout RunPolicy) -> Void = { _ in }
        var isCancelled = false
        /// With late acknowledgement, and with early.
        var late: Settled
        var state: TaskState?
        var events: [String]
        var earlyState: TaskState?
        var earlyEvents: [String]?
        var testDescription: String { name }
    }

    static let boom = StoredException(type: "ValueError", module: "builtins", arguments: ["boom"])
    static let failure = TaskOutcome.failure(boom, traceback: "Traceback")

    static let rows = [
        Row(name: "success", outcome: .success(5), late: .acknowledged, state: .success, events: ["succeeded"]),
        Row(name: "success, result ignored", outcome: .success(5), change: { $0.storesResult = false; $0.storesErrors = false }, late: .acknowledged, events: ["succeeded"]),
        Row(name: "failure", outcome: failure, late: .acknowledged, state: .failure, events: ["failed"]),
        Row(name: "failure, result ignored", outcome: failure, change: { $0.storesResult = false; $0.storesErrors = false }, late: .acknowledged, events: ["failed"]),
        Row(name: "failure stored though ignored", outcome: failure, change: { $0.storesResult = false }, late: .acknowledged, state: .failure, events: ["failed"]),
        Row(
            name: "failure not acknowledged", outcome: failure, change: { $0.acksOnFailure = false }, late: .rejected, state: .failure, events: ["rejected", "failed"],
            earlyEvents: ["failed"]),
        Row(name: "hard limit", outcome: .timedOut(limit: .seconds(3)), late: .acknowledged, state: .failure, events: ["failed"]),
        Row(
            name: "hard limit not acknowledged", outcome: .timedOut(limit: .seconds(3)), change: { $0.acksOnTimeout = false }, late: .requeued, state: .failure,
            events: ["failed", "requeued"], earlyEvents: ["failed"]),
        Row(
            name: "lost", outcome: .lost("signal 9"), change: { $0.rejectsOnWorkerLost = true }, late: .requeued, events: ["requeued"], earlyState: .failure,
            earlyEvents: ["failed"]),
        Row(name: "lost, not rejected", outcome: .lost("signal 9"), change: { $0.rejectsOnWorkerLost = false }, late: .acknowledged, state: .failure, events: ["failed"]),
        Row(name: "retry", outcome: .retry(.init(exception: boom)), late: .acknowledged, state: .retry, events: ["retried"]),
        Row(
            name: "rejected for good", outcome: .rejected(reason: "no", requeue: false), late: .rejected, state: .failure, events: ["failed", "rejected"],
            earlyEvents: ["failed"]),
        Row(name: "rejected to be tried again", outcome: .rejected(reason: "no", requeue: true), late: .requeued, events: ["requeued"], earlyEvents: []),
        Row(name: "ignored", outcome: .ignored, late: .acknowledged, events: []),
        Row(name: "terminated", outcome: .terminated(signal: 15), late: .acknowledged, state: .revoked, events: ["revoked 15"]),
        Row(
            name: "cancelled by a cold shutdown", outcome: .lost("cancelled"), isCancelled: true, late: .released, events: ["cancelled"], earlyState: .retry,
            earlyEvents: ["cancelled"]),
    ]

    @Test(arguments: rows) func late(row: Row) { check(row, isLate: true, row.late, row.state, row.events) }

    /// The message is gone already: nothing is settled, whatever happens.
    @Test(arguments: rows) func early(row: Row) { check(row, isLate: false, .none, row.earlyState ?? row.state, row.earlyEvents ?? row.events) }

    private func check(_ row: Row, isLate: Bool, _ settled: Settled, _ state: TaskState?, _ events: [String]) {
        var policy = Self.policy(isLate: isLate)
        row.change(&policy)
        let ending = Ending(row.outcome, policy: policy, tag: Delivery.Tag("t"), isCancelled: row.isCancelled)
        #expect(Self.name(ending.settlement) == settled)
        #expect(ending.record?.state == state)
        #expect(ending.announcements.map(Self.name) == events)
    }

    @Test func whatIsNotRunIsAcknowledgedAndSaysWhy() {
        for (reason, shown) in [("revoked", "revoked"), ("expired", "revoked, expired")] {
            let ending = Ending(revoked: reason, policy: Self.policy(isLate: false), tag: Delivery.Tag("t"))
            #expect(Self.name(ending.settlement) == .acknowledged)
            #expect(ending.record?.result["exc_message"] == [.string(reason)])
            #expect(ending.announcements.map(Self.name) == [shown])
        }
    }

    static func policy(isLate: Bool) -> RunPolicy {
        var configuration = AppConfiguration()
        configuration.acksLate = isLate
        return RunPolicy(Samples.message("shop.add"), options: TaskOptions(), configuration: configuration)
    }

    static func name(_ settlement: Settlement?) -> Settled {
        switch settlement {
        case nil, .bury?: .none
        case .acknowledge?: .acknowledged
        case .reject(_, let requeue)?: requeue ? .requeued : .rejected
        case .release?: .released
        }
    }

    static func name(_ announcement: Ending.Announcement) -> String {
        switch announcement {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .retried: "retried"
        case .revoked(let isTerminated, let signal, let isExpired):
            isTerminated ? "revoked \(signal ?? 0)" : isExpired ? "revoked, expired" : "revoked"
        case .rejected(let requeue): requeue ? "requeued" : "rejected"
        case .cancelled: "cancelled"
        }
    }
}

enum Samples {
    static func envelope(_ name: String, change: (inout TaskCall) -> Void = { _ in }) -> Envelope {
        var call = TaskCall(id: "11111111-2222-3333-4444-555555555555", name: name, args: [1])
        change(&call)
        return call.envelope(now: 0, replyTo: "r", origin: "o")
    }

    /// Read back from its envelope, as a worker has it.
    static func message(_ name: String, change: (inout TaskCall) -> Void = { _ in }) -> TaskMessage {
        try! TaskMessage(envelope(name, change: change))
    }
}
