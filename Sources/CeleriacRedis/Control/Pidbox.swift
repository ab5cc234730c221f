import CeleriacBroker
import CeleriacCore
import NIOCore
import Synchronization

/// The client's side of kombu's remote control on Redis: requests are published to all nodes, replies come into a list made for the occasion.
final class Pidbox: Sendable {
    private let pool: ConnectionPool
    private let keys: RedisKeys
    /// Lamport time.
    private let clock = Atomic<Int>(0)

    /// How long after the end of a call a reply may still be on its way into a list that nobody reads any more.
    private static let afterglow = Duration.milliseconds(500)

    init(_ pool: ConnectionPool, _ keys: RedisKeys) {
        self.pool = pool
        self.keys = keys
    }

    /// Publishes without asking for replies; returns how many nodes listened.
    func send(_ request: ControlRequest) async throws(TransportError) -> Int? {
        try ControlGuard.check(request, pool.gate.permission, pool.endpoint.shown)
        return try await pool.send(publication(request, reply: nil, expires: 0)).integer
    }

    /// Publishes, then hands over replies as they come. Returns when all receivers, or all destinations, have answered, else `timeout` after the last reply, or when
    /// its task is cancelled. Whichever way it ends, what was made for it is removed, the last of it when the replies have ended.
    func ask(_ request: ControlRequest, timeout: Duration, replies: AsyncThrowingStream<ControlReply, any Error>.Continuation) async throws(TransportError) {
        try ControlGuard.check(request, pool.gate.permission, pool.endpoint.shown)
        let connection = try await pool.lend()
        let box = ReplyBox(oid: freshUUID(), ticket: freshUUID())
        pool.gate.open(box: box.oid)
        defer { pool.gate.close(box: box.oid) }
        var failure: TransportError?
        var isAnswered = false
        do throws(TransportError) { isAnswered = try await gather(request, box, connection, timeout) { replies.yield($0) } } catch { failure = error }
        await pool.giveBack(connection)
        await sweep(box)
        replies.finish(throwing: failure)
        guard !isAnswered else { return }
        // A node that looked up the binding just before it was removed writes into the box just after.
        try? await Task.sleep(for: Self.afterglow)
        _ = try? await pool.send([RedisCommand("DEL", keys.replyKey(box.oid))])
    }

    private struct ReplyBox {
        let oid: String
        let ticket: String
    }

    /// - Returns: whether nothing more can come.
    private func gather(
        _ request: ControlRequest, _ box: ReplyBox, _ connection: RedisConnection, _ timeout: Duration, handOver: (ControlReply) -> Void
    ) async throws(TransportError) -> Bool {
        let address = ReplyAddress(ticket: box.ticket, exchange: keys.replyExchange, routingKey: box.oid)
        let published = publication(request, reply: address, expires: secondsSince1970() + timeout.seconds)
        // The binding must be there before the first node answers, or its reply is dropped.
        let replies = try await connection.send([RedisCommand("SADD", keys.replyBindings, keys.replyBinding(box.oid)), published], operation: request.method)
        let receivers = replies[1].integer ?? 0
        let expected = min(receivers, request.destination?.count ?? receivers)
        var answers = 0
        var deadline = ContinuousClock.now + timeout
        while answers < expected {
            let wait = deadline - ContinuousClock.now
            guard wait > .zero, !Task.isCancelled, let message = try await pop(keys.replyKey(box.oid), connection, wait) else { return false }
            answers += 1
            deadline = ContinuousClock.now + timeout
            // What cannot be read was an answer all the same: nobody needs to wait for it any more.
            guard let envelope = try? Envelope(decoding: message), let (ticket, answered) = try? ControlReply.decode(envelope), ticket == box.ticket else {
                continue
            }
            for reply in answered { handOver(reply) }
        }
        return true
    }

    /// The next message of a list; `nil` when none came within `wait`. Cancellation ends the connection, since a blocked one can do nothing else.
    private func pop(_ key: String, _ connection: RedisConnection, _ wait: Duration) async throws(TransportError) -> [UInt8]? {
        // Before Redis 6 only whole seconds are taken, and 0 means for ever.
        let seconds = connection.protocolVersion < 3 ? String(Int(max(1, wait.seconds.rounded(.up)))) : String(max(0.01, wait.seconds))
        let command = RedisCommand("BRPOP", key, seconds)
        let reply: Result<RESPValue, TransportError> = await withTaskCancellationHandler {
            do throws(TransportError) {
                return .success(try await connection.send(command, timeout: wait + .seconds(5)))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            connection.close()
        }
        return try reply.get().items?.last?.bytes
    }

    private func publication(_ request: ControlRequest, reply: ReplyAddress?, expires: Double) -> RedisCommand {
        let time = clock.add(1, ordering: .relaxed).newValue
        let exchange = keys.options.controlExchange + ".pidbox"
        let envelope = request.envelope(reply: reply, clock: time, expires: expires, deliveryTag: freshUUID(), exchange: exchange)
        return RedisCommand("PUBLISH", bytes: [Array(keys.controlChannel.utf8), envelope.encoded()])
    }

    /// Removes the binding first: what is not bound is not written to any more.
    private func sweep(_ box: ReplyBox) async {
        let commands = [RedisCommand("SREM", keys.replyBindings, keys.replyBinding(box.oid)), RedisCommand("DEL", keys.replyKey(box.oid))]
        // A connection that was just lost is made anew once; if the server is gone there is nothing to be done.
        if (try? await pool.send(commands)) == nil { _ = try? await pool.send(commands) }
    }
}
