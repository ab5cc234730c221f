import CeleriacBroker

/// Finds a server that answers, the one of last time first.
struct Roster {
    private let addresses: [AMQPAddress]
    private var current = 0

    init(_ address: AMQPAddress) { addresses = address.all }

    /// - Throws: what the last one said; of several, what the first said that answered at all.
    mutating func connect(_ purpose: String) throws(TransportError) -> AMQPConnection {
        var failure: TransportError?
        for _ in addresses {
            do throws(TransportError) { return try AMQPConnection(addresses[current], purpose: purpose) } catch {
                if failure == nil || failure?.kind == .unreachable { failure = error }
                current = (current + 1) % addresses.count
            }
        }
        throw failure ?? TransportError(.misconfigured, operation: "connect", endpoint: "RabbitMQ", cause: "no server is named")
    }
}

extension AMQPConnection {
    /// How long the thread may sleep, in milliseconds, so that heartbeats go out in time.
    var pause: Int32 { heartbeat == 0 ? 60_000 : Int32(heartbeat) * 250 }
}
