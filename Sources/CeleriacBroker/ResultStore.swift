public import CeleriacCore

/// Keeps results: the writing side, groups and chords beside what `ResultBackend` reads.
public protocol ResultStore: ResultBackend {
    /// Masked: fit to be shown.
    var endpoint: String { get }

    /// Writes records and tells those who wait for them. A stored SUCCESS is never overwritten: such a write is dropped, silently.
    /// - Parameter lifetime: `nil` keeps it for ever; where the store itself cannot expire it, `removeExpired` does.
    func store(_ records: [ResultRecord], lifetime: Duration?) async throws(TransportError)

    func records(of ids: [TaskID]) async throws(TransportError) -> [TaskID: ResultRecord]

    /// What is stored of each task now, then every change, until all are final or the consumer stops listening. Subscribed before the first look, so that
    /// nothing falls in between; pushed where the store can, else looked up every 0.5 s.
    func updates(of ids: [TaskID]) -> AsyncThrowingStream<ResultRecord, any Error>

    func forget(_ ids: [TaskID]) async throws(TransportError)

    /// A group's members in Celery's tuple form: `[[id, parent], [[[id, null], null], …]]`.
    func saveGroup(_ id: String, members: Value, lifetime: Duration?) async throws(TransportError)
    func group(_ id: String) async throws(TransportError) -> Value?
    func forgetGroup(_ id: String) async throws(TransportError)

    /// Whether chords are counted here; otherwise `celery.chord_unlock` watches them.
    var countsChords: Bool { get }

    /// Before the last member of a chord's header is sent: how many completions it takes.
    func openChord(_ group: String, size: Int, lifetime: Duration?) async throws(TransportError)
    /// `add_to_chord`: one completion more.
    func extendChord(_ group: String, by count: Int) async throws(TransportError)
    /// Counts a finished member, once however often it is told. `.complete` goes to exactly one caller, who sends the body and then closes the chord.
    func count(_ part: ChordPart, lifetime: Duration?) async throws(TransportError) -> ChordCount
    /// After the body was sent (`isSent`) or failed.
    func closeChord(_ group: String, token: String, isSent: Bool) async throws(TransportError)

    /// Deletes what ended before `date` (seconds since 1970) where the store cannot expire it by itself; returns how many.
    @discardableResult
    func removeExpired(before date: Double) async throws(TransportError) -> Int

    func close() async

    /// Where results are sent to this process, when they are not kept but sent; `nil` otherwise.
    var replyQueue: String? { get }
    /// Before the first task is sent whose result may be asked for: from now on there is somewhere to send results.
    func openReplies() async throws(TransportError)
}

extension ResultStore {
    public var replyQueue: String? { nil }
    public func openReplies() async throws(TransportError) {}
}

/// One finished member of a chord's header.
public struct ChordPart: Hashable, Sendable {
    public var group: String
    public var task: TaskID
    /// Position in the header; `nil` sorts last.
    public var index: Int?
    public var state: TaskState
    /// The result, or the exception's map.
    public var result: Value

    public init(group: String, task: TaskID, index: Int?, state: TaskState, result: Value) {
        self.group = group
        self.task = task
        self.index = index
        self.state = state
        self.result = result
    }
}

public enum ChordCount: Sendable {
    case waiting
    /// All parts in header order; `members` is the saved group record when there is one, whose nesting the body's argument then has.
    case complete(token: String, parts: [ChordPart], members: Value?)
    /// The chord was already done, or another worker is about to send its body.
    case late
}
