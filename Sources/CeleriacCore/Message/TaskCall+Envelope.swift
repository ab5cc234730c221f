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
        headers.merge(self.headers) { _, given in given }
        var properties: OrderedDictionary<String, Value> = [
            "correlation_id": .string(id.rawValue), "reply_to": .string(self.replyTo ?? replyTo), "delivery_mode": 2,
        ]
        if let expires { properties["expiration"] = .string(Self.milliseconds(until: expires, from: now)) }
        properties["priority"] = .integer(priority ?? 0)
        properties.merge(self.properties) { _, given in given }
        return Envelope(headers: headers, properties: properties, body: JSON.encode(body))
    }

    /// Arguments and links.
    private var body: Value {
        [
            .array(args), .object(kwargs),
            [
                "callbacks": Self.list(callbacks), "errbacks": Self.list(errbacks), "chain": Self.list(chain), "chord": chord ?? .null,
            ],
        ]
    }

    /// All 19, in Celery's order, null where unused.
    private func protocolHeaders(origin: String, offset: Int, showsTuple: Bool) -> OrderedDictionary<String, Value> {
        func text(_ text: String?) -> Value { text.map(Value.string) ?? .null }
        return [
            "lang": "py", "task": .string(name), "id": .string(id.rawValue), "shadow": text(shadow),
            "eta": text(eta.flatMap { ISOTime.text($0, offset: offset) }), "expires": text(expires.flatMap { ISOTime.text($0, offset: offset) }),
            "group": text(group), "group_index": groupIndex.map(Value.integer) ?? .null, "retries": .integer(retries),
            "timelimit": [Self.seconds(hardLimit), Self.seconds(softLimit)], "root_id": .string((root ?? id).rawValue), "parent_id": text(parent?.rawValue),
            "argsrepr": .string(argsrepr ?? PythonRepr.text(.array(args), asTuple: showsTuple)),
            "kwargsrepr": .string(kwargsrepr ?? PythonRepr.text(.object(kwargs))), "origin": .string(self.origin ?? origin),
            "ignore_result": ignoresResult.map(Value.bool) ?? .null, "replaced_task_nesting": .integer(replacedTaskNesting),
            "stamped_headers": stampedHeaders.isEmpty ? .null : .array(stampedHeaders.map(Value.string)), "stamps": .object(stamps),
        ]
    }

    private static func list(_ signatures: [Value]) -> Value { signatures.isEmpty ? .null : .array(signatures) }

    /// Whole seconds as an integer, as they were given.
    private static func seconds(_ seconds: Double?) -> Value {
        guard let seconds else { return .null }
        return Int(exactly: seconds).map(Value.integer) ?? .number(seconds)
    }

    /// Whole milliseconds, none when it is past. A microsecond is granted for what binary fractions lose.
    private static func milliseconds(until end: Double, from now: Double) -> String {
        let left = max(0, (end - now) * 1000 + 1e-3).rounded(.down)
        return String(Int(exactly: left) ?? 0)
    }
}
