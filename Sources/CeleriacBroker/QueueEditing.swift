public import CeleriacCore

/// Takes hold of the messages that wait in queues. Finding by filter, moving, editing and the trash are built once above it.
///
/// Nothing here waits for workers, and a connection that may not act changes nothing: what would is refused with kind `.readOnly`.
public protocol QueueEditing: Sendable {
    var editing: EditingTraits { get }

    /// Begins a walk through the messages that wait in `queue` now; those that come meanwhile need not be met.
    /// - Parameter needle: bytes that each message of interest contains; a broker that can search leaves out the others. Empty: none.
    /// - Throws: kind `.readOnly` where a walk itself leaves marks (`EditingTraits.holds`); kind `.refused`, with the reason, where messages cannot be taken hold of.
    func walk(_ queue: QueueName, needle: [UInt8]) async throws(TransportError) -> any QueueWalk

    /// Puts messages into the queues that they name, whatever their `place` says of another queue. Returns when the broker has them all, in this order.
    ///
    /// At the front the first one is served first, before all that waits with the same priority; on brokers that have no front (`EditingTraits.noFront`)
    /// they come to the end.
    /// - Throws: some may then be in the queue and some not.
    func insert(_ messages: [KeptMessage], at end: QueueEnd) async throws(TransportError)
}

public enum QueueEnd: String, Hashable, Sendable {
    /// Served next.
    case front
    /// Served last.
    case back
}

/// What taking hold of messages means on a broker.
public struct EditingTraits: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// A walk takes messages out and gives them back, marked as redelivered; workers do not get them meanwhile.
    public static let holds = EditingTraits(rawValue: 1)
    /// A replaced message comes to the end of its queue; a crash in the middle can leave both, the old one and the new one.
    public static let replacesAtEnd = EditingTraits(rawValue: 2)
    /// Nothing can be put at the front of a queue.
    public static let noFront = EditingTraits(rawValue: 4)
}

/// A walk through the messages of one queue. Used by one task at a time; always to be closed.
public protocol QueueWalk {
    /// Messages that waited when it began.
    var total: Int { get }
    /// In which direction `next` goes.
    var isOldestFirst: Bool { get }

    /// The next piece, at most about `limit` messages looked at; `nil` at the end. Messages may come twice, in adjoining pieces, never be missed while they wait.
    func next(limit: Int) async throws(TransportError) -> WalkPiece?

    /// The messages that are served next, oldest first; what `remove` takes away makes room for the next ones. Not to be mixed with `next`. Empty: none waits.
    func front(limit: Int) async throws(TransportError) -> [KeptMessage]

    /// Takes messages of this walk out of the queue, those only that are still there, unchanged: each one or not at all.
    /// - Parameter messages: the one that is served first in front.
    /// - Parameter areFront: they are what `front` told; then those that are at the front no more are taken for gone.
    /// - Returns: which ones it took out.
    func remove(_ messages: [KeptMessage], areFront: Bool) async throws(TransportError) -> Set<KeptMessage>

    /// Puts `new` in the place of `old`, if that is still there, unchanged. With another priority it comes to the end of those that have it.
    /// - Returns: `false`: it is gone, and nothing was changed.
    func replace(_ old: KeptMessage, with new: KeptMessage) async throws(TransportError) -> Bool

    /// Gives back what it holds.
    func close() async
}

/// A piece of a walk.
public struct WalkPiece: Sendable {
    /// In the walk's direction; those without the needle may be missing.
    public var messages: [KeptMessage]
    /// Messages passed by, those left out included.
    public var passed: Int

    public init(messages: [KeptMessage], passed: Int) {
        self.messages = messages
        self.passed = passed
    }
}
