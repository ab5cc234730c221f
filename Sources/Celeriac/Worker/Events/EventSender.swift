import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// Takes events out of the backlog and publishes them; tries again for as long as the broker is away.
final class EventSender: Sendable {
    let backlog = Mutex(EventBacklog())
    private let transport: any Transport
    private let exchange: String
    private let node: WorkerName
    private let log: Logger
    /// Nobody waits any longer: what the broker does not take now is let go.
    private let isHurried = Atomic(false)

    init(_ transport: any Transport, exchange: String, node: WorkerName, log: Logger) {
        self.transport = transport
        self.exchange = exchange
        self.node = node
        self.log = log
    }

    func hurry() { isHurried.store(true, ordering: .relaxed) }

    /// Publishes all there is.
    func flush() async {
        var parcels = backlog.withLock { $0.takeAll() }
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(5))
        while !parcels.isEmpty {
            do {
                try await transport.publish(parcels.map { Publication(events: $0.body, of: node.rawValue, routingKey: $0.routingKey, exchange: exchange) })
                let dropped = backlog.withLock { $0.takeDropped() }
                if dropped > 0 { log.warning("\(dropped) events were dropped while the broker was away") }
                return
            } catch {
                if isHurried.load(ordering: .relaxed) { return }
                log.debug("Events wait: \(ForeignText.safe(error.description))")
                try? await Task.sleep(for: backoff.next())
                // Put back first, so that the bound holds for old and new together.
                parcels = backlog.withLock { [parcels] backlog in
                    let newer = backlog.takeAll()
                    for parcel in parcels + newer { backlog.append(parcel) }
                    return backlog.takeAll()
                }
            }
        }
    }
}
