import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// What the management plugin tells of one queue.
struct QueueReport: Sendable {
    let name: QueueName
    /// `nil` until the plugin has counted for the first time.
    let ready: Int?
    let unacknowledged: Int?
    let consumers: Int?
    /// Messages a second; `nil` where the plugin was told not to work rates out.
    let inRate: Double?
    let outRate: Double?
    /// Seconds since 1970, of the oldest message; where its sender or a plugin wrote it.
    let headSentAt: Double?
    let traits: QueueTraits
    /// Bytes of a message, on average.
    let messageSize: Int
    /// Whether it is told which policies apply: some seconds after the queue was made.
    let knowsPolicies: Bool
    /// Why it is not well, in words.
    let problem: String?
    /// Of somebody alone, for as long as he is there: event and reply queues.
    let isExclusive: Bool

    /// What is asked for.
    static let columns = [
        "name", "type", "durable", "auto_delete", "exclusive", "arguments", "policy", "operator_policy", "effective_policy_definition", "state", "members", "online",
        "consumers", "messages", "message_bytes", "messages_ready", "messages_unacknowledged", "head_message_timestamp", "message_stats.publish", "message_stats.publish_details.avg_rate",
        "message_stats.deliver_get_details.avg_rate", "message_stats.redeliver_details.avg_rate",
    ]

    init?(_ value: Value) {
        guard let text = value["name"]?.string else { return nil }
        name = QueueName(text)
        ready = value["messages_ready"]?.integer
        unacknowledged = value["messages_unacknowledged"]?.integer
        consumers = value["consumers"]?.integer
        let stats = value["message_stats"]
        func rate(_ name: String) -> Double? { stats?[name + "_details"]?["avg_rate"]?.double }
        if stats?["publish"] != nil, rate("publish") == nil {
            (inRate, outRate) = (nil, nil)
        } else {
            inRate = ready.map { _ in rate("publish") ?? 0 }
            // What comes back and goes out again is no progress.
            outRate = ready.map { _ in max(0, (rate("deliver_get") ?? 0) - (rate("redeliver") ?? 0)) }
        }
        messageSize = (value["message_bytes"]?.integer ?? 0) / max(1, value["messages"]?.integer ?? 1)
        headSentAt = value["head_message_timestamp"]?.double
        isExclusive = value["exclusive"]?.bool == true
        var traits = QueueTraits(
            type: ForeignText.safe(value["type"]?.string ?? "classic"), isDurable: value["durable"]?.bool ?? true, isAutoDelete: value["auto_delete"]?.bool ?? false,
            arguments: value["arguments"]?.object ?? [:])
        traits.policies = ["policy", "operator_policy"].compactMap { value[$0]?.string }
        knowsPolicies = value["effective_policy_definition"] != nil
        traits.policyArguments = value["effective_policy_definition"]?.object ?? [:]
        traits.members = value["members"]?.array?.count
        traits.membersOnline = value["online"]?.array?.count
        self.traits = traits
        problem = Self.problem(state: value["state"]?.string, traits)
    }

    private static func problem(state: String?, _ traits: QueueTraits) -> String? {
        if let all = traits.members, let online = traits.membersOnline, all > 0, online * 2 <= all { return "only \(online) of its \(all) members are online: it has no majority" }
        switch state {
        case "running"?, "idle"?, "flow"?, nil: return nil
        case let state?: return "the broker says it is \(ForeignText.safe(state))"
        }
    }

    var isQuorum: Bool { traits.type == "quorum" }

    /// The exchange that takes its dead letters; empty for the default one.
    var deadLetterExchange: String? { traits.setting("dead-letter-exchange")?.string }
    /// The routing key that they get, instead of their own.
    var deadLetterKey: String? { traits.setting("dead-letter-routing-key")?.string }
}
