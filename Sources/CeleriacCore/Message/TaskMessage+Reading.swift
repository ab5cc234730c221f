import OrderedCollections

extension TaskMessage {
    /// Finds the fields as Celery's consumer does.
    ///
    /// A body that cannot be read leaves a version 2 message its headers.
    /// - Throws: `MessageError` of kind `notATask` when no task is named; `unreadableContent` or `notJSON` when only the body could have named it.
    public init(_ envelope: Envelope) throws(MessageError) {
        if let name = envelope.headers["task"]?.string {
            do {
                self.init(name: name, body: try envelope.content(), envelope)
            } catch {
                self.init(form: .version2, name: name, fields: envelope.headers, links: [:], arguments: .opaque(error.cause), envelope)
            }
            return
        }
        let body = try envelope.content()
        guard case .object(var fields) = body, let name = fields["task"]?.string else {
            throw MessageError(.notATask, part: "message", cause: "neither its headers nor its body name a task")
        }
        if let taskset = fields["taskset"], !taskset.isNull { fields["group"] = taskset }
        self.init(form: .version1, name: name, fields: fields, links: fields, arguments: Self.arguments(fields["args"], fields["kwargs"]), envelope)
    }

    private init(name: String, body: Value, _ envelope: Envelope) {
        switch body {
        case .object(let members) where members["args"] != nil:
            let fields = members.merging(envelope.headers) { _, header in header }
            self.init(form: .hybrid, name: name, fields: fields, links: members, arguments: Self.arguments(members["args"], members["kwargs"]), envelope)
        case .array(let parts) where 2...3 ~= parts.count:
            let links = parts.count == 3 ? parts[2].object ?? [:] : [:]
            self.init(form: .version2, name: name, fields: envelope.headers, links: links, arguments: Self.arguments(parts[0], parts[1]), envelope)
        default:
            let reason = "it is not made of arguments, keyword arguments and links"
            self.init(form: .version2, name: name, fields: envelope.headers, links: [:], arguments: .opaque(reason), envelope)
        }
    }

    private static func arguments(_ args: Value?, _ kwargs: Value?) -> Arguments {
        switch (args ?? [], kwargs ?? [:]) {
        case (.array(let args), .object(let kwargs)): .known(args: args, kwargs: kwargs)
        case (.null, .object(let kwargs)): .known(args: [], kwargs: kwargs)
        case (.array(let args), .null): .known(args: args, kwargs: [:])
        default: .opaque("its arguments are no list, or its keyword arguments no map")
        }
    }

    private init(
        form: Form, name: String, fields: OrderedDictionary<String, Value>, links: OrderedDictionary<String, Value>, arguments: Arguments, _ envelope: Envelope
    ) {
        func text(_ key: String) -> String? { fields[key]?.string }
        var problems: [String] = []
        func time(_ key: String) -> Double? {
            guard let value = fields[key], !value.isNull else { return nil }
            let seconds = value.string.flatMap(ISOTime.parse)
            if seconds == nil { problems.append("its \(key) is no time") }
            return seconds
        }
        let id = text("id") ?? envelope.correlationID
        if id == nil { problems.append("it has no id") }
        let limits = fields["timelimit"]?.array ?? []

        self.form = form
        self.id = TaskID(id ?? "")
        self.name = name
        self.arguments = arguments
        shadow = text("shadow")
        argsrepr = text("argsrepr")
        kwargsrepr = text("kwargsrepr")
        callbacks = links["callbacks"]?.array ?? []
        errbacks = links["errbacks"]?.array ?? []
        chain = links["chain"]?.array ?? []
        chord = links["chord"]?.ifNotNull
        eta = time("eta")
        expires = time("expires")
        retries = fields["retries"]?.integer ?? 0
        hardLimit = limits.first?.double
        softLimit = limits.dropFirst().first?.double
        ignoresResult = fields["ignore_result"]?.bool
        root = text("root_id").map(TaskID.init(_:))
        parent = text("parent_id").map(TaskID.init(_:))
        group = text("group")
        groupIndex = fields["group_index"]?.integer
        replacedTaskNesting = fields["replaced_task_nesting"]?.integer ?? 0
        stampedHeaders = fields["stamped_headers"]?.array?.compactMap(\.string) ?? []
        stamps = fields["stamps"]?.object ?? [:]
        origin = text("origin")
        correlationID = envelope.correlationID
        replyTo = envelope.replyTo
        priority = envelope.priority
        exchange = envelope.exchange
        routingKey = envelope.routingKey
        isRedelivered = envelope.isRedelivered
        headers = envelope.headers
        properties = envelope.properties
        if case .opaque(let reason) = arguments { problems.append("its body cannot be read: \(reason)") }
        self.problems = problems
    }
}
