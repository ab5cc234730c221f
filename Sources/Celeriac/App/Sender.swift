import CeleriacBroker
import CeleriacCore
import Glibc
import OrderedCollections
import Synchronization

/// What all messages of one app have in common, and where each goes.
final class Sender: Sendable {
    /// Under which replies could find this process; result backends of the other side rely on there being one.
    let replyTo: String
    /// `gen<pid>@<host>`.
    let origin: String
    private let router: Router
    /// Queues whose bindings this process has made sure of.
    private let declared = Mutex<Set<QueueName>>([])

    init(_ configuration: AppConfiguration, replyTo: String = freshUUID()) {
        self.replyTo = replyTo
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

    /// Members of the event `task-sent` of a message, as `celery.app.amqp` sends it.
    func sentEvent(_ envelope: Envelope, to destination: Router.Destination) -> OrderedDictionary<String, Value> {
        var fields: OrderedDictionary<String, Value> = [:]
        let headers = [
            ("uuid", "id"), ("root_id", "root_id"), ("parent_id", "parent_id"), ("name", "task"), ("args", "argsrepr"), ("kwargs", "kwargsrepr"),
            ("retries", "retries"), ("eta", "eta"), ("expires", "expires"),
        ]
        for (field, header) in headers { fields[field] = envelope.headers[header] ?? .null }
        fields["queue"] = .string(destination.queue.rawValue)
        fields["exchange"] = .string(destination.exchange)
        fields["routing_key"] = .string(destination.routingKey)
        return fields
    }
}

/// Events that a sender or a task publishes itself, written as they come: one message in all.
struct SenderEvents {
    private let head: EventHead
    /// Of the first.
    private var type = ""
    private var count = 0
    /// Their JSON texts, commas between.
    private var body: [UInt8] = []

    init(node: String) { head = EventHead(node: node) }

    /// - Parameters:
    ///   - fields: those of the same names as the sender's own win, except for the time and the type: of a doubled key the last one counts.
    ///   - now: seconds since 1970.
    mutating func add(_ type: String, _ fields: OrderedDictionary<String, Value>, clock: Int, now: Double) {
        if count == 0 { self.type = type } else { body.append(", ") }
        count += 1
        var members: [UInt8] = []
        for (name, value) in fields {
            members.appendJSON(name)
            members.append(": ")
            members += JSON.encode(value)
            members.append(", ")
        }
        head.write(members, clock: clock, now: now, into: &body) { $0.appendJSON(type) }
    }

    /// One event under its own key; of several, the array that receivers take under any. `nil` when there are none.
    func publication(to exchange: String) -> Publication? {
        if count == 0 { return nil }
        if count == 1 { return Publication(events: body, of: head.node, routingKey: type.replacing("-", with: "."), exchange: exchange) }
        return Publication(events: [UInt8(ascii: "[")] + body + [UInt8(ascii: "]")], of: head.node, routingKey: "task.multi", exchange: exchange)
    }
}
