/// What applying a signature takes from its surroundings.
public struct CanvasContext: Hashable, Sendable {
    /// Seconds since 1970.
    public var now: Double
    /// Address of this sender: written into every signature that gets an id.
    public var replyTo: String
    /// The run from which it is sent, when a task sends it, and the first task of its workflow.
    public var parent: TaskID?
    public var root: TaskID?
    /// Of that run, when `task_inherit_parent_priority` hands it on.
    public var priority: Int?
    /// `task_allow_error_cb_on_chord_header`: error callbacks of a chord are called for the members of its header too.
    public var allowsErrorCallbacksOnChordHeader: Bool
    /// Whether the result backend counts chords. Otherwise each comes with a call of `celery.chord_unlock`, which waits for the header.
    public var countsChords: Bool
    /// Seconds between two looks of `celery.chord_unlock`; `nil` leaves it to the worker that runs it.
    public var chordRetryInterval: Double?

    public init(now: Double, replyTo: String, parent: TaskID? = nil, root: TaskID? = nil) {
        self.now = now
        self.replyTo = replyTo
        self.parent = parent
        self.root = root
        allowsErrorCallbacksOnChordHeader = false
        countsChords = true
    }

    /// As a task applies something while it runs: the running task is the parent, the workflow stays the same.
    public init(now: Double, replyTo: String, running message: TaskMessage) {
        self.init(now: now, replyTo: replyTo, parent: message.id, root: message.root ?? message.id)
    }
}
