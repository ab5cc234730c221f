public import CeleriacBroker
public import CeleriacCore
import Synchronization

extension RedisStore {
    /// How often kombu's table is searched for messages beyond their visibility timeout: Python's workers do it about as often.
    private static let sweepInterval = Duration.seconds(100)
    /// Messages restored by one sweep.
    private static let sweepLimit = 1000

    public func maintain(owner: WorkerName) async throws(TransportError) {
        let holder = holder(owner)
        // First of all: whatever fails below, and however long it takes, what is held here must stay held.
        let lost = try await renew(holder)
        try await giveBackDoubtful()
        for name in lost where name != holder { try await giveBackAll(of: name) }
        let isDue = state.withLock { state in
            guard state.sweptAt.map({ $0.duration(to: .now) >= Self.sweepInterval }) ?? true else { return false }
            state.sweptAt = .now
            return true
        }
        if isDue { try await restoreInvisible() }
    }

    /// Renews lease and times; returns the holders whose lease has ended.
    private func renew(_ holder: String) async throws(TransportError) -> [String] {
        let began = ContinuousClock.now, tags = state.withLock { Array($0.held[holder] ?? []) }
        var lost: [String] = []
        for start in stride(from: 0, to: max(1, tags.count), by: Self.batchLimit) {
            let piece = tags[start..<min(start + Self.batchLimit, tags.count)].map { Array($0.utf8) }
            let arguments = [Array(holder.utf8), leaseMilliseconds, Array(keys.leasePrefix.utf8)] + piece
            lost = try await scripts.run(.renew, keys: bookkeeping(holder), arguments).items?.compactMap(\.text) ?? []
        }
        if !tags.isEmpty { state.withLock { $0.renewedAt[holder] = began } }
        return lost
    }

    /// Puts back what a claim took whose answer was lost. The server may still execute it when the connection is long gone, so that it is looked for more
    /// than once.
    private func giveBackDoubtful() async throws(TransportError) {
        let doubtful = state.withLock { $0.doubtful }
        if doubtful.isEmpty { return }
        let held = try await tags(ofSession: session)
        for (holder, claims) in Dictionary(grouping: doubtful, by: \.value.holder) {
            let prefixes = claims.map { ClaimTag.prefix(session: session, claim: $0.key) }
            let tags = held.filter { tag in prefixes.contains { tag.hasPrefix($0) } }
            try await giveBack(ClaimTag.sorted(tags).reversed(), of: holder) { _, entry in
                Move(to: QueueName(entry.routingKey), .front, entry.bytes { $0.redelivered(isCounted: false) })
            }
        }
        state.withLock { state in state.doubtful = state.doubtful.filter { $0.value.since.duration(to: .now) < lease * 2 } }
    }

    /// Puts back what a holder held whose lease has ended.
    private func giveBackAll(of holder: String) async throws(TransportError) {
        if let mark = holder.lastIndex(of: "#") {
            let tags = try await tags(ofSession: String(holder[holder.index(after: mark)...]))
            try await giveBack(ClaimTag.sorted(tags).reversed(), of: holder, onlyIfLost: true) { _, entry in
                Move(to: QueueName(entry.routingKey), .front, entry.bytes { $0.redelivered(isCounted: true) })
            }
        }
        _ = try await scripts.run(.forget, keys: bookkeeping(holder), [Array(holder.utf8)])
    }

    /// All that one process holds. Walks through the whole index: for what happens seldom.
    private func tags(ofSession session: String) async throws(TransportError) -> [String] {
        let index = keys.unackedIndex, pattern = session.escapedForPattern + ".*"
        let items = try await pool.scan { RedisCommand("ZSCAN", index, $0, "MATCH", pattern, "COUNT", "1000") }
        // Tags and scores, in turn.
        return Array(Set(stride(from: 0, to: items.count, by: 2).compactMap { items[$0].text }))
    }

    // MARK: - Visibility timeout

    /// Restores what was handed out longer ago than the visibility timeout, as kombu's workers do, under kombu's lock: Python's claims return only this way.
    private func restoreInvisible() async throws(TransportError) {
        let token = Array(freshUUID().utf8)
        let lock = RedisCommand("SET", bytes: [Array(keys.unackedMutex.utf8), token, Array("NX".utf8), Array("PX".utf8), Array("300000".utf8)])
        guard try await pool.send(lock) != .null else { return }
        let outcome: Result<Void, TransportError>
        do throws(TransportError) {
            outcome = .success(try await restoreUnderLock())
        } catch {
            outcome = .failure(error)
        }
        _ = try await scripts.run(.unlock, keys: [keys.unackedMutex], [token])
        try outcome.get()
    }

    private func restoreUnderLock() async throws(TransportError) {
        // Scores are of the clocks of whoever claimed; the server's is the nearest there is.
        guard let time = try await pool.send(RedisCommand("TIME")).items, let seconds = time.first?.integer else { return }
        let end = String(Double(seconds) - keys.options.visibilityTimeout.seconds)
        let found = try await pool.send(RedisCommand("ZRANGEBYSCORE", keys.unackedIndex, "0", end, "LIMIT", "0", String(Self.sweepLimit)))
        let tags = found.items?.compactMap(\.text) ?? []
        if tags.isEmpty { return }
        let targets = try await targets(of: tags)
        try await giveBack(tags.reversed(), of: "") { tag, entry in
            Move(to: targets[tag] ?? QueueName(entry.routingKey), .front, entry.bytes { $0.redelivered(isCounted: true) })
        }
    }

    /// The queues of messages that were published to a named exchange: the first one bound, since which one they came from is not noted.
    private func targets(of tags: [String]) async throws(TransportError) -> [String: QueueName] {
        let entries = try await pool.send(RedisCommand("HMGET", [keys.unacked] + tags)).items ?? []
        var bindings = Bindings()
        var known: Set<String> = []
        var targets: [String: QueueName] = [:]
        for (tag, reply) in zip(tags, entries) {
            guard let entry = reply.bytes.flatMap({ HeldEntry($0) }), !entry.exchange.isEmpty else { continue }
            if known.insert(entry.exchange).inserted {
                let members = try await pool.send(RedisCommand("SMEMBERS", keys.bindings(entry.exchange))).items ?? []
                bindings.set(entry.exchange, members: members.compactMap(\.text), keys: keys)
            }
            targets[tag] = QueueName(bindings.queue(exchange: entry.exchange, routingKey: entry.routingKey))
        }
        return targets
    }
}
