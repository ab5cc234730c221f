import CeleriacCore
import Glibc
import Logging
import Synchronization

/// Runs each task in one of a number of child processes, which are this executable once more (`PoolChild`).
///
/// A crash, a signal or a hard limit costs one process and the run in it; another process takes its place. A process has one job at a time and none
/// in waiting: a job that waits behind a long one could have been run by another worker. One thread per process reads what it says and waits for its
/// end; no thread of the concurrency runtime is ever held.
final class ProcessPool: Pool {
    let implementation = "celeriac.pool.process"

    private let program: ProcessSpawn.Program
    private let memoryLimit: Int?
    private let logger: Logger
    private let roster: Mutex<ProcessRoster>

    /// - Parameters:
    ///   - tasksPerChild: after which a process is replaced; `nil` = never.
    ///   - memoryPerChild: kilobytes resident beyond which a process is replaced after its task; `nil` = never.
    init(size: Int, program: ProcessSpawn.Program = .init(), tasksPerChild: Int? = nil, memoryPerChild: Int? = nil, logger: Logger = Logger(label: "celeriac.pool")) {
        self.program = program
        memoryLimit = memoryPerChild
        self.logger = logger
        roster = Mutex(ProcessRoster(target: max(0, size), jobsPerProcess: tasksPerChild))
        change { $0.populate() }
    }

    var size: Int { roster.withLock { $0.target } }
    var processIDs: [Int32] { roster.withLock { $0.members.keys.sorted() } }

    // MARK: Jobs

    func run(_ job: Job, started: @Sendable (_ process: Int32) -> Void) async -> TaskRun {
        // Made before a process is taken: five megabytes take a while.
        let order = ProcessJob(job).value
        let clock = ContinuousClock(), process: Int32, link: ProcessLink
        switch await claim(job.request.id) {
        case .process(let taken, let itsLink): (process, link) = (taken, itsLink)
        case .none(let outcome): return TaskRun(outcome: outcome, runtime: .zero, children: [])
        }
        // An idle process begins at once: waiting for its word would cost a message per task.
        started(process)
        let start = clock.now
        let finish: ProcessRoster.Finish
        if let limit = job.request.limits.hard {
            async let _: Void = end(job.request.id, after: limit)
            finish = await perform(order, process, link)
        } else {
            finish = await perform(order, process, link)
        }
        switch finish {
        case .answered(let run): return run
        case .gone(let outcome): return TaskRun(outcome: outcome, runtime: clock.now - start, children: [])
        }
    }

    private func claim(_ id: TaskID) async -> ProcessRoster.Claim {
        if let claim = roster.withLock({ $0.take(for: id) }) { return claim }
        return await withCheckedContinuation { claim in change { $0.wait(id, claim) } }
    }

    private func perform(_ order: Value, _ process: Int32, _ link: ProcessLink) async -> ProcessRoster.Finish {
        await withCheckedContinuation { done in
            change { $0.begin(on: process, done) }
            if !link.send(order) { change { $0.answered(.tooLarge, by: process, isSpent: false) } }
        }
    }

    private func end(_ id: TaskID, after limit: Duration) async {
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        end(id, .timedOut(limit: limit), SIGKILL)
    }

    func terminate(_ id: TaskID, signal: Int32) {
        // Instead of those that the processes ignore, so that a supervisor's SIGTERM to all of them costs no task.
        end(id, .terminated(signal: signal), PoolChild.ignoredSignals.contains(signal) ? SIGKILL : signal)
    }

    func cancel(_ id: TaskID) { end(id, .lost("The worker is shutting down"), SIGKILL) }

    /// - Parameter signal: how to tell; a process that lives on for a second is killed.
    private func end(_ id: TaskID, _ verdict: ProcessRoster.Verdict, _ signal: Int32) {
        guard let process = change({ $0.condemn(id, verdict) }) else { return }
        self.signal(process, signal)
        guard signal != SIGKILL else { return }
        // Unstructured: the caller is not to wait for a process that has a handler.
        Task {
            try await Task.sleep(for: .seconds(1))
            if roster.withLock({ $0.members[process]?.verdict != nil }) { self.signal(process, SIGKILL) }
        }
    }

    // MARK: Size

    func grow(by count: Int) { change { $0.resize(by: count) } }
    func shrink(by count: Int) { change { $0.resize(by: -count) } }
    func restart() { change { $0.retireAll() } }

    func close() async {
        await withCheckedContinuation { closer in
            change { $0.close(closer) }
            // Unstructured: it outlives the wait when the processes end in time.
            Task { [weak self] in
                try await Task.sleep(for: .seconds(5))
                for process in self?.processIDs ?? [] { self?.signal(process, SIGKILL) }
            }
        }
    }

    // MARK: Processes

    private func start(after pause: Duration) {
        guard pause > .zero else { return start() }
        // Unstructured: whoever saw the last process end does not wait for the next one.
        Task { [weak self] in
            try await Task.sleep(for: pause)
            if let self, roster.withLock({ $0.resumeStart() }) { start() }
        }
    }

    private func start() {
        guard let (link, other) = ProcessLink.pair() else { return couldNotStart("no descriptors are left") }
        defer { _ = Glibc.close(other) }
        switch ProcessSpawn.start(program, link: other) {
        case .failure(let error): couldNotStart(error.description)
        case .success(let process):
            change { $0.started(process, link) }
            if !startThread({ self.accompany(process, link) }) { bury(process, told: "no thread is left for it") }
        }
    }

    private func couldNotStart(_ cause: String) {
        logger.error("a process of the pool could not be started: \(cause)")
        change { $0.couldNotStart() }
    }

    /// The life of one process, on a thread of its own: what it says, then its end.
    private func accompany(_ process: Int32, _ link: ProcessLink) {
        let isSane = link.read { bytes in
            guard let reply = (try? JSON.decode(bytes)).flatMap({ ProcessReply($0) }) else { return false }
            hear(reply, process)
            return true
        }
        bury(process, told: isSane ? nil : "Worker sent what cannot be read")
    }

    /// Ends a process that listens no more (most have ended already), and all that its tasks started.
    private func bury(_ process: Int32, told problem: String?) {
        signal(process, SIGKILL)
        ProcessSpawn.waitForEnd(of: process)
        let job = roster.withLock { roster in
            for leader in roster.members[process]?.groups ?? [] { ProcessSpawn.signalGroup(leader, SIGKILL) }
            return roster.members[process]?.job?.id
        }
        ProcessSpawn.signalGroup(process, SIGKILL)
        // Its number is free with the reaping: under the same lock, nobody signals it any more.
        let (end, isExpected) = change { roster in
            let member = roster.members[process], end = ProcessSpawn.reap(process)
            let isExpected = member?.verdict != nil || (member?.isRetiring ?? true && end == .exited(0) && problem == nil)
            return ((end, isExpected), roster.ended(process, problem ?? end.description))
        }
        guard !isExpected else { return }
        logger.error("process \(process) of the pool: \(problem ?? end.description)\(job.map { ", while it ran \($0)" } ?? "")")
    }

    /// A process that is in the roster has not been reaped: its number is its own.
    private func signal(_ process: Int32, _ number: Int32) {
        roster.withLock { if $0.members[process] != nil { kill(process, number) } }
    }

    private func hear(_ reply: ProcessReply, _ process: Int32) {
        switch reply {
        case .ready: change { $0.ready(process) }
        case .group(let leader, let isAlive): roster.withLock { $0.group(leader, isAlive: isAlive, of: process) }
        case .finished(let run):
            let isSpent = memoryLimit.map { (ProcessSpawn.residentKilobytes(of: process) ?? 0) > $0 } ?? false
            change { $0.answered(run, by: process, isSpent: isSpent) }
        }
    }

    // MARK: Changes

    private func change(_ body: (inout ProcessRoster) -> [ProcessRoster.Action]) {
        change { ((), body(&$0)) }
    }

    /// Changes the roster, then does what follows from it.
    private func change<Answer: Sendable>(_ body: (inout ProcessRoster) -> (Answer, [ProcessRoster.Action])) -> Answer {
        let (answer, actions) = roster.withLock { body(&$0) }
        for action in actions {
            switch action {
            case .start(let pause): start(after: pause)
            case .dismiss(let link): link.finishSending()
            case .claim(let continuation, let claim): continuation.resume(returning: claim)
            case .finish(let continuation, let finish): continuation.resume(returning: finish)
            case .closed(let continuation): continuation.resume()
            }
        }
        return answer
    }
}

extension TaskRun {
    /// Instead of a run whose job or result does not go through a `ProcessLink`.
    static var tooLarge: TaskRun {
        let exception = StoredException(
            type: "EncodeError", module: "kombu.exceptions", arguments: [.string("more than \(ProcessLink.frameLimit >> 20) MB of arguments or result")])
        return TaskRun(outcome: .failure(exception, traceback: exception.text), runtime: .zero, children: [])
    }
}
