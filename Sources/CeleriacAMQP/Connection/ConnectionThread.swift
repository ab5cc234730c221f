import CRabbitMQ
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The thread of one connection: runs the jobs of the actor that owns it, and between them, whenever bytes have come or time is up, has the connection look.
///
/// C clients block, and the threads of the concurrency runtime are as few as the processors.
final class ConnectionThread: SerialExecutor {
    /// What is looked after beside the jobs.
    struct Watch {
        /// Of the connection's socket.
        var descriptor: Int32
        /// In milliseconds: looked after this time at the latest.
        var patience: () -> Int32
        /// Whether it is looked as well as soon as the socket takes bytes again.
        var waitsForRoom: () -> Bool = { false }
        /// Returns whether more may have come, after which is looked once the jobs of meanwhile are done.
        var look: () -> Bool
    }

    private struct State {
        var jobs: [UnownedJob] = []
        var isAsleep = false
        var isEnding = false
        var thread: pthread_t?
    }

    private let state = Mutex(State())
    private let doorbell = cr_bell()
    /// Touched by nothing but jobs and looks, which all run on the thread.
    nonisolated(unsafe) private var watch: Watch?

    init() {
        let start = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let refused = pthread_create(
            &thread, nil,
            { start in
                if let start { Unmanaged<ConnectionThread>.fromOpaque(start).takeRetainedValue().run() }
                return nil
            }, start.toOpaque())
        precondition(refused == 0, "the system has no thread left")
        pthread_detach(thread)
    }

    deinit { close(doorbell) }

    // MARK: - From anywhere

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isAsleep = state.withLock { state in
            state.jobs.append(job)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if isAsleep { ring() }
    }

    /// Lets the thread end once it has no more jobs.
    func end() {
        state.withLock { $0.isEnding = true }
        ring()
    }

    private func ring() { cr_ring(doorbell) }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    func checkIsolated() {
        let isHere = state.withLock { $0.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
        precondition(isHere, "not on the connection's thread")
    }

    // MARK: - On the thread

    /// From now on; `nil` for nothing.
    func setWatch(_ watch: Watch?) { self.watch = watch }

    private func run() {
        state.withLock { $0.thread = pthread_self() }
        while true {
            let jobs = state.withLock { state in
                defer { state.jobs = [] }
                return state.jobs
            }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
            // What an answer was waited for may have brought more, which no poll would tell of.
            let hasMore = watch?.look() ?? false
            let (isIdle, isEnding) = state.withLock { state in
                state.isAsleep = state.jobs.isEmpty && !hasMore
                return (state.isAsleep, state.isEnding)
            }
            if isIdle {
                if isEnding { return }
                sleep()
            }
        }
    }

    private func sleep() {
        var descriptors = [pollfd(fd: doorbell, events: Int16(POLLIN), revents: 0)]
        var patience: Int32 = -1
        if let watch {
            descriptors.append(pollfd(fd: watch.descriptor, events: Int16(watch.waitsForRoom() ? POLLIN | POLLOUT : POLLIN), revents: 0))
            patience = watch.patience()
        }
        poll(&descriptors, nfds_t(descriptors.count), patience)
        state.withLock { $0.isAsleep = false }
        if descriptors[0].revents != 0 { cr_silence(doorbell) }
    }
}
