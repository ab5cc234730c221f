import CeleriacBroker
import CeleriacCore
import NIOCore

/// Keeps subscriptions alive, for ever: connects, listens until the connection ends, waits a little, connects again.
struct EventLink: Sendable {
    let endpoint: RedisEndpoint
    let gate: CommandGate
    /// Each with one channel or pattern.
    let subscriptions: [RedisCommand]
    let backlog: EventBacklog

    /// Bytes read at once.
    private static let receiveBuffer = 512 << 10

    /// Returns when its task is cancelled.
    func run() async {
        defer { backlog.finish() }
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
        var unheardSince = secondsSince1970()
        // A first attempt may take its time; later ones must not keep us from noticing that the server is back.
        var patience = Duration.seconds(5)
        backlog.put(.link(.connecting))
        while !Task.isCancelled {
            let reason: TransportError
            do throws(TransportError) {
                let connection = try await RedisConnection.open(endpoint, gate: gate, patience: patience, receiveBuffer: Self.receiveBuffer)
                let end = try await connection.listen(to: subscriptions, into: backlog)
                reason = end.reason
                // A server that lets us in but not subscribe is not asked ten times a second.
                if end.wasLive {
                    backoff.reset()
                    unheardSince = secondsSince1970()
                }
            } catch {
                reason = error
            }
            // Whoever let go of the feed hears no more of it.
            if Task.isCancelled { break }
            patience = .seconds(2.5)
            let wait = backoff.next()
            backlog.put(.link(.reconnecting(since: unheardSince, retryAt: secondsSince1970() + wait.seconds, reason: reason.cause)))
            // Cut short by cancellation, which the loop sees by itself.
            try? await Task.sleep(for: wait)
        }
    }
}

extension RedisConnection {
    /// Gives the connection over to `subscriptions`, each with one channel or pattern; no other command can be sent any more.
    fileprivate func listen(to subscriptions: [RedisCommand], into backlog: EventBacklog) async throws(TransportError) -> FeedEnd {
        for command in subscriptions { try gate.check(command, endpoint) }
        let ended = channel.eventLoop.makePromise(of: FeedEnd.self)
        let endpoint = endpoint
        let channel = channel
        channel.eventLoop.execute {
            guard let commands = try? channel.pipeline.syncOperations.handler(type: CommandHandler.self) else {
                return ended.fail(TransportError.closed(endpoint, operation: "subscribe"))
            }
            // Nothing is under way: whatever is read from now on answers a subscription.
            channel.pipeline.syncOperations.removeHandler(commands, promise: nil)
            do {
                try channel.pipeline.syncOperations.addHandler(FeedHandler(endpoint, subscriptions, into: backlog, ended: ended))
            } catch {
                ended.fail(error)
                channel.close(promise: nil)
            }
        }
        return await withTaskCancellationHandler {
            do {
                return try await ended.futureResult.get()
            } catch {
                return FeedEnd(reason: .lost(endpoint, operation: "subscribe", error), wasLive: false)
            }
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}
