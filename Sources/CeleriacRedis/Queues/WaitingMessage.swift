import CeleriacCore

/// The little that queue facts need of a message: its envelope's headers. The body stays packed.
struct WaitingMessage: Hashable {
    var id: TaskID?
    /// Seconds since 1970.
    var eta: Double?
    /// Seconds since 1970, when the sender wrote it into a header.
    var sentAt: Double?
    /// The group that it belongs to.
    var group: String?

    /// - Returns: `nil` when `bytes` are no kombu envelope.
    init?(_ bytes: [UInt8]) {
        guard bytes.first == UInt8(ascii: "{"), let value = try? JSON.decode(bytes) else { return nil }
        self.init(envelope: value)
    }

    init?(envelope: Value) {
        guard envelope["body"] != nil, let properties = envelope["properties"], properties.object != nil else { return nil }
        let headers = envelope["headers"] ?? .null
        // Protocol 1 has no such headers, but the same id as correlation id.
        id = (headers["id"]?.string ?? properties["correlation_id"]?.string).map { TaskID($0) }
        eta = headers["eta"]?.string.flatMap(ISOTime.parse)
        group = headers["group"]?.string
        sentAt = headers["x-celeriac-sent-at"]?.double ?? properties["timestamp"]?.double
    }
}

/// A message that a worker has taken and not yet acknowledged, as kombu keeps it: `[envelope, exchange, routing_key]`.
struct UnackedMessage: Hashable {
    var exchange: String
    var routingKey: String
    /// Seconds since 1970; when in the future, the worker is only waiting for it.
    var eta: Double?
    /// The task and its group, when it belongs to one.
    var membership: GroupMembership?

    /// - Returns: `nil` when `bytes` are something else.
    init?(_ bytes: [UInt8]) {
        guard let parts = try? JSON.decode(bytes).array, parts.count >= 3, let routingKey = parts[2].string else { return nil }
        exchange = parts[1].string ?? ""
        self.routingKey = routingKey
        let message = WaitingMessage(envelope: parts[0])
        eta = message?.eta
        if let id = message?.id, let group = message?.group { membership = GroupMembership(task: id, group: group) }
    }
}
