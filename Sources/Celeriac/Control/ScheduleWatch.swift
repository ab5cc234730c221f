public import CeleriacBroker
public import CeleriacCore

/// Keeps the entries of one schedule store read: each again as soon as the store tells of a change, all of them where it only tells that there was one.
///
/// Whoever draws asks it to fill its part of a `Picture`; what it last read stays while the store is away.
public actor ScheduleWatch {
    public nonisolated let store: any ScheduleStore
    private let monitor: ClusterMonitor?
    private let time: @Sendable () -> Double
    private var table: BeatTable
    private var facts: BeatFacts
    /// Grows with every change; a drawer that has seen this number need not ask again.
    public private(set) var revision = 0
    private var hasLooked = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var countedAt = -Double.infinity
    /// Changes that wait to be read.
    private var changed: Set<String> = []
    private var isAllChanged = false
    private let bell = Bell()
    /// Tasks that were sent from here for an entry, the newest last.
    private var sent: [String: [TaskID]] = [:]

    /// Between two questions who leads, which also tell whether the store is there.
    private static let pulse = Duration.seconds(1)
    /// Changes that come together are read together.
    private static let gathering = Duration.milliseconds(50)
    private static let outcomesAsked = 5_000
    private static let runsShown = 50

    /// - Parameters:
    ///   - monitor: knows what tasks came to; without it no run has an outcome.
    ///   - zone: of entries that name none: what beat's `timezone` says.
    ///   - localZone: of whoever looks.
    ///   - time: seconds since 1970.
    public init(
        _ store: any ScheduleStore, monitor: ClusterMonitor? = nil, zone: ZoneRules = .utc, localZone: ZoneRules = .utc, zones: ZoneFiles = .system,
        time: @escaping @Sendable () -> Double
    ) {
        self.store = store
        self.monitor = monitor
        self.time = time
        table = BeatTable(zone: zone, localZone: localZone, features: store.features) { try? zones.rules($0) }
        facts = BeatFacts(link: .reading, endpoint: store.endpoint, features: store.features)
        facts.zone = zone
        if !store.features.contains(.leadership) { facts.lead = .notKept }
    }

    /// Watches until cancelled; a store that goes away is tried again for ever.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.hearOfChanges() }
            group.addTask { await self.readChanges() }
            group.addTask { await self.feelPulse() }
            group.addTask { await self.followRuns() }
        }
    }

    // MARK: - What others ask

    /// `picture` with what `request` asks of the schedule.
    public func picture(_ request: PictureRequest, over picture: Picture) async -> Picture {
        var picture = picture
        let now = time()
        if let query = request.beat { picture.beat = table.page(query, now: now) }
        if let name = request.entry { picture.entry = await detail(name) }
        if now - countedAt >= 1 || countedAt > now {
            (facts.total, facts.enabled, facts.inTrouble) = table.counts(now: now)
            countedAt = now
        }
        picture.beatFacts = facts
        return picture
    }

    public func row(_ name: String) -> EntryRow? { table.row(name, now: time()) }
    public func stored(_ name: String) -> StoredEntry? { table.stored(name) }
    /// Names of all entries, sorted; of those that match a filter.
    public func names(matching filter: Filter? = nil) -> [String] { filter.map { table.names(matching: $0, now: time()) } ?? table.names }
    public func zone(of entry: ScheduleEntry) -> ZoneRules { table.zone(of: entry) }
    public func verdict(_ name: String) -> EditVerdict? { table.verdict(name, now: time()) }
    /// When the entry was last edited from here, in seconds since 1970; `nil`: it was not, or is gone.
    public func editedAt(_ name: String) -> Double? { table.editedAt(name) }

    /// Returns once the first reading has ended, well or badly.
    public func firstLook() async {
        if hasLooked { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func detail(_ name: String) async -> EntryDetail? {
        guard let stored = table.stored(name) else { return nil }
        let question = RunQuestion(name: name, entry: stored.entry, at: time())
        var runs = await monitor?.runs(like: question, limit: Self.runsShown) ?? []
        let own = Set(sent[name] ?? []), samples = table.samples(name)
        for index in runs.indices {
            runs[index].isTriggered = own.contains(runs[index].task.id)
            runs[index].recordedAt = runs[index].isTriggered ? nil : BeatTable.sample(of: runs[index].task, among: samples)?.at
        }
        return table.detail(name, runs: runs, now: time())
    }

    // MARK: - What was done from here

    /// Takes over at once what a write has answered, and watches what beat makes of it.
    /// - Parameter before: `nil` for an entry that is new.
    public func note(_ write: StoredEntry, before: StoredEntry?) {
        let now = time()
        if let before, before.entry.name != write.entry.name { table.fold(before.entry.name, nil, now: now) }
        table.fold(write.entry.name, write, now: now)
        table.fold(WatchedEdit(at: now, before: before?.entry, after: write.entry, zone: table.zone(of: write.entry)), of: write.entry.name)
        touch()
    }

    public func noteRemoval(of name: String) {
        table.fold(name, nil, now: time())
        touch()
    }

    public func note(_ task: TaskID, sentFor name: String) {
        sent[name, default: []].append(task)
        if sent[name, default: []].count > 20 { sent[name]?.removeFirst() }
    }

    /// Reads everything again now.
    public func refresh() {
        isAllChanged = true
        bell.ring()
    }

    private func touch() {
        revision += 1
        countedAt = -.infinity
    }

    // MARK: - Reading

    private func hearOfChanges() async {
        // The first one comes when the store is being watched; of one that is away nothing would come.
        refresh()
        for await change in store.changes() {
            switch change {
            case .entry(let name): changed.insert(name)
            case .anything: isAllChanged = true
            }
            bell.ring()
            if Task.isCancelled { return }
        }
    }

    private func readChanges() async {
        var cost = Duration.zero
        while !Task.isCancelled {
            let heard = bell.rings
            guard isAllChanged || !changed.isEmpty else {
                await bell.wait(after: heard, atMost: .seconds(5))
                continue
            }
            let start = ContinuousClock.now
            if isAllChanged || changed.count > max(200, table.count / 10) {
                (isAllChanged, changed) = (false, [])
                await readAll()
                cost = ContinuousClock.now - start
            } else {
                let names = changed
                changed = []
                await read(names)
            }
            // However fast entries change, reading all of them takes a tenth of the time.
            try? await Task.sleep(for: isAllChanged ? max(Self.gathering, cost * 10) : Self.gathering)
        }
    }

    private func readAll() async {
        do throws(TransportError) {
            let entries = try await store.entries()
            table.fold(all: entries, now: time())
            touch()
            answered()
        } catch { lost(error) }
        looked()
    }

    /// Several at once: each takes a round trip.
    private func read(_ names: Set<String>) async {
        // Each puts into the table what it read. As the group's results the entries came out damaged in optimised builds (Swift 6.3.1).
        await withTaskGroup(of: Void.self) { group in
            for name in names { group.addTask { await self.read(name) } }
        }
        touch()
    }

    private func read(_ name: String) async {
        do throws(TransportError) {
            let stored = try await store.entry(name)
            table.fold(name, stored, now: time())
            answered()
        } catch {
            // Read with all others once it is back.
            lost(error)
        }
    }

    // MARK: - Whether it is there

    private func feelPulse() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.pulse)
            do throws(TransportError) {
                if store.features.contains(.leadership) {
                    // Python's database schedulers keep no lead: nobody is no news there.
                    facts.lead = try await store.leader().map { .held($0) } ?? (store.features.contains(.lateRecords) ? .notKept : .nobody)
                } else {
                    _ = try await store.entry(table.names.first ?? "")
                }
                let wasLost = facts.isLost
                answered()
                if wasLost { refresh() }
            } catch { lost(error) }
        }
    }

    private func answered() {
        facts.heardAt = time()
        if facts.link != .live { touch() }
        facts.link = .live
    }

    private func lost(_ error: TransportError) {
        if Task.isCancelled { return }
        facts.lead = store.features.contains(.leadership) ? .unknown : .notKept
        if case .lost(let since, _) = facts.link { facts.link = .lost(since: since, reason: error.description) } else {
            facts.link = .lost(since: time(), reason: error.description)
            touch()
        }
    }

    private func looked() {
        hasLooked = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    // MARK: - What runs came to

    private func followRuns() async {
        guard let monitor else { return }
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            await followRunsOnce(monitor)
        }
    }

    /// Looks for the tasks of the runs that are not known to have ended.
    private func followRunsOnce(_ monitor: ClusterMonitor) async {
        let questions = table.questions(limit: Self.outcomesAsked, now: time())
        guard !questions.isEmpty else { return }
        let outcomes = await monitor.outcomes(of: questions)
        table.fold(Array(zip(questions, outcomes)).map { (question: $0.0, outcome: $0.1) })
        revision += 1
    }
}
