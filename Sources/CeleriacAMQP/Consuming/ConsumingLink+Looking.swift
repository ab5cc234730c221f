import CeleriacBroker
import CeleriacCore

/// Looks at queues over the connection that consumes.
extension ConsumingLink {
    /// Messages that are ready in each of `queues`, and consumers; those that do not exist are left out.
    func sizes(of queues: [QueueName]) throws(TransportError) -> [QueueName: (ready: Int, consumers: Int)] {
        let connection = try open()
        var sizes: [QueueName: (ready: Int, consumers: Int)] = [:]
        for queue in queues {
            do throws(TransportError) {
                sizes[queue] = try connection.declareQueue(queue.rawValue, isPassive: true, on: declaringChannel(connection))
            } catch {
                if let failure = connection.failure {
                    lose(failure)
                    throw failure
                }
                // There is none, or it is not for us: that cost the channel, and nothing else.
                if error.kind == .unauthorized { throw error }
            }
        }
        return sizes
    }

    /// Takes messages off a queue, at most `limit` and not many more `bytes` of bodies, and gives them back to where they were.
    /// - Returns: how many were ready in all, too.
    func sample(_ queue: QueueName, limit: Int, bytes: Int) throws(TransportError) -> (envelopes: [Envelope], total: Int) {
        let connection = try open()
        defer { if let failure = connection.failure { lose(failure) } }
        let channel = try connection.openChannel()
        // What it holds goes back with it.
        defer { connection.close(channel) }
        var envelopes: [Envelope] = [], size = 0, left = 0
        while envelopes.count < limit, size < bytes, let (envelope, more) = try connection.get(queue.rawValue, on: channel) {
            envelopes.append(envelope)
            size += envelope.body.count
            left = more
        }
        return (envelopes, envelopes.count + left)
    }

    /// Lets a listener hear the foremost messages of its queue, which go back when it leaves.
    func tap(_ listener: ChannelListener, limit: Int) throws(TransportError) {
        let connection = try open()
        let channel = try connection.openChannel()
        listeners[channel] = listener
        do throws(TransportError) {
            try connection.setPrefetch(limit, global: false, on: channel)
            try connection.consume(listener.queue, consumer: "peek", isAcknowledging: true, on: channel)
        } catch {
            listeners[channel] = nil
            if connection.failure != nil { lose(error) } else { connection.close(channel) }
            throw error
        }
    }

    /// Major and minor number of the server's version.
    func serverVersion() throws(TransportError) -> (Int, Int) { try open().serverVersion }
}
