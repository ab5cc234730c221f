import CeleriacCore

/// The processes of a pool as values: who is idle, who runs what, who waits for one, how many are wanted. `ProcessPool` carries out what is to be done.
struct ProcessRoster {
    /// Why a process with a job is ended, in place of what its end would say.
    enum Verdict: Sendable {
        case terminated(signal: Int32)
        case timedOut(limit: Duration)
        case lost(String)

        var outcome: TaskOutcome {
            switch self {
            case .terminated(let signal): .terminated(signal: signal)
            case .timedOut(let limit): .timedOut(limit: limit)
            case .lost(let cause): .lost(cause)
            }
        }
    }

    struct Member {
        let link: ProcessLink
        var isReady = false
        /// To end once it is idle; another one is already wanted, or none.
        var isRetiring = false
        var job: Assignment?
        var jobsDone = 0
        var verdict: Verdict?
        /// Leaders of process groups that its tasks started.
        var groups: Set<Int32> = []

        var isIdle: Bool { isReady && job == nil && verdict == nil }
    }

    /// A job that a process was taken for, and who waits for its end once it has been sent.
    struct Assignment {
        let id: TaskID
        var done: CheckedContinuation<Finish, Never>?
    }

    /// How a job ended: the process answered, or is gone.
    enum Finish: Sendable {
        case answered(TaskRun)
        case gone(TaskOutcome)
    }

    /// A process taken for a job; or the outcome of one that will never have one.
    enum Claim: Sendable {
        case process(Int32, ProcessLink)
        case none(TaskOutcome)
    }

    /// What follows from a change; carried out in order, after the change.
    enum Action: Sendable {
        /// One process is to be started, after a pause.
        case start(after: Duration)
        case dismiss(ProcessLink)
        case claim(CheckedContinuation<Claim, Never>, Claim)
        case finish(CheckedContinuation<Finish, Never>, Finish)
        case closed(CheckedContinuation<Void, Never>)
    }

    private(set) var target: Int
    /// Jobs after which a process is replaced; `nil` = never.
    private let jobsPerProcess: Int?
    private(set) var members: [Int32: Member] = [:]
    /// Starts under way, and starts that were put off.
    private var starting = 0
    private var postponed = 0
    /// Least recently busy first.
    private var idle: [Int32] = []
    private var waiting: [(id: TaskID, claim: CheckedContinuation<Claim, Never>)] = []
    private var isClosed = false
    private var closers: [CheckedContinuation<Void, Never>] = []
    /// Processes in a row that ended before they were ready.
    private var falseStarts = 0
    /// What became of jobs whose process ended after it was taken and before they were sent.
    private var stillborn: [Int32: TaskOutcome] = [:]

    init(target: Int, jobsPerProcess: Int?) {
        self.target = target
        self.jobsPerProcess = jobsPerProcess
    }

    // MARK: Jobs

    /// Takes an idle process now; else `wait` is the thing to do.
    mutating func take(for id: TaskID) -> Claim? {
        guard !isClosed else { return Claim.none(.lost("The pool is closed")) }
        while !idle.isEmpty {
            let process = idle.removeFirst()
            guard let member = members[process], member.isIdle, !member.isRetiring else { continue }
            return assign(id, to: process, member)
        }
        return nil
    }

    private mutating func assign(_ id: TaskID, to process: Int32, _ member: Member) -> Claim {
        members[process]?.job = Assignment(id: id)
        return .process(process, member.link)
    }

    mutating func wait(_ id: TaskID, _ claim: CheckedContinuation<Claim, Never>) -> [Action] {
        if let taken = take(for: id) { return [.claim(claim, taken)] }
        waiting.append((id, claim))
        return []
    }

    /// The process that was taken is about to get its job; one that ended meanwhile has lost it.
    mutating func begin(on process: Int32, _ done: CheckedContinuation<Finish, Never>) -> [Action] {
        if let outcome = stillborn.removeValue(forKey: process) { return [.finish(done, .gone(outcome))] }
        members[process]?.job?.done = done
        return []
    }

    mutating func answered(_ run: TaskRun, by process: Int32, isSpent: Bool) -> [Action] {
        guard var member = members[process], let done = member.job?.done else { return [] }
        member.job = nil
        member.jobsDone += 1
        if isSpent || jobsPerProcess.map({ member.jobsDone >= $0 }) ?? false { member.isRetiring = true }
        members[process] = member
        return release(process) + [.finish(done, .answered(run))]
    }

    /// The job of `id` is to end so: the process to be killed for it. `nil` when none runs it; who waits for a process is told at once.
    mutating func condemn(_ id: TaskID, _ verdict: Verdict) -> (process: Int32?, actions: [Action]) {
        if let (process, _) = members.first(where: { $0.value.job?.id == id }) {
            if members[process]?.verdict == nil { members[process]?.verdict = verdict }
            return (process, [])
        }
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return (nil, []) }
        return (nil, [.claim(waiting.remove(at: index).claim, .none(verdict.outcome))])
    }

    // MARK: Processes

    /// The pause before a start is over: whether it is still wanted.
    mutating func resumeStart() -> Bool {
        postponed -= 1
        guard !isClosed, wanted > 0 else { return false }
        starting += 1
        return true
    }

    mutating func started(_ process: Int32, _ link: ProcessLink) -> [Action] {
        starting -= 1
        members[process] = Member(link: link)
        return isClosed ? [.dismiss(link)] : []
    }

    mutating func couldNotStart() -> [Action] {
        starting -= 1
        falseStarts += 1
        return populate() + closing()
    }

    mutating func ready(_ process: Int32) -> [Action] {
        guard members[process]?.isReady == false else { return [] }
        members[process]?.isReady = true
        falseStarts = 0
        return release(process)
    }

    mutating func group(_ leader: Int32, isAlive: Bool, of process: Int32) {
        if isAlive { members[process]?.groups.insert(leader) } else { members[process]?.groups.remove(leader) }
    }

    /// - Parameter end: what became of the process; the outcome of its job, unless there was a reason.
    mutating func ended(_ process: Int32, _ end: String) -> [Action] {
        guard let member = members.removeValue(forKey: process) else { return [] }
        if !member.isReady, !member.isRetiring { falseStarts += 1 }
        var actions = populate()
        if let job = member.job {
            let outcome = member.verdict?.outcome ?? .lost(end)
            if let done = job.done { actions.append(.finish(done, .gone(outcome))) } else { stillborn[process] = outcome }
        }
        return actions + closing()
    }

    // MARK: Size

    mutating func resize(by count: Int) -> [Action] {
        target = max(0, target + count)
        return populate()
    }

    mutating func retireAll() -> [Action] {
        let fresh = members.filter(\.value.isReady).keys.flatMap { retire($0) }
        return fresh + populate()
    }

    mutating func close(_ closer: CheckedContinuation<Void, Never>) -> [Action] {
        isClosed = true
        target = 0
        closers.append(closer)
        let left = waiting.map { Action.claim($0.claim, .none(.lost("The pool is closed"))) }
        waiting = []
        // Also those that are not ready yet.
        for process in members.keys { members[process]?.isRetiring = true }
        return left + members.values.map { .dismiss($0.link) } + closing()
    }

    /// Starts what is missing, lets go of what is too many: idle ones first.
    mutating func populate() -> [Action] {
        guard !isClosed else { return [] }
        let missing = wanted
        guard missing <= 0 else {
            if pause > .zero { postponed += missing } else { starting += missing }
            return (0..<missing).map { _ in .start(after: pause) }
        }
        let (free, busy) = (staying.filter { $0.value.job == nil }.keys, staying.filter { $0.value.job != nil }.keys)
        return (Array(free) + Array(busy)).prefix(-missing).flatMap { retire($0) }
    }

    private var staying: [Int32: Member] { members.filter { !$0.value.isRetiring && $0.value.verdict == nil } }

    /// Processes to be started; too many, when negative.
    private var wanted: Int { target - staying.count - starting - postponed }

    /// Longer each time processes end before they are ready: 0, 0.1, 0.2, 0.4 … 10 s.
    private var pause: Duration { falseStarts == 0 ? .zero : min(.seconds(10), .milliseconds(100) * (1 << min(falseStarts - 1, 7))) }

    private mutating func retire(_ process: Int32) -> [Action] {
        guard let member = members[process], !member.isRetiring else { return [] }
        members[process]?.isRetiring = true
        idle.removeAll { $0 == process }
        // A busy one is dismissed when its job is done.
        return member.job == nil ? [.dismiss(member.link)] : []
    }

    /// A process has nothing to do: the first that waits gets it.
    private mutating func release(_ process: Int32) -> [Action] {
        guard let member = members[process], member.verdict == nil else { return [] }
        guard !member.isRetiring, !isClosed else { return [.dismiss(member.link)] + populate() }
        if !waiting.isEmpty {
            let first = waiting.removeFirst()
            return [.claim(first.claim, assign(first.id, to: process, member))]
        }
        idle.append(process)
        return []
    }

    private mutating func closing() -> [Action] {
        guard isClosed, members.isEmpty, starting == 0 else { return [] }
        defer { closers = [] }
        return closers.map { .closed($0) }
    }
}
