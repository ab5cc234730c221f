import CeleriacBroker
import CeleriacCore

/// Looks at all queues of one broker, in two round trips as a rule, and remembers what makes the next look cheap.
actor QueueInspector {
    private let pool: ConnectionPool
    private let keys: RedisKeys
    private var discovery: QueueDiscovery
    private var watches: [String: QueueWatch] = [:]
    private var tally = UnackedTally()
    /// Queues that workers held messages of on the last look, bound or not.
    private var held: Set<String> = []
    /// Whether the server knows `LPOS`, and lets us use it.
    private var canSearch = true
    /// The look under way: another one begins only after it.
    private var latest: Task<Result<BrokerFacts, TransportError>, Never>?

    /// Keys walked through in one step.
    private static let scanStep = 1000
    /// As long as the first pass lasts, larger steps are made, one after the other for so many seconds a look.
    private static let firstScanStep = 10_000
    private static let firstScanTime = 0.06

    init(_ pool: ConnectionPool, _ keys: RedisKeys) {
        self.pool = pool
        self.keys = keys
        discovery = QueueDiscovery(keys)
    }

    func facts(known: Set<QueueName>, now: Double) async throws(TransportError) -> BrokerFacts {
        let previous = latest
        let look = Task {
            _ = await previous?.value
            return await self.look(known: known, now: now)
        }
        latest = look
        return try await look.value.get()
    }

    /// All queues that can be found; walks through the whole keyspace, however long that takes.
    func queues() async throws(TransportError) -> [QueueName] {
        let now = secondsSince1970()
        while !discovery.isSettled, !Task.isCancelled { try await search(now) }
        return try await facts(known: [], now: now).queues.map(\.name)
    }

    /// The message of one task, waiting or held.
    func message(of id: TaskID) async throws(TransportError) -> FoundMessage? {
        let known = try await facts(known: [], now: secondsSince1970()).queues.map(\.name.rawValue)
        return try await MessageSearch(pool: pool, keys: keys, id: id).run(in: known, discovery.bindings)
    }

    func page(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> QueueSample {
        try await QueuePage(pool: pool, keys: keys).read(queue, from: first, limit: limit)
    }

    private func look(known: Set<QueueName>, now: Double) async -> Result<BrokerFacts, TransportError> {
        do throws(TransportError) {
            return .success(try await facts(at: now, known: known))
        } catch {
            return .failure(error)
        }
    }

    private func facts(at now: Double, known: Set<QueueName>) async throws(TransportError) -> BrokerFacts {
        if !discovery.isComplete { try await search(now) }
        let names = discovery.queues.union(held).union(known.map(\.rawValue))
        watches = watches.filter { names.contains($0.key) }
        for name in names where watches[name] == nil { watches[name] = QueueWatch(name, keys) }

        var first = Pipeline()
        let steps = discovery.addSteps(to: &first, count: Self.scanStep, now: now)
        let unacked = first.add(RedisCommand("HLEN", keys.unacked))
        let tags = first.add(RedisCommand("ZRANGE", keys.unackedIndex, "0", String(UnackedTally.tagLimit - 1)))
        let questions = watches.mapValues { $0.ask(&first, canSearch: canSearch) }
        var replies = try await pool.send(first.commands)
        discovery.take(steps, replies, now: now)
        if canSearch { canSearch = !replies.contains { $0.errorText?.lowercased().contains("lpos") ?? false } }

        var facts = BrokerFacts(at: now, problems: discovery.problems)
        facts.problems += [problem(replies[unacked], keys.unacked, "hash"), problem(replies[tags], keys.unackedIndex, "sorted set")].compactMap { $0 }
        facts.unackedTotal = replies[unacked].integer
        let missing = tally.take(tags: replies[tags].items?.compactMap(\.text) ?? [])

        var second = Pipeline()
        let inspections = discovery.addInspections(to: &second)
        let messages = missing.isEmpty ? nil : second.add(RedisCommand("HMGET", [keys.unacked] + missing))
        var details: [String: QueueWatch.Details] = [:]
        for (name, asked) in questions { details[name] = watches[name]?.ask(&second, canSearch: canSearch, after: asked, replies) }
        replies = try await pool.send(second.commands)
        discovery.take(inspections, replies)
        if let messages {
            let read = tally.take(messages: replies[messages].items ?? [], for: missing)
            (facts.memberships, facts.periodic) = (read.compactMap(\.membership), read.compactMap(\.periodic))
        }

        for name in details.keys.sorted() {
            guard let asked = details[name], let fact = watches[name]?.fact(asked, replies, now: now) else { continue }
            facts.queues.append(fact)
        }
        count(&facts, now)
        return facts
    }

    /// The first pass of the scans: as much as fits into a moment, the rest comes with later looks.
    private func search(_ now: Double) async throws(TransportError) {
        let started = secondsSince1970()
        repeat {
            var pipeline = Pipeline()
            let steps = discovery.addSteps(to: &pipeline, count: Self.firstScanStep, now: now)
            discovery.take(steps, try await pool.send(pipeline.commands), now: now)
        } while !discovery.isComplete && secondsSince1970() - started < Self.firstScanTime
        var pipeline = Pipeline()
        let inspections = discovery.addInspections(to: &pipeline)
        discovery.take(inspections, try await pool.send(pipeline.commands))
    }

    /// Fills in what workers hold; queues seen only there are added.
    private func count(_ facts: inout BrokerFacts, _ now: Double) {
        guard let total = facts.unackedTotal else { return }
        let (tallied, isSampled) = tally.counts(total: total, bindings: discovery.bindings, now: now)
        let counts = tallied.queues
        held = Set(counts.keys)
        let names = Set(facts.queues.map(\.name.rawValue))
        facts.queues += counts.keys.filter { !names.contains($0) }.sorted().map { BrokerFacts.Queue(name: QueueName($0)) }
        for index in facts.queues.indices {
            let count = counts[facts.queues[index].name.rawValue] ?? HeldCounts.Count()
            facts.queues[index].unacked = count.unacked
            facts.queues[index].eta = count.eta
            facts.queues[index].isSampled = isSampled
        }
    }

    private func problem(_ reply: RESPValue, _ key: String, _ type: String) -> String? {
        guard let text = reply.errorText else { return nil }
        return text.hasPrefix("WRONGTYPE") ? "the key `\(key)` is not a \(type)" : text
    }
}
