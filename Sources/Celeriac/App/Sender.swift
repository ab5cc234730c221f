import CeleriacBroker
import CeleriacCore
import Glibc
import OrderedCollections
import Synchronization

/// What all messages of one app have in common, and where each goes.
final class Sender: Sendable {
    /// Under which replies could find this process; result backends of the other side rely on there being one.
    let replyTo = freshUUID()
    /// `gen<pid>@<host>`.
    let origin: String
    private let router: Router
    /// Queues whose bindings this process has made sure of.
    private let declared = Mutex<Set<QueueName>>([])

    init(_ configuration: AppConfiguration) {
        router = Router(configuration)
        origin = "gen\(getpid())@\(WorkerClock.hostName())"
    }

    /// Where a call goes; its queue has to be declared first when it is reached by a named exchange.
    func destination(of call: TaskCall) throws(TransportError) -> Router.Destination { try router.destination(of: call) }

    /// Those of `queues` that were not declared yet.
    func undeclared(_ queues: [Queue]) -> [Queue] {
        queues.isEmpty ? [] : declared.withLock { declared in queues.filter { !declared.contains($0.name) } }
    }

    func hasDeclared(_ queues: [Queue]) { declared.withLock { $0.formUnion(queues.map(\.name)) } }

    /// The event `task-sent` of a message, as `celery.app.amqp` sends it.
    func sentEvent(_ envelope: Envelope, to destination: Router.Destination, clock: Int, now: Double) -> SenderEvent {
        var fields: OrderedDictionary<String, Value> = [:]
        let headers = [
            ("uuid", "id"), ("root_id", "root_id"), ("parent_id", "parent_id"), ("name", "task"), ("args", "argsrepr"), ("kwargs", "kwargsrepr"),
            ("retries", "retries"), ("eta", "eta"), ("expires", "expires"),
        ]
        for (field, header) in headers { fields[field] = envelope.headers[header] ?? .null }
        fields["queue"] = .string(destination.queue.rawValue)
        fields["exchange"] = .string(destination.exchange)
        fields["routing_key"] = .string(destination.routingKey)
        return SenderEvent("task-sent", fields, node: origin, clock: clock, now: now)
    }
}

/// An event that a sender or a task publishes itself.
struct SenderEvent {
    private let type: String
    private let node: String
    private let value: Value

    /// - Parameter now: seconds since 1970.
    init(_ type: String, _ fields: OrderedDictionary<String, Value>, node: String, clock: Int, now: Double) {
        self.type = type
        self.node = node
        var members: OrderedDictionary<String, Value> = [
            "hostname": .string(node), "utcoffset": .number(WorkerClock.hoursWest()), "pid": .integer(Int(getpid())), "clock": .integer(clock),
        ]
        members.merge(fields) { _, given in given }
        members["timestamp"] = .number(now)
        members["type"] = .string(type)
        value = .object(members)
    }

    /// One message for events of one sender; of several, the array that receivers take under any key.
    static func publication(of events: [SenderEvent], exchange: String) -> Publication? {
        guard let first = events.first else { return nil }
        let isAlone = events.count == 1
        let envelope = Envelope(
            headers: ["hostname": .string(first.node)], properties: ["delivery_mode": 1, "priority": 0],
            body: JSON.encode(isAlone ? first.value : .array(events.map(\.value))))
        return Publication(exchange: exchange, routingKey: isAlone ? first.type.replacing("-", with: ".") : "task.multi", envelope: envelope)
    }
}
