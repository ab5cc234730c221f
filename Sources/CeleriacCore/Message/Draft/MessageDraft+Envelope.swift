import OrderedCollections

extension MessageDraft.Terms {
    /// A new call of the task.
    public func call(id: TaskID) -> TaskCall {
        var call = TaskCall(id: id, name: name, args: args ?? [], kwargs: kwargs ?? [:])
        (call.queue, call.priority, call.eta, call.expires, call.headers) = (queue, priority, eta, expires, headers)
        return call
    }

    /// The waiting message with what `draft` changed; everything else stays, the id as well.
    ///
    /// - Parameter now: seconds since 1970, from which the property `expiration` is counted.
    /// - Throws: `MessageError` when the arguments were changed of a message whose body cannot be read here.
    public func applied(to envelope: Envelope, changing draft: MessageDraft, now: Double) throws(MessageError) -> Envelope {
        var envelope = envelope
        let isVersion1 = envelope.headers["task"]?.string == nil
        if draft.isChanged(.args) || draft.isChanged(.kwargs) {
            var body = try envelope.content()
            let (args, kwargs) = (Value.array(args ?? []), Value.object(kwargs ?? [:]))
            switch body {
            case .object(var members):
                (members["args"], members["kwargs"]) = (args, kwargs)
                body = .object(members)
            case .array(var parts) where 2...3 ~= parts.count:
                (parts[0], parts[1]) = (args, kwargs)
                body = .array(parts)
            default: throw MessageError(.wrongShape, part: "body", cause: "it is not made of arguments, keyword arguments and links")
            }
            envelope.body = JSON.encode(body)
            if !isVersion1 {
                envelope.headers["argsrepr"] = .string(PythonRepr.text(args, asTuple: envelope.headers["argsrepr"]?.string?.first != "["))
                envelope.headers["kwargsrepr"] = .string(PythonRepr.text(kwargs))
            }
        }
        func text(_ seconds: Double?) -> Value { seconds.flatMap { ISOTime.text($0) }.map(Value.string) ?? .null }
        for (field, time) in [(MessageDraft.Field.eta, eta), (.expires, expires)] where draft.isChanged(field) {
            if isVersion1, case .object(var members) = try envelope.content() {
                members[field.rawValue] = text(time)
                envelope.body = JSON.encode(.object(members))
            } else {
                envelope.headers[field.rawValue] = text(time)
            }
        }
        if draft.isChanged(.expires) {
            envelope.properties["expiration"] = expires.map { .string(TaskCall.milliseconds(until: $0, from: now)) }
        }
        if draft.isChanged(.priority) { envelope.properties["priority"] = .integer(priority ?? 0) }
        if draft.isChanged(.headers) {
            for name in TaskCall.freeHeaders(envelope.headers).keys { envelope.headers[name] = nil }
            envelope.headers.merge(headers) { _, typed in typed }
        }
        if draft.isChanged(.queue), let queue { envelope = envelope.readdressed(to: queue) }
        return envelope
    }
}

extension TaskCall {
    /// A header that a field stands for, that says how the body is packed, or that counts deliveries.
    static func isOwnHeader(_ name: String) -> Bool { ownHeaders.contains(name) || isOfDelivery(name) }

    /// Those that the sender added.
    static func freeHeaders(_ headers: OrderedDictionary<String, Value>) -> OrderedDictionary<String, Value> { headers.filter { !isOwnHeader($0.key) } }
}

extension MessageDraft {
    /// The call that takes the place of one whose message is with a worker: as the draft says, with all that hangs on the old one, under an id of its own.
    /// - Parameter now: seconds since 1970.
    /// - Returns: `nil`: the draft does not say all of it.
    /// - Throws: `MessageError` when the old message could not be read.
    package func call(insteadOf message: TaskMessage, id: TaskID, now: Double) throws(MessageError) -> TaskCall? {
        var call = try TaskCall(message)
        guard let terms = read(now: now).terms, let queue = terms.queue else { return nil }
        call.id = id
        if isChanged { (call.argsrepr, call.kwargsrepr) = (nil, nil) }
        (call.args, call.kwargs, call.priority, call.eta, call.expires) = (terms.args ?? call.args, terms.kwargs ?? call.kwargs, terms.priority, terms.eta, terms.expires)
        (call.headers, call.retries, call.queue, call.exchange, call.routingKey) = (terms.headers, 0, queue, nil, nil)
        if call.root == message.id { call.root = id }
        return call
    }
}
