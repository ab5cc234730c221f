import CeleriacCore
import OrderedCollections

extension TaskMessage {
    /// The message in protocol 2 without a body, whichever protocol it came in; together with `links`, `TaskMessage(_:)` makes the same of it.
    var envelopeWithoutArguments: Envelope {
        var headers = headers
        // Of a body that is not sent.
        headers["compression"] = nil
        func set(_ key: String, _ value: Value?) { headers[key] = value ?? .null }
        set("task", .string(name))
        set("id", .string(id.rawValue))
        set("shadow", shadow.map(Value.string))
        set("argsrepr", argsrepr.map(Value.string))
        set("kwargsrepr", kwargsrepr.map(Value.string))
        set("eta", eta.flatMap { ISOTime.text($0) }.map(Value.string))
        set("expires", expires.flatMap { ISOTime.text($0) }.map(Value.string))
        set("retries", .integer(retries))
        set("timelimit", [hardLimit.map(Value.number) ?? .null, softLimit.map(Value.number) ?? .null])
        set("ignore_result", ignoresResult.map(Value.bool))
        set("root_id", root.map { .string($0.rawValue) })
        set("parent_id", parent.map { .string($0.rawValue) })
        set("group", group.map(Value.string))
        set("group_index", groupIndex.map(Value.integer))
        set("replaced_task_nesting", .integer(replacedTaskNesting))
        set("stamped_headers", .array(stampedHeaders.map(Value.string)))
        set("stamps", .object(stamps))
        set("origin", origin.map(Value.string))

        // With what a sender added (`app_id`, …).
        var properties = properties
        properties["priority"] = .integer(priority)
        properties["correlation_id"] = correlationID.map(Value.string)
        properties["reply_to"] = replyTo.map(Value.string)
        var place = properties["delivery_info"]?.object ?? [:]
        place["exchange"] = exchange.map(Value.string)
        place["routing_key"] = routingKey.map(Value.string)
        if isRedelivered { place["redelivered"] = true }
        properties["delivery_info"] = .object(place)
        return Envelope(headers: headers, properties: properties, body: [])
    }

    /// The third part of a body: signatures that are sent after the task.
    var links: Value {
        ["callbacks": .array(callbacks), "errbacks": .array(errbacks), "chain": .array(chain), "chord": chord ?? .null]
    }
}
