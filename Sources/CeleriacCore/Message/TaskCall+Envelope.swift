import OrderedCollections

extension TaskCall {
    /// The message in protocol 2, as Celery 5.7 packs it, but for what the transport writes (`delivery_info`, `delivery_tag`, `body_encoding`).
    ///
    /// - Parameters:
    ///   - now: seconds since 1970, from which the `expiration` property is counted.
    ///   - replyTo: of this sender, when the call names none. Never empty on the wire: result backends of the other side rely on it.
    ///   - origin: node name of this sender, `gen123@host`, when the call names none.
    ///   - offset: minutes east of UTC in which times are written.
    ///   - showsTuple: whether the arguments' text is that of a tuple, as for signatures and `delay`, or of a list.
    public func envelope(now: Double, replyTo: String, origin: String, offset: Int = 0, showsTuple: Bool = true) -> Envelope {
        var headers = protocolHeaders(origin: origin, offset: offset, showsTuple: showsTuple)
        if !self.headers.isEmpty { headers.merge(self.headers) { _, given in given } }
        // With room for what the transport adds.
        var properties = OrderedDictionary<String, Value>(minimumCapacity: 8)
        properties["correlation_id"] = .string(id.rawValue)
        properties["reply_to"] = .string(self.replyTo ?? replyTo)
        properties["delivery_mode"] = 2
        if let expires { properties["expiration"] = .string(Self.milliseconds(until: expires, from: now)) }
        properties["priority"] = .integer(priority ?? 0)
        if !self.properties.isEmpty { properties.merge(self.properties) { _, given in given } }
        return Envelope(headers: headers, properties: properties, body: body)
    }

    /// Arguments and links, as JSON.
    private var body: [UInt8] {
        var writer = JSONWriter(capacity: 100)
        writer.write("[")
        writer.write(.array(args), depth: 1)
        writer.write(", ")
        writer.write(.object(kwargs), depth: 1)
        writer.write(", {\"callbacks\": ")
        writer.write(Self.list(callbacks), depth: 2)
        writer.write(", \"errbacks\": ")
        writer.write(Self.list(errbacks), depth: 2)
        writer.write(", \"chain\": ")
        writer.write(Self.list(chain), depth: 2)
        writer.write(", \"chord\": ")
        writer.write(chord ?? .null, depth: 2)
        writer.write("}]")
        return writer.output
    }

    /// All 19, null where unused.
    private func protocolHeaders(origin: String, offset: Int, showsTuple: Bool) -> OrderedDictionary<String, Value> {
        func text(_ text: String?) -> Value { text.map(Value.string) ?? .null }
        let values: [Value] = [
            "py", .string(name), .string(id.rawValue), text(shadow), text(eta.flatMap { ISOTime.text($0, offset: offset) }),
            text(expires.flatMap { ISOTime.text($0, offset: offset) }), text(group), groupIndex.map(Value.integer) ?? .null, .integer(retries),
            [Self.seconds(hardLimit), Self.seconds(softLimit)], .string((root ?? id).rawValue), text(parent?.rawValue),
            .string(argsrepr ?? PythonRepr.text(.array(args), asTuple: showsTuple)), .string(kwargsrepr ?? PythonRepr.text(.object(kwargs))),
            .string(self.origin ?? origin), ignoresResult.map(Value.bool) ?? .null, .integer(replacedTaskNesting),
            stampedHeaders.isEmpty ? .null : .array(stampedHeaders.map(Value.string)), .object(stamps),
        ]
        // The table of the names is shared by all calls.
        var headers = Self.blankHeaders
        headers.values.withUnsafeMutableBufferPointer { slots in for (slot, value) in zip(slots.indices, values) { slots[slot] = value } }
        return headers
    }

    /// In Celery's order.
    private static let blankHeaders = OrderedDictionary(
        uniqueKeysWithValues: [
            "lang", "task", "id", "shadow", "eta", "expires", "group", "group_index", "retries", "timelimit", "root_id", "parent_id", "argsrepr", "kwargsrepr",
            "origin", "ignore_result", "replaced_task_nesting", "stamped_headers", "stamps",
        ].map { ($0, Value.null) })

    private static func list(_ signatures: [Value]) -> Value { signatures.isEmpty ? .null : .array(signatures) }

    /// Whole seconds as an integer, as they were given.
    private static func seconds(_ seconds: Double?) -> Value {
        guard let seconds else { return .null }
        return Int(exactly: seconds).map(Value.integer) ?? .number(seconds)
    }

    /// Whole milliseconds, none when it is past. A microsecond is granted for what binary fractions lose.
    static func milliseconds(until end: Double, from now: Double) -> String {
        let left = max(0, (end - now) * 1000 + 1e-3).rounded(.down)
        return String(Int(exactly: left) ?? 0)
    }
}
