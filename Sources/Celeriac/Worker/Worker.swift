public import CeleriacCore
import CeleriacBroker
public import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Takes messages off an app's queues and runs its tasks; on the wire it cannot be told from one of Python's.
///
/// A worker runs once. Its parts: `Intake` makes tasks of messages, `Books` knows who waits and who runs, `TaskRunner` sees each task to its end,
/// `Completions` stores and settles in batches, `EventDispatcher` and `Heart` tell the cluster, `RemoteControl` answers it.
public final class Worker: Sendable {
    let state: WorkerState
    private let hasRun = Atomic(false)

    /// The node name, `celery@host`.
    public var name: WorkerName { state.node }

    public convenience init(app: App, configuration: WorkerConfiguration? = nil, log: Logger = Logger(label: "celeriac.worker")) {
        self.init(app: app, configuration: configuration, log: log, pool: nil)
    }

    /// - Parameters:
    ///   - configuration: instead of the app's.
    ///   - pool: instead of the one that the configuration names.
    init(
        app: App, configuration: WorkerConfiguration? = nil, log: Logger, pool: (any Pool)?, time: (@Sendable () -> Double)? = nil
    ) {
        var whole = app.configuration
        whole.worker = configuration ?? whole.worker
        state = WorkerState(app: app, configuration: whole, log: log, pool: pool, time: time ?? app.time)
        app.registerBuiltInTasks()
    }

    /// Asks a running worker to end. Asked again, more urgently, it ends sooner.
    public func shutdown(_ kind: Shutdown = .warm) { state.signals.send(.shutdown(kind)) }

    /// Works until `shutdown`, or until the surrounding task is cancelled, which is a cold shutdown.
    /// - Returns: the exit code that Celery would end with: 0 after a warm shutdown, 1 after a cold one.
    /// - Throws: `TransportError` when the broker refuses this worker for good: its URL, user or queues make no sense.
    @discardableResult
    public func run() async throws -> Int32 {
        guard !hasRun.exchange(true, ordering: .relaxed) else { return 0 }
        // Not a child of the caller: what ends a worker has to be waited for also when the caller is cancelled.
        let life = Task { [state] in try await WorkerLife(state: state).live() }
        return try await withTaskCancellationHandler {
            try await life.value
        } onCancel: {
            shutdown(.cold)
        }
    }
}
