import CeleriacBroker
import CeleriacCore

/// Which flags Celery gives exchanges and queues, by their names: all nodes have to declare them alike.
struct Topology: Sendable {
    /// `control_exchange` with its suffix.
    private let controlExchange: String
    private let replyExchange: String
    private let eventExchange: String

    init(_ settings: BrokerSettings) {
        controlExchange = settings.controlExchange + ".pidbox"
        replyExchange = "reply." + controlExchange
        eventExchange = settings.eventExchange
    }

    /// Remote control, its replies and events: what nobody listens to is nobody's loss.
    func isMachinery(exchange: String) -> Bool { exchange == controlExchange || exchange == replyExchange || exchange == eventExchange }

    /// How long a message of an event or control queue is of use, how long the queue lives without a consumer (milliseconds), and how many messages it
    /// holds: a monitor that hangs never fills the broker.
    func broadcastArguments(_ exchange: String) -> [String: Value] {
        // Arguments as Celery has them: a node that comes again declares its queue again.
        if exchange == eventExchange { return ["x-expires": 60_000, "x-message-ttl": 5_000, "x-max-length": 100_000, "x-overflow": "drop-head"] }
        return ["x-expires": 10_000, "x-message-ttl": 300_000]
    }

    func routingKey(_ exchange: String) -> String { exchange == eventExchange ? "#" : "" }

    /// The exchange, if it is machinery, as Celery declares it.
    /// - Returns: whether it is.
    func declareMachinery(_ exchange: String, _ connection: AMQPConnection, _ channel: AMQPConnection.Channel) throws(TransportError) -> Bool {
        switch exchange {
        case controlExchange: try connection.declareExchange(exchange, type: "fanout", isDurable: false, on: channel)
        case replyExchange: try connection.declareExchange(exchange, type: "direct", isDurable: false, on: channel)
        case eventExchange: try connection.declareExchange(exchange, type: "topic", isDurable: true, on: channel)
        default: return false
        }
        return true
    }

    /// The queue with its exchange and binding. One that is wanted without any arguments, and exists with some, is taken as it is: whoever made it knows why.
    /// - Parameter channel: gives one for declarations, also after one was lost.
    /// - Returns: whether it turned out to be one whose broker counts each consumer for itself (quorum queues, streams), which nothing had said.
    func declareOrTake(
        _ queue: Queue, _ connection: AMQPConnection, _ channel: () throws(TransportError) -> AMQPConnection.Channel
    ) throws(TransportError) -> Bool {
        do throws(TransportError) {
            try declare(queue, connection, channel)
            return false
        } catch {
            guard queue.arguments.isEmpty, connection.failure == nil, error.cause.contains("inequivalent arg 'x-") else { throw error }
            let exchange = queue.exchange ?? queue.name.rawValue
            if !exchange.isEmpty { try connection.bind(queue.name.rawValue, to: exchange, queue.routingKey ?? queue.name.rawValue, arguments: queue.bindingArguments, on: channel()) }
            return error.cause.contains("'x-queue-type'")
        }
    }

    /// The queue with its exchange and binding. A fan-out queue's exchange alone: each consumer has a queue of its own there. A direct exchange that turns out
    /// to be of another type is taken as it is: Celery's delayed delivery wants topic exchanges.
    private func declare(
        _ queue: Queue, _ connection: AMQPConnection, _ channel: () throws(TransportError) -> AMQPConnection.Channel
    ) throws(TransportError) {
        let exchange = queue.exchange ?? queue.name.rawValue
        let isMachinery = try declareMachinery(exchange, connection, channel())
        // The broker's own ones are there, and nobody may declare them.
        if !isMachinery, !exchange.isEmpty, !exchange.hasPrefix("amq.") {
            do throws(TransportError) {
                try connection.declareExchange(exchange, type: queue.exchangeType.rawValue, isDurable: true, on: channel())
            } catch {
                guard queue.exchangeType == .direct, connection.failure == nil, error.cause.contains("inequivalent arg 'type'") else { throw error }
            }
        }
        if queue.exchangeType == .fanout { return }
        let channel = try channel()
        try connection.declareQueue(
            queue.name.rawValue, isDurable: !isMachinery, isExclusive: isMachinery, isAutoDelete: isMachinery || queue.isAutoDelete, arguments: queue.arguments, on: channel)
        if !exchange.isEmpty {
            try connection.bind(queue.name.rawValue, to: exchange, queue.routingKey ?? queue.name.rawValue, arguments: queue.bindingArguments, on: channel)
        }
        guard DelayedDelivery.holds(for: queue) else { return }
        if !connection.hasDelayedDelivery { try DelayedDelivery.declareLevels(connection, channel) }
        connection.hasDelayedDelivery = true
        try DelayedDelivery.bind(queue, connection, channel)
    }
}
