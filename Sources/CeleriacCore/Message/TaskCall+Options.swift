import OrderedCollections

extension TaskCall {
    /// The call that a signature of a single task stands for, its options read by Celery's names (`Task.apply_async`).
    ///
    /// - Parameters:
    ///   - id: of the task, unless `task_id` is among the options.
    ///   - now: seconds since 1970, from which `countdown` and a number under `expires` are counted.
    /// - Throws: `CanvasError` for an option of the wrong type, and for a serializer or a compression, since all that is sent is plain JSON.
    public init(_ signature: Signature, id: TaskID, now: Double) throws(CanvasError) {
        try self.init(signature.task, args: signature.args, kwargs: signature.kwargs, options: signature.options, id: id, now: now)
    }

    init(
        _ name: String, args: [Value], kwargs: OrderedDictionary<String, Value>, options: OrderedDictionary<String, Value>, id: TaskID, now: Double
    ) throws(CanvasError) {
        self.init(id: id, name: name, args: args, kwargs: kwargs)
        let stampNames = CanvasNode.list(options["stamped_headers"]).compactMap(\.string)
        for name in stampNames {
            guard let stamp = options[name] else { continue }
            stampedHeaders.append(name)
            stamps[name] = stamp
        }
        for (option, value) in options where !value.isNull && !stampNames.contains(option) { try take(option, value, now: now) }
        // A countdown goes before a time, as in Celery, in whichever order they stand.
        if let countdown = options["countdown"]?.double, countdown != 0 { eta = now + countdown }
    }

    private mutating func take(_ option: String, _ value: Value, now: Double) throws(CanvasError) {
        switch option {
        case "task_id": id = TaskID(try Self.text(option, value))
        case "root_id": root = TaskID(try Self.text(option, value))
        case "parent_id": parent = TaskID(try Self.text(option, value))
        case "group_id": group = try Self.text(option, value)
        case "group_index": groupIndex = try Self.integer(option, value)
        case "link": callbacks = CanvasNode.list(value)
        case "link_error": errbacks = CanvasNode.list(value)
        case "chain": chain = CanvasNode.list(value)
        case "chord": chord = value
        case "eta": eta = try Self.time(option, value)
        case "expires": expires = if let seconds = value.double { now + seconds } else { try Self.time(option, value) }
        case "countdown": guard value.double != nil else { throw CanvasError(.badOption(option), cause: "a number of seconds is wanted") }
        case "time_limit": hardLimit = try Self.seconds(option, value)
        case "soft_time_limit": softLimit = try Self.seconds(option, value)
        case "retries": retries = try Self.integer(option, value)
        case "priority": priority = try Self.integer(option, value)
        case "replaced_task_nesting": replacedTaskNesting = try Self.integer(option, value)
        case "ignore_result":
            guard let flag = value.bool else { throw CanvasError(.badOption(option), cause: "true or false is wanted") }
            ignoresResult = flag
        case "shadow": shadow = try Self.text(option, value)
        case "argsrepr": argsrepr = try Self.text(option, value)
        case "kwargsrepr": kwargsrepr = try Self.text(option, value)
        case "origin": origin = try Self.text(option, value)
        case "reply_to": replyTo = try Self.text(option, value)
        case "queue": queue = QueueName(try Self.text(option, value))
        case "exchange": exchange = try Self.text(option, value)
        case "routing_key": routingKey = try Self.text(option, value)
        case "route_name": routeName = try Self.text(option, value)
        case "headers":
            guard let members = value.object else { throw CanvasError(.badOption(option), cause: "an object is wanted") }
            headers = members
        case "serializer":
            guard value == "json" || value == "application/json" else { throw CanvasError(.badOption(option), cause: "only json is written") }
        case "compression":
            guard value == "" else { throw CanvasError(.badOption(option), cause: "messages are not compressed") }
        case "delivery_mode":
            properties[option] = if value == "transient" { 1 } else if value == "persistent" { 2 } else { .integer(try Self.integer(option, value)) }
        // Meant for the process that applies it.
        case "stamped_headers", "add_to_parent", "producer", "publisher", "connection", "router", "result_cls", "task_type", "retry", "retry_policy",
            "event_dispatcher", "exchange_type", "immutable":
            break
        default: properties[option] = value
        }
    }

    private static func text(_ option: String, _ value: Value) throws(CanvasError) -> String {
        guard let text = value.string else { throw CanvasError(.badOption(option), cause: "text is wanted") }
        return text
    }

    private static func integer(_ option: String, _ value: Value) throws(CanvasError) -> Int {
        guard let integer = value.integer else { throw CanvasError(.badOption(option), cause: "an integer is wanted") }
        return integer
    }

    private static func seconds(_ option: String, _ value: Value) throws(CanvasError) -> Double {
        guard let seconds = value.double else { throw CanvasError(.badOption(option), cause: "a number of seconds is wanted") }
        return seconds
    }

    /// ISO 8601 text, or kombu's marker around it.
    private static func time(_ option: String, _ value: Value) throws(CanvasError) -> Double {
        let text = ExtendedJSON.marker(value).flatMap { $0.type == "datetime" ? $0.value.string : nil } ?? value.string
        guard let time = text.flatMap(ISOTime.parse) else { throw CanvasError(.badOption(option), cause: "a time in ISO 8601 is wanted") }
        return time
    }
}
