import CeleriacBroker
import CeleriacCore
import Synchronization

/// Hears of results for all who wait, over one connection.
///
/// One task at a time brings the subscriptions in line with what is waited for, so that they never cross. Subscribing and looking go in one pipeline: what
/// was stored before is seen, what is stored after is told.
final class ResultWatch: Sendable {
    private let pool: ConnectionPool
    private let keys: ResultKeys
    private let state: Mutex<WatchList>
    private let activities = Activities()

    /// Between looks where the server cannot tell (before Redis 6).
    private static let lookInterval = Duration.milliseconds(500)

    init(_ endpoint: RedisEndpoint, _ gate: CommandGate, _ keys: ResultKeys) {
        self.keys = keys
        let relay = PushRelay()
        pool = ConnectionPool(endpoint, gate, greeting: .init(pushed: { relay.receive($0) }))
        state = Mutex(WatchList())
        relay.aim(at: self)
    }

    func close() async {
        await activities.end(within: .seconds(1))
        state.withLock { $0.endAll(with: nil) }.forEach { $0() }
        await pool.close()
    }

    func updates(of ids: [TaskID]) -> AsyncThrowingStream<ResultRecord, any Error> {
        let (stream, continuation) = AsyncThrowingStream<ResultRecord, any Error>.makeStream()
        if ids.isEmpty {
            continuation.finish()
            return stream
        }
        let channels = Dictionary(ids.map { (keys.task($0), $0) }, uniquingKeysWith: { first, _ in first })
        let number = state.withLock { $0.add(channels, continuation) }
        continuation.onTermination = { [weak self] reason in
            guard let self, case .cancelled = reason else { return }
            self.state.withLock { $0.remove(number) }
            self.align()
        }
        align()
        return stream
    }

    // MARK: - Subscriptions

    /// Sees to it that somebody brings the subscriptions in line.
    private func align() {
        guard state.withLock({ $0.beginAligning() }) else { return }
        _ = activities.begin { [weak self] in
            var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
            while let self, let work = self.state.withLock({ $0.nextWork() }) {
                do throws(TransportError) {
                    let canTell = try await self.carryOut(work)
                    backoff.reset()
                    if !canTell { try? await Task.sleep(for: Self.lookInterval) }
                } catch {
                    // Whoever has just come is told; the others were promised that we come back.
                    self.state.withLock { $0.fail(work, error) }.forEach { $0() }
                    try? await Task.sleep(for: backoff.next())
                }
                if Task.isCancelled { self.state.withLock { $0.endAligning() } }
            }
        }
    }

    /// - Returns: whether the server tells what comes.
    private func carryOut(_ work: WatchList.Work) async throws(TransportError) -> Bool {
        let connection = try await pool.connection()
        let canTell = connection.protocolVersion >= 3
        var commands: [RedisCommand] = []
        if canTell, !work.unsubscribe.isEmpty { commands.append(RedisCommand("UNSUBSCRIBE", work.unsubscribe)) }
        if canTell, !work.look.isEmpty { commands.append(RedisCommand("SUBSCRIBE", work.look)) }
        commands.append(work.look.isEmpty ? RedisCommand("PING") : RedisCommand("MGET", work.look))
        guard let reply = try await connection.send(commands).last else { return canTell }
        if let text = reply.errorText { throw .refusal(text, operation: "MGET", pool.endpoint) }
        for (channel, value) in zip(work.look, reply.items ?? []) {
            if let bytes = value.bytes { tell(channel, bytes) }
        }
        state.withLock { $0.finish(work, canTell: canTell) }
        return canTell
    }

    /// On the connection's thread.
    fileprivate func receive(_ push: RESPValue?) {
        guard let push else {
            state.withLock { $0.lose() }
            return align()
        }
        guard let items = push.items, items.count == 3, items[0].text == "message", let channel = items[1].text, let bytes = items[2].bytes else { return }
        tell(channel, bytes)
    }

    private func tell(_ channel: String, _ bytes: [UInt8]) {
        guard let id = state.withLock({ $0.id(of: channel) }) else { return }
        do throws(TransportError) {
            let record = try ResultRecord(stored: bytes, id: id, at: pool.endpoint)
            state.withLock { $0.tell(channel, record) }.forEach { $0() }
        } catch {
            state.withLock { $0.end(channel, with: error) }.forEach { $0() }
        }
        if state.withLock({ $0.isCrowded }) { align() }
    }
}

/// Knows the watch weakly: the pool, which it belongs to, is made first.
private final class PushRelay: Sendable {
    private struct Aim { weak var watch: ResultWatch? }
    private let aim = Mutex(Aim())

    func aim(at watch: ResultWatch) { aim.withLock { $0.watch = watch } }
    func receive(_ push: RESPValue?) { aim.withLock { $0.watch }?.receive(push) }
}
