/// The little that queue facts need of a message: its envelope's headers. The body stays packed.
package struct WaitingMessage: Hashable, Sendable {
    package var id: TaskID?
    /// Seconds since 1970; in the future when whoever takes the message only has to wait for it.
    package var eta: Double?
    /// Seconds since 1970, when the sender wrote it into a header.
    package var sentAt: Double?
    /// The group that it belongs to.
    package var group: String?
    /// The schedule entry that beat sent it for.
    package var periodicName: String?

    /// - Returns: `nil` when `bytes` are no kombu envelope.
    package init?(_ bytes: [UInt8]) {
        guard bytes.first == UInt8(ascii: "{"), let value = try? JSON.decode(bytes) else { return nil }
        self.init(envelope: value)
    }

    package init?(envelope: Value) {
        guard envelope["body"] != nil, let properties = envelope["properties"], properties.object != nil else { return nil }
        let headers = envelope["headers"] ?? .null
        // Protocol 1 has no such headers, but the same id as correlation id.
        id = (headers["id"]?.string ?? properties["correlation_id"]?.string).map { TaskID($0) }
        eta = headers["eta"]?.string.flatMap(ISOTime.parse)
        group = headers["group"]?.string
        // django-celery-beat and ours write a header, sqlalchemy-celery-beat a property.
        periodicName = headers["periodic_task_name"]?.string ?? properties["periodic_task_name"]?.string
        sentAt = headers["x-celeriac-sent-at"]?.double ?? properties["timestamp"]?.double
    }

    /// The task and its group, when it belongs to one.
    package var membership: GroupMembership? {
        guard let id, let group else { return nil }
        return GroupMembership(task: id, group: group)
    }

    /// The task and its entry, when beat sent it for one and says so.
    package var periodic: PeriodicMessage? {
        guard let id, let periodicName else { return nil }
        return PeriodicMessage(task: id, entry: periodicName)
    }
}
