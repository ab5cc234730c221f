import CeleriacCore
import OrderedCollections

/// Runs tasks: in this process (`AsyncPool`), or in child processes (`ProcessPool`).
protocol Pool: Sendable {
    /// `celeriac.pool.async`: what `inspect stats` calls it.
    var implementation: String { get }
    /// How many run at once at most.
    var size: Int { get }
    /// Of the children; this process itself when there are none.
    var processIDs: [Int32] { get }

    /// Runs one task to its end; never throws, never traps, whatever the task does. The caller sees to it that no more than `size` run.
    /// - Parameter started: told once the task has begun, and in which process.
    func run(_ job: Job, started: @Sendable (_ process: Int32) -> Void) async -> TaskRun

    /// Ends a running task: cancels it here, signals its process there. Its run then ends as `.terminated`.
    func terminate(_ id: TaskID, signal: Int32)
    /// Ends the task like `terminate`, but leaves its message to be run again: its run ends as `.lost`. For cold shutdown.
    func cancel(_ id: TaskID)

    func grow(by count: Int)
    /// Idle ones go first; busy ones once they are done.
    func shrink(by count: Int)
    /// Fresh children.
    func restart()
    /// After the last run.
    func close() async
}

/// A task to be run.
struct Job: Sendable {
    var request: TaskRequest
    var definition: TaskDefinition
    var args: [Value]
    var kwargs: OrderedDictionary<String, Value>
}

/// How a run went.
struct TaskRun: Sendable {
    var outcome: TaskOutcome
    /// Wall-clock.
    var runtime: Duration
    /// Results of the tasks that it sent, in Celery's tuple form.
    var children: [Value]
}
