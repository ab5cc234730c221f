public import CeleriacBroker
public import CeleriacCore
import NIOCore
import OrderedCollections
import Synchronization

/// Queues in Redis, laid out as kombu has them, so that Python workers can share them.
///
/// A message is taken and noted as held in one step of the server. Who holds it has a lease that `maintain` renews; when it ends, the other Swift workers
/// put the messages back. Python's workers do so by their visibility timeout, which never ends while the lease is renewed.
public final class RedisStore: QueueStore {
    struct State {
        /// Begun so far.
        var claims = 0
        /// What each holder has taken and not settled.
        var held: [String: Set<String>] = [:]
        /// When each holder's lease was last renewed.
        var renewedAt: [String: ContinuousClock.Instant] = [:]
        /// Which queue's turn it was.
        var lastServed: QueueName?
        /// Claims whose answer never came: the server may have taken messages that nobody here knows of.
        var doubtful: [Int: Doubt] = [:]
        var sweptAt: ContinuousClock.Instant?
    }

    /// A message on its way into a list.
    private struct Push: Sendable {
        let list: String
        let bytes: [UInt8]
    }

    struct Doubt {
        let holder: String
        let since: ContinuousClock.Instant
    }

    public let endpoint: String
    public let features: TransportFeatures = [.broadcast, .priorities, .lowPriorityFirst]
    let address: RedisEndpoint
    let keys: RedisKeys
    let pool: ConnectionPool
    let scripts: ScriptRunner
    let activities = Activities()
    let lease: Duration
    /// Tells apart what two processes hold that run under one name, one after the other: a new one must not keep alive what the old one held.
    let session: String
    let state = Mutex(State())
    private let arrivals: ArrivalWatch
    private let publishing: Coalescer<Push>

    /// Messages moved by one call of a script: Lua takes no more than some thousand arguments at once.
    static let batchLimit = 1000

    /// Nothing is connected before the first call; what is lost is connected again by the next one.
    /// - Parameters:
    ///   - options: what the URL's own options do not say.
    ///   - lease: how long an owner's hold lasts without being renewed; the same for all workers of a cluster.
    /// - Throws: kind `.misconfigured`.
    public init(_ url: BrokerURL, options: RedisOptions = RedisOptions(), lease: Duration = .seconds(30)) throws(TransportError) {
        address = try RedisEndpoint(url)
        endpoint = address.shown
        keys = RedisKeys(options: try options.overridden(by: url), database: address.database)
        let gate = CommandGate(.act, keys)
        pool = ConnectionPool(address, gate)
        scripts = ScriptRunner(pool)
        publishing = Coalescer { [pool] (pushes) async throws(TransportError) in
            _ = try await pool.send(Self.commands(pushes), operation: "LPUSH", timeout: Self.patience)
        }
        arrivals = ArrivalWatch(address, gate)
        self.lease = lease
        session = String(freshUUID().filter { $0 != "-" }.prefix(16))
    }

    public func close() async {
        await activities.end(within: .seconds(1))
        await arrivals.close()
        // Who holds nothing leaves no trace; what is held still returns when the lease ends.
        let idle = state.withLock { state in state.renewedAt.keys.filter { state.held[$0]?.isEmpty ?? true } }
        if pool.isConnected {
            _ = try? await pool.send(idle.flatMap { [RedisCommand("SREM", keys.holders, $0), RedisCommand("DEL", keys.lease($0))] }, timeout: .seconds(1))
        }
        await pool.close()
    }

    // MARK: - Publishing

    public func publish(_ messages: [StoredMessage]) async throws(TransportError) {
        guard messages.count > Self.piece else {
            // Encoded here, by each caller for himself: whoever sends for others should not work for them as well.
            return try await publishing.send(messages.map(push))
        }
        // The server takes one piece while the next is encoded.
        let connection = try await pool.connection()
        var begun: [EventLoopFuture<[RESPValue]>] = []
        for start in stride(from: 0, to: messages.count, by: Self.piece) {
            let pushes = await mapMany(Array(messages[start..<min(start + Self.piece, messages.count)]), push)
            begun.append(try connection.begin(Self.commands(pushes), timeout: Self.patience))
        }
        for replies in begun {
            if let text = try await connection.replies(replies, operation: "LPUSH").lazy.compactMap(\.errorText).first {
                throw .refusal(text, operation: "LPUSH", address)
            }
        }
    }

    /// Messages sent in one write.
    private static let piece = 256
    private static let patience = Duration.seconds(30)

    private func push(_ message: StoredMessage) -> Push {
        Push(list: keys.list(message.queue, priority: message.envelope.priority), bytes: message.envelope.encoded())
    }

    private static func commands(_ pushes: [Push]) -> [RedisCommand] {
        var lists: OrderedDictionary<String, [[UInt8]]> = [:]
        for push in pushes { lists[push.list, default: [Array(push.list.utf8)]].append(push.bytes) }
        return lists.values.map { RedisCommand("LPUSH", bytes: $0) }
    }

    // MARK: - Claiming

    public func claim(from queues: [QueueName], upTo count: Int, owner: WorkerName, wait: Duration) async throws(TransportError) -> [Delivery] {
        guard count > 0, !queues.isEmpty else { return [] }
        let deadline = ContinuousClock.now + wait
        var pause = Duration.milliseconds(1)
        while true {
            let heard = arrivals.bell.rings
            let deliveries = try await claim(from: queues, upTo: count, holder(owner))
            let left = deadline - .now
            if !deliveries.isEmpty || left <= .zero || Task.isCancelled { return deliveries }
            switch try await arrivals.look(at: queues.flatMap { keys.lists($0.rawValue) }) {
            case .something: continue
            case .nothing: await arrivals.bell.wait(after: heard, atMost: left)
            case .nothingYet:
                await arrivals.bell.wait(after: heard, atMost: min(left, pause))
                pause = min(pause * 2, .milliseconds(50))
            }
        }
    }

    /// What `owner` is called in the keys.
    func holder(_ owner: WorkerName) -> String { "\(owner.rawValue)#\(session)" }

    /// The keys that every script of the store begins with.
    func bookkeeping(_ holder: String) -> [String] {
        [keys.unacked, keys.unackedIndex, keys.holders, keys.lease(holder)]
    }

    var leaseMilliseconds: [UInt8] { Array(String(max(1, Int(lease.seconds * 1000))).utf8) }

    private func claim(from names: [QueueName], upTo count: Int, _ holder: String) async throws(TransportError) -> [Delivery] {
        let (number, queues, isRenewed) = state.withLock { state in
            state.claims += 1
            // Maintenance renews it more often than this.
            let isRenewed = state.renewedAt[holder].map { $0.duration(to: .now) < lease / 4 } ?? false
            return (state.claims, state.inTurn(names), isRenewed)
        }
        let prefix = ClaimTag.prefix(session: session, claim: number)
        let steps = keys.options.prioritySteps.steps.count
        var arguments = [min(count, Self.batchLimit), steps].map { Array(String($0).utf8) }
        arguments += [Array(prefix.utf8), Array(holder.utf8), isRenewed ? [UInt8(ascii: "0")] : leaseMilliseconds]
        arguments += queues.map(HeldEntry.tail)
        let began = ContinuousClock.now, reply: RESPValue
        do throws(TransportError) {
            reply = try await scripts.run(.claim, keys: bookkeeping(holder) + queues.flatMap { keys.lists($0.rawValue) }, arguments)
        } catch {
            // A refusal was an answer; anything else may have come after the deed.
            if error.kind != .refused { state.withLock { $0.doubtful[number] = Doubt(holder: holder, since: .now) } }
            throw error
        }
        let deliveries = Self.deliveries(reply.items ?? [], from: queues, prefix)
        if let last = deliveries.last {
            state.withLock { state in
                state.lastServed = last.queue
                if !isRenewed { state.renewedAt[holder] = began }
                for delivery in deliveries { state.held[holder, default: []].insert(delivery.tag.rawValue) }
            }
        }
        return deliveries
    }

    private static func deliveries(_ items: [RESPValue], from queues: [QueueName], _ prefix: String) -> [Delivery] {
        var deliveries: [Delivery] = []
        deliveries.reserveCapacity(items.count / 2)
        for index in stride(from: 0, to: items.count - 1, by: 2) {
            guard let number = items[index].integer, queues.indices.contains(number - 1), let bytes = items[index + 1].bytes else { continue }
            let content: Delivery.Content
            do throws(MessageError) {
                content = .envelope(try Envelope(decoding: bytes))
            } catch {
                content = .unreadable(error, raw: bytes)
            }
            deliveries.append(Delivery(tag: Delivery.Tag(prefix + String(index / 2 + 1)), queue: queues[number - 1], content: content))
        }
        return deliveries
    }
}

extension RedisStore.State {
    /// Whoever was served last comes last.
    fileprivate func inTurn(_ queues: [QueueName]) -> [QueueName] {
        guard queues.count > 1, let lastServed, let position = queues.firstIndex(of: lastServed) else { return queues }
        return Array(queues[(position + 1)...] + queues[...position])
    }
}
