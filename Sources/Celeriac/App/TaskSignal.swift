import CeleriacCore

/// What the context throws through a task's body: an end that is neither success nor an error of the task.
enum TaskSignal: Error {
    case retry(TaskOutcome.Retry)
    case reject(reason: String, requeue: Bool)
    case ignore
    /// No retries are left: this is what the task failed with.
    case failure(StoredException)
}
