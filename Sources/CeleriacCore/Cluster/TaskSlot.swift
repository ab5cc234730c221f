/// Where a task lies in the `TaskStore`.
typealias SlotID = UInt32

/// Stands for "no slot" in links between slots.
let noSlot = SlotID.max

/// All that is kept of one task: 200 bytes, and one allocation for its texts.
///
/// Times are seconds since 1970 by the sender's clock; NaN = not known.
struct TaskSlot: Sendable {
    struct Flags: OptionSet {
        var rawValue: UInt16
        static let isUUID = Flags(rawValue: 1)
        /// Its first ancestor is the task itself, as for most.
        static let isRoot = Flags(rawValue: 2)
        static let isTerminated = Flags(rawValue: 4)
        static let isExpired = Flags(rawValue: 8)
        /// Waits in the row of finished tasks for its room to be needed.
        static let isInFinishedRow = Flags(rawValue: 16)
        /// Hangs in its parent's row of children.
        static let isLinked = Flags(rawValue: 32)
        static let isFree = Flags(rawValue: 64)
        /// What group it belongs to is known, or that nobody will tell.
        static let isPlaced = Flags(rawValue: 128)
    }

    var key = TaskKey(high: 0, low: 0)
    var texts = TaskTexts()

    var sent = Double.nan
    var received = Double.nan
    var started = Double.nan
    var succeeded = Double.nan
    var failed = Double.nan
    var retried = Double.nan
    var revoked = Double.nan
    var rejected = Double.nan
    var eta = Double.nan
    var expires = Double.nan
    var runtime = Double.nan
    /// Of the event that set the state.
    var timestamp = Double.nan
    var clock = 0
    /// Of the newest event by logical time, which is its place in `tasks_by_time`.
    var newestClock = 0
    var newestTimestamp = Double.nan

    var name = NameTable.none
    var worker = NameTable.none
    var client = NameTable.none
    var queue = NameTable.none
    var exchange = NameTable.none
    var routingKey = NameTable.none
    var retries: Int32 = 0

    /// Changes whenever the slot gets another task.
    var serial: UInt32 = 0
    /// Its place in the order of first appearance.
    var place: UInt32 = 0
    var nextFinished = noSlot
    var firstChild = noSlot
    var nextSibling = noSlot
    var previousSibling = noSlot

    var state = StateID.pending
    var flags: Flags = []

    var finished: Double {
        for time in [succeeded, failed, revoked, rejected] where !time.isNaN { return time }
        return .nan
    }

    /// Seconds from sent (else received) to started; NaN when either is not known.
    var wait: Double {
        let from = sent.isNaN ? received : sent
        return elapsed(from: from, to: started)
    }
}

/// Seconds between two instants, 0 when clocks disagree about their order; NaN when either is.
@inline(__always)
func elapsed(from: Double, to: Double) -> Double {
    to < from ? 0 : to - from
}

/// A task's state as a small number: Celery's own ones first, in a fixed order, then those that applications make up.
struct StateID: Hashable, Sendable {
    var rawValue: UInt16

    static let pending = StateID(rawValue: 0)
    static let received = StateID(rawValue: 1)
    static let started = StateID(rawValue: 2)
    static let success = StateID(rawValue: 3)
    static let failure = StateID(rawValue: 4)
    static let retry = StateID(rawValue: 5)
    static let revoked = StateID(rawValue: 6)
    static let rejected = StateID(rawValue: 7)
    static let builtIn: [TaskState] = [.pending, .received, .started, .success, .failure, .retry, .revoked, .rejected]

    /// `celery.states.PRECEDENCE`: 0 wins; a state that Celery does not know stands behind FAILURE.
    var rank: Int {
        switch self {
        case .success: 0
        case .failure: 1
        case .revoked: 3
        case .started: 4
        case .received: 5
        case .rejected: 6
        case .retry: 7
        case .pending: 8
        default: 2
        }
    }

    var isFinal: Bool { self == .success || self == .failure || self == .revoked || self == .rejected }
    var isCustom: Bool { rawValue >= 8 }
}
