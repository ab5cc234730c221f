import CeleriacCore
import Glibc
import Synchronization

/// The other side of `ProcessPool`: a process that runs one job at a time, as its worker sends them, and ends with the worker.
///
/// A program that may run workers looks at `isThisProcess` first, once its tasks are registered.
public final class PoolChild: Sendable {
    /// Whether this process was started by a pool.
    public static var isThisProcess: Bool { getenv(ProcessSpawn.variable) != nil }

    /// As Celery's: what a terminal or a supervisor sends to all processes is for the worker, which then lets its running tasks finish.
    static let ignoredSignals = [SIGINT, SIGTERM, SIGHUP]

    /// The child in which the current task runs; `nil` outside of the process pool.
    @TaskLocal static var current: PoolChild?

    private let app: App
    private let link: ProcessLink
    private let state = Mutex(State())

    private struct State {
        var isBusy = false
        /// Leaders of process groups that the running task started.
        var groups: Set<Int32> = []
    }

    private init(_ app: App, _ link: ProcessLink) {
        self.app = app
        self.link = link
    }

    /// Runs jobs until the worker says that there are no more, or is gone; ends the process then.
    public static func run(_ app: App) async -> Never {
        for number in ignoredSignals + [SIGPIPE] { signal(number, SIG_IGN) }
        app.registerBuiltInTasks()
        var kind: Int32 = 0, size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(ProcessSpawn.descriptor, SOL_SOCKET, SO_TYPE, &kind, &size) == 0 else {
            complain("\(ProcessSpawn.variable) is set, but no pool started this process")
            exit(70)
        }
        // Not for the processes that tasks start.
        unsetenv(ProcessSpawn.variable)
        _ = fcntl(ProcessSpawn.descriptor, F_SETFD, FD_CLOEXEC)
        app.registerBuiltInTasks()
        let child = PoolChild(app, ProcessLink(adopting: ProcessSpawn.descriptor))
        guard startThread({ child.listen() }) else {
            complain("no thread is left")
            exit(71)
        }
        child.link.send(ProcessReply.ready.value)
        // The listening thread ends the process.
        while true { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    }

    /// Takes jobs as they come, on a thread of its own, so that the end of the worker is noticed whatever a task does to the other threads.
    private func listen() {
        link.read { bytes in
            guard let value = try? JSON.decode(bytes), let job = ProcessJob(value) else {
                Self.complain("its worker sent what is no job")
                return false
            }
            state.withLock { $0.isBusy = true }
            // Unstructured: this thread is outside of any task, and goes on listening.
            Task { await self.perform(job) }
            return true
        }
        let (isBusy, groups) = state.withLock { ($0.isBusy, $0.groups) }
        for leader in groups { ProcessSpawn.signalGroup(leader, SIGKILL) }
        // In the middle of a task, no code but the system's may run any more: another thread may hold any lock.
        if isBusy { _exit(75) }
        exit(0)
    }

    private func perform(_ job: ProcessJob) async {
        let run: TaskRun
        if let definition = app.definition(of: job.request.message.name) {
            run = await Self.$current.withValue(self) {
                await app.execute(Job(request: job.request, definition: definition, args: job.args, kwargs: job.kwargs))
            }
        } else {
            let exception = StoredException(type: "NotRegistered", module: "celery.exceptions", arguments: [.string(job.request.message.name)])
            run = TaskRun(outcome: .failure(exception, traceback: exception.text), runtime: .zero, children: [])
        }
        // What the task printed is out before its end is known.
        fflush(nil)
        state.withLock { $0.isBusy = false }
        if !link.send(ProcessReply.finished(run).value) { link.send(ProcessReply.finished(.tooLarge).value) }
    }

    // MARK: Processes that tasks start

    /// A task started a process group, which is to end with this process, however that ends.
    func began(group leader: Int32) {
        state.withLock { _ = $0.groups.insert(leader) }
        link.send(ProcessReply.group(leader, isAlive: true).value)
    }

    func ended(group leader: Int32) {
        state.withLock { _ = $0.groups.remove(leader) }
        link.send(ProcessReply.group(leader, isAlive: false).value)
    }

    private static func complain(_ text: String) {
        let line = Array("celeriac: a process of the pool: \(text)\n".utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
