public import CeleriacCore

/// What is to be done outside; the runner does it and answers with actions.
public enum Effect: Hashable, Sendable {
    case quit
    case suspend
    case redraw
    /// Ask broker and workers again now.
    case refresh
    /// Ask workers again now which tasks they hold.
    case askHeld
    /// Revoke (or terminate with `signal`) these; the runner reads each one's state again and refuses those that have ended.
    case revoke([TaskID], terminate: Bool, signal: String)
    /// The same for all that match when it is carried out, at most `count`, the number that the user confirmed.
    case revokeMatching(Filter, count: Int, terminate: Bool, signal: String)
    /// Find out what a task was called with; answered by `Action.callFound`.
    case findCall(TaskID, CallUse)
    /// Look for the message of a task; answered by `Action.messageFound`. Reads whole queues.
    case findMessage(TaskID)
    /// Send one task; answered by `Action.sent` or `Action.sendRefused`. Of a retry the runner reads the old one's state again and refuses while it runs.
    case send(CallOrder)
    /// Send all of these again that have ended, each with the arguments that are known for sure: the runner finds them out, and tells how many are not.
    case retry(Deed, ResendingTerms)
    /// Names of tasks that can be sent; answered by `Action.taskNames`.
    case askTaskNames
    /// Stop the job of that line of the log.
    case stop(log: Int)
    /// Any other remote-control request whose replies go to the log.
    case control(ControlRequest)
    /// Read the stored result of a task.
    case fetchResult(TaskID)
    /// Ask one worker `active reserved scheduled revoked stats conf registered active_queues report`.
    case inspect(WorkerName)
    /// Look at messages that wait in a queue, from the one on that has so many before it; answered by `Action.peeked` or `Action.peekFailed`.
    case peek(QueueName, from: Int)
    /// Walk through all that waits in a queue, in place of the walk before; answered by `Action.scanned`, again and again. Without a filter the first messages only.
    case scan(QueueName, Filter?, id: Int)
    case stopScan(QueueName)
    /// Look at so many messages that they can be counted by task; answered by `Action.tasksCounted` or `Action.peekFailed`.
    case countTasks(QueueName)
    /// Do that to messages, as a job; answered by `Action.jobBegan`, `.jobProgressed` and `.jobEnded`.
    case begin(MessageAct)
    /// Change a waiting message, if it still waits and is what it was; answered by `Action.messageEdited`.
    case editMessage(KeptMessage, MessageDraft)
    /// Find the message of a task that a worker holds; answered by `Action.heldFound` or `.notify`.
    case findHeld(TaskID)
    /// Revoke the task that a worker holds, and send what the draft says in its place; answered by `Action.messageEdited`.
    case sendInstead(TaskMessage, MessageDraft)
    /// Let the user's editor have the terminal, for this document; answered by `Action.documentEdited` or `.notify`.
    case openEditor(String)
    /// Answered by `Action.trashListed`.
    case listTrash(isFirst: Bool)
    /// Write these messages as a file of that kind.
    case saveMessages([QueueSample.Message], TableFile)
    /// Do that to schedule entries; the runner reads each again and refuses those that somebody has changed meanwhile.
    case entries(EntryAct, EntryTargets)
    /// Take an edit of the schedule back, by its number.
    case undoEdit(Int, title: String)
    /// Put text on the clipboard.
    case copy(String)
    /// Write the shown table (all rows that match) as a file of that kind.
    case save(view: String, kind: TableFile)
    case theme(String)
    /// The rules of a time zone by its IANA name; answered by `Action.zone`.
    case askZone(String)
    /// Adds (`replacing` is `nil`) or replaces a schedule entry, if it is still as it was read; answered by `Action.entryWritten` or `Action.entryRefused`.
    case saveEntry(ScheduleEntry, replacing: StoredEntry?)

    public enum TableFile: String, Hashable, Sendable { case csv, json }
}

/// What came back from outside.
public enum Action: Hashable, Sendable {
    case logged(LogEntry)
    case reply(log: Int, ControlReply)
    /// The action ended: `summary` is the last line's text ("revoked 3 tasks on 12 of 13 workers (batch-2 silent)").
    case finished(log: Int, summary: String, isError: Bool)
    case result(TaskID, ResultRecord?)
    case resultFailed(TaskID, String)
    case inspected(WorkerName, method: String, Value)
    case inspectFailed(WorkerName, String)
    case peeked(QueueSample)
    case peekFailed(QueueName, String)
    case scanned(QueueName, id: Int, ScanPart)
    case tasksCounted(QueueName, TaskCounts)
    case jobBegan(MessageJob)
    case jobProgressed(Int, JobProgress)
    case jobEnded(Int)
    /// Messages were taken away, and can be put back; that was done.
    case trashed(TrashEntry)
    case restored(TrashID)
    case trashListed([TrashEntry], isFirst: Bool)
    case messageEdited(MessageVerdict)
    case heldFound(QueueName, TaskMessage)
    case documentEdited(String)
    /// The schedule was edited, and can be edited back; that was done.
    case edited(DoneEdit)
    case undone(Int)
    case callFound(KnownCall, CallUse)
    case messageFound(TaskID, CallEvidence.Answer<SeenMessage>)
    case sent(TaskID)
    /// Why it was not sent, in words.
    case sendRefused(String)
    case taskNames([String])
    /// How far a job has come, in words.
    case progressed(log: Int, String)
    case notify(String, isError: Bool)
    /// `nil`: there is no such zone.
    case zone(String, ZoneRules?)
    case entryWritten(ScheduleWrite)
    /// The store would not, or could not be reached; in its words.
    case entryRefused(String)
}

/// What the call of a task is looked for.
public enum CallUse: String, Hashable, Sendable { case retry, clone }

/// One line of view 8.
public struct LogEntry: Hashable, Sendable {
    public var id: Int
    /// Seconds since 1970.
    public var at: Double
    /// "terminate 3 tasks with SIGKILL".
    public var title: String
    /// The same as a `celery` command.
    public var command: String
    public var replies: [ControlReply]
    public var summary: String?
    /// What it was done to, and by whom: user@host.
    public var target: String
    public var who: String
    public var isError: Bool

    public init(id: Int, at: Double, title: String, command: String, target: String = "", who: String = "") {
        self.id = id
        self.at = at
        self.title = title
        self.command = command
        self.target = target
        self.who = who
        replies = []
        isError = false
    }
}
