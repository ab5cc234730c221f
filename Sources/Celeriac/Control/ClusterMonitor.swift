public import CeleriacBroker
public import CeleriacCore

/// Owns the state of one cluster and keeps it fed: events as they come, queue sizes once a second, and the workers' own answers when they appear and now and then.
///
/// Ingestion runs on this actor and waits for nobody; whoever draws asks for a `Picture`.
public actor ClusterMonitor {
    private let broker: any BrokerConnection
    private let groups: (any GroupInspection)?
    private let permission: Permission
    private let time: @Sendable () -> Double
    private var state: ClusterState
    /// Grows with every change; a drawer that has seen this number need not ask again.
    public private(set) var revision = 0
    private var link = LinkState.connecting
    private var firstAnswers: Set<FirstAnswer> = []
    private var waiting: [CheckedContinuation<Void, Never>] = []
    /// When somebody last looked at workflows: only then is the result backend asked about groups.
    private var workflowsAskedAt: ContinuousClock.Instant?
    private var groupRound = 0
    private var rollCall = RollCall()
    /// Newest reason why queue sizes are not to be had, or workers cannot be asked.
    public private(set) var problem: String?

    /// Why the result backend does not tell of groups; `nil` when it does, or was not asked.
    public private(set) var groupProblem: String?

    private enum FirstAnswer: CaseIterable { case link, facts, workers }

    /// - Parameters:
    ///   - groups: who tells of groups and chords; events do not.
    ///   - groupProblem: why there is nobody who tells, though there should be.
    ///   - time: seconds since 1970.
    public init(
        _ broker: any BrokerConnection, groups: (any GroupInspection)? = nil, groupProblem: String? = nil, permission: Permission,
        limits: ClusterState.Limits = .init(), time: @escaping @Sendable () -> Double
    ) {
        self.broker = broker
        self.groups = groups
        self.groupProblem = groupProblem
        self.permission = permission
        self.time = time
        state = ClusterState(limits: limits)
    }

    /// Watches until cancelled; a broker that goes away is tried again for ever.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.readEvents() }
            group.addTask { await self.lookAtQueues() }
            group.addTask { await self.questionWorkers() }
            group.addTask { await self.lookAtGroups() }
        }
    }

    // MARK: - What others ask

    public func picture(_ request: PictureRequest) -> Picture {
        if request.workflows != nil || request.workflow != nil { workflowsAskedAt = ContinuousClock.now }
        var picture = state.picture(request, now: time())
        picture.header.groupProblem = groupProblem
        return picture
    }
    public func task(_ id: TaskID) -> TaskRow? { state.task(id, now: time()) }

    /// When tasks were sent, as far as events told it; seconds since 1970.
    public func sentTimes(of ids: [TaskID]) -> [TaskID: Double] {
        Dictionary(ids.compactMap { id in task(id)?.sentAt.map { (id, $0) } }) { $1 }
    }

    public func ids(matching filter: Filter, limit: Int) -> [TaskID] { state.ids(matching: filter, limit: limit, now: time()) }
    public func timings(over span: Double) -> [TimingRow] { state.timings(over: span, now: time()) }
    public func outcomes(of questions: [RunQuestion]) -> [EntryOutcome?] { state.outcomes(of: questions, now: time()) }
    public func runs(like question: RunQuestion, limit: Int) -> [EntryRun] { state.runs(like: question, limit: limit, now: time()) }
    public var workerNames: [WorkerName] { state.workerNames }
    /// Of tasks that events named.
    public var taskNames: [String] { state.taskNames }
    public var linkState: LinkState { link }

    /// Takes a reply that somebody else asked for (an action of the user).
    public func take(_ reply: ControlReply, to method: String) {
        state.fold(reply, to: method, at: time())
        revision += 1
    }

    /// Returns once the first look at everything (link, queues, workers) has ended, well or badly.
    public func firstLook() async {
        guard firstAnswers.count < FirstAnswer.allCases.count else { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Asks broker and workers again now.
    public func refresh() async {
        await lookOnce()
        await callRoll()
    }

    /// Asks workers now which tasks they hold.
    public func askHeld() async { await question(["active", "reserved", "scheduled"]) }

    // MARK: - Events

    private func readEvents() async {
        for await element in broker.events() {
            switch element {
            case .batch(let batch): state.fold(batch)
            case .link(let new):
                link = new
                state.fold(new, at: time())
                if new != .connecting { answered(.link) }
            }
            revision += 1
            if Task.isCancelled { return }
        }
    }

    // MARK: - Queues

    private func lookAtQueues() async {
        while !Task.isCancelled {
            await lookOnce()
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func lookOnce() async {
        defer { answered(.facts) }
        do {
            let facts = try await broker.facts(known: state.queueNames, now: time())
            state.fold(facts)
            if !facts.memberships.isEmpty { state.fold(GroupFacts(at: time(), memberships: facts.memberships)) }
            problem = facts.standing?.problems.first ?? facts.problems.first ?? facts.standing?.hint
        } catch { problem = error.description }
        revision += 1
    }

    // MARK: - Groups

    /// Records read at once, and chords asked about.
    private static let recordsRead = 300
    private static let chordsAsked = 50

    private func lookAtGroups() async {
        guard groups != nil else { return }
        while !Task.isCancelled {
            if let asked = workflowsAskedAt, ContinuousClock.now - asked < .seconds(5) { await lookAtGroupsOnce() }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Asks the result backend which tasks belong together, and how far chords have counted. What it does not tell stays unknown.
    public func lookAtGroupsOnce() async {
        guard let groups else { return }
        do throws(TransportError) {
            groupRound += 1
            let asked = state.unplacedTasks(limit: Self.recordsRead, round: groupRound, now: time())
            let outcomes = try await groups.outcomes(of: asked)
            let told = Set(outcomes.map(\.id))
            state.fold(GroupFacts(at: time(), outcomes: outcomes, unrecorded: asked.filter { !told.contains($0) }))
            state.fold(GroupFacts(at: time(), chords: try await groups.chords(state.openGroups(limit: Self.chordsAsked))))
            groupProblem = nil
        } catch { groupProblem = error.description }
        revision += 1
    }

    // MARK: - Workers

    /// Asked on opening and after each reconnect, all at once; and of workers that appear later.
    private static let opening = ["stats", "active", "reserved", "scheduled", "active_queues"]
    /// Asked in turn while watching: events tell the rest.
    private static let rounds: [(methods: [String], pause: Duration)] = [
        (["active", "reserved"], .seconds(10)), (["stats"], .seconds(10)), (["scheduled", "active_queues"], .seconds(10)),
    ]

    private func questionWorkers() async {
        guard permission != .passive else { return answered(.workers) }
        await callRoll()
        answered(.workers)
        var round = 0
        while !Task.isCancelled {
            let next = Self.rounds[round % Self.rounds.count]
            guard await pausing(next.pause) else {
                await callRoll()
                continue
            }
            await question(next.methods)
            round += 1
        }
    }

    /// `false` as soon as the link came back meanwhile, `true` after `pause`. Asks workers that appear meanwhile.
    private func pausing(_ pause: Duration) async -> Bool {
        let end = ContinuousClock.now + pause
        var wasLive = link == .live
        while ContinuousClock.now < end, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(500))
            if !wasLive, link == .live { return false }
            wasLive = link == .live
            guard wasLive else { continue }
            let newcomers = rollCall.next(of: state.workersPresent(now: time()), now: time())
            if !newcomers.isEmpty { await callRoll(of: newcomers) }
        }
        return true
    }

    /// Asks all that is asked of somebody new: these workers, or everybody.
    private func callRoll(of workers: [WorkerName]? = nil) async {
        let called = workers ?? state.workersPresent(now: time())
        let answered = await question(Self.opening, of: workers)
        rollCall.note(asked: called, answered: answered)
    }

    /// - Parameter workers: `nil` = everybody.
    /// - Returns: who has answered all of it.
    @discardableResult
    private func question(_ methods: [String], of workers: [WorkerName]? = nil) async -> Set<WorkerName> {
        await withTaskGroup(of: Set<WorkerName>.self) { group in
            for method in methods { group.addTask { await self.ask(method, of: workers) } }
            var answered: Set<WorkerName>?
            for await repliers in group { answered = answered?.intersection(repliers) ?? repliers }
            return answered ?? []
        }
    }

    /// - Returns: who has answered.
    private func ask(_ method: String, of workers: [WorkerName]?) async -> Set<WorkerName> {
        let asked = workers ?? state.workerNames
        var answered: Set<WorkerName> = []
        do {
            for try await reply in broker.ask(ControlRequest(method, destination: workers), timeout: .seconds(1)) {
                answered.insert(reply.worker)
                take(reply, to: method)
            }
            let silent = asked.filter { !answered.contains($0) }
            if !silent.isEmpty { state.noAnswer(to: method, from: silent, at: time()) }
        } catch let error as TransportError { problem = error.description } catch {}
        revision += 1
        return answered
    }

    private func answered(_ part: FirstAnswer) {
        guard firstAnswers.insert(part).inserted, firstAnswers.count == FirstAnswer.allCases.count else { return }
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
