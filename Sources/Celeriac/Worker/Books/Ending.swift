import CeleriacBroker
import CeleriacCore

/// What the end of a task leads to: what is stored, how its message is settled, what is announced, what follows. The table of `worker.md`,
/// "Ack moments", as a pure function.
struct Ending: Sendable {
    /// What is stored of the task.
    struct Record: Hashable, Sendable {
        var state: TaskState
        var result: Value
        var traceback: String?
    }

    enum Announcement: Hashable, Sendable {
        case succeeded(Value)
        case failed(exception: String, traceback: String)
        case retried(exception: String, traceback: String)
        case revoked(isTerminated: Bool, signal: Int32?, isExpired: Bool)
        case rejected(requeue: Bool)
        case cancelled
    }

    /// What else has to happen because of it.
    enum Consequence: Sendable {
        case none
        /// Callbacks, then the next step of the chain, **before** the result is stored; then its part of a chord.
        case success(Value)
        /// The rest of its chain fails, its part of a chord, then errbacks: after the result is stored.
        case failure(StoredException, traceback: String)
        /// Its part of a chord.
        case revocation(StoredException)
        /// The retry message, before anything else.
        case retry(TaskOutcome.Retry)
    }

    var record: Record?
    /// `nil`: its message is already acknowledged.
    var settlement: Settlement?
    /// In this order, after the settlement.
    var announcements: [Announcement] = []
    var consequence = Consequence.none

    /// - Parameter isCancelled: ended by a cold shutdown.
    init(_ outcome: TaskOutcome, policy: RunPolicy, tag: Delivery.Tag, isCancelled: Bool = false) {
        let acknowledge = policy.acksLate ? Settlement.acknowledge(tag) : nil
        switch outcome {
        case .success(let value):
            if policy.storesResult { record = Record(state: .success, result: value) }
            settlement = acknowledge
            announcements = [.succeeded(value)]
            consequence = .success(value)
        case .failure(let exception, let traceback):
            fail(exception, traceback, policy)
            settlement = policy.acksOnFailure ? acknowledge : policy.acksLate ? .reject(tag, requeue: false) : nil
            if policy.acksLate, !policy.acksOnFailure { announcements.insert(.rejected(requeue: false), at: 0) }
        case .retry(let retry):
            let exception = retry.exception ?? StoredException(type: "Retry", module: "celery.exceptions", arguments: [])
            if policy.storesErrors { record = Record(state: .retry, result: exception.value, traceback: retry.traceback) }
            settlement = acknowledge
            announcements = [.retried(exception: retry.exception?.text ?? "None", traceback: retry.traceback)]
            consequence = .retry(retry)
        case .rejected(let reason, let requeue):
            if !requeue {
                let exception = StoredException(type: "Reject", module: "celery.exceptions", arguments: [.string(reason), false])
                fail(exception, exception.text, policy)
            }
            // After an early acknowledgement there is nothing left to reject.
            if policy.acksLate {
                settlement = .reject(tag, requeue: requeue)
                announcements.append(.rejected(requeue: requeue))
            }
        case .ignored:
            settlement = acknowledge
        case .terminated(let signal):
            self = Ending(revoked: "terminated", policy: policy, tag: tag, signal: signal)
            settlement = acknowledge
        case .timedOut(let limit):
            let exception = StoredException(type: "TimeLimitExceeded", module: "billiard.exceptions", arguments: [limit.secondsValue])
            fail(exception, exception.text, policy)
            guard policy.acksLate else { break }
            settlement = policy.acksOnTimeout ? acknowledge : .reject(tag, requeue: true)
            if !policy.acksOnTimeout { announcements.append(.rejected(requeue: true)) }
        case .lost(_) where isCancelled:
            announcements = [.cancelled]
            if policy.acksLate {
                // Through no fault of the message: it is not counted towards the poison limit.
                settlement = .release(tag)
            } else if policy.storesErrors {
                let exception = StoredException(type: "Retry", module: "celery.exceptions", arguments: ["cancelled by Celery", nil, nil])
                record = Record(state: .retry, result: exception.value)
            }
        case .lost(_) where policy.acksLate && policy.rejectsOnWorkerLost:
            settlement = .reject(tag, requeue: true)
            announcements = [.rejected(requeue: true)]
        case .lost(let reason):
            let exception = StoredException(type: "WorkerLostError", module: "billiard.exceptions", arguments: [.string(reason)])
            fail(exception, exception.text, policy)
            settlement = policy.acksOnFailure ? acknowledge : policy.acksLate ? .reject(tag, requeue: false) : nil
        }
    }

    /// Of a task that is not run at all, or was terminated.
    /// - Parameters:
    ///   - reason: `revoked`, `expired` or `terminated`.
    ///   - signal: by which it was terminated.
    init(revoked reason: String, policy: RunPolicy, tag: Delivery.Tag, signal: Int32? = nil) {
        let exception = StoredException(type: "TaskRevokedError", module: "celery.exceptions", arguments: [.string(reason)])
        if policy.storesErrors { record = Record(state: .revoked, result: exception.value) }
        settlement = .acknowledge(tag)
        announcements = [.revoked(isTerminated: reason == "terminated", signal: signal, isExpired: reason == "expired")]
        consequence = .revocation(exception)
    }

    private mutating func fail(_ exception: StoredException, _ traceback: String, _ policy: RunPolicy) {
        if policy.storesErrors { record = Record(state: .failure, result: exception.value, traceback: traceback) }
        announcements = [.failed(exception: exception.text, traceback: traceback)]
        consequence = .failure(exception, traceback: traceback)
    }
}
