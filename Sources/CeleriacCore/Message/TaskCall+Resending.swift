public import OrderedCollections

extension TaskCall {
    /// The same call again, as it was sent, to the same place: same id, links, times and texts.
    ///
    /// - Throws: `MessageError` when the message's arguments could not be read.
    public init(_ message: TaskMessage) throws(MessageError) {
        guard case .known(let args, let kwargs) = message.arguments else {
            let reason = if case .opaque(let reason) = message.arguments { reason } else { "" }
            throw MessageError(.unreadableContent, part: "message", cause: reason)
        }
        self.init(id: message.id, name: message.name, args: args, kwargs: kwargs)
        argsrepr = message.argsrepr
        kwargsrepr = message.kwargsrepr
        shadow = message.shadow
        callbacks = message.callbacks
        errbacks = message.errbacks
        chain = message.chain
        chord = message.chord
        eta = message.eta
        expires = message.expires
        retries = message.retries
        hardLimit = message.hardLimit
        softLimit = message.softLimit
        ignoresResult = message.ignoresResult
        priority = message.priority
        root = message.root
        parent = message.parent
        group = message.group
        groupIndex = message.groupIndex
        replacedTaskNesting = message.replacedTaskNesting
        stampedHeaders = message.stampedHeaders
        stamps = message.stamps
        headers = message.headers.filter { !Self.ownHeaders.contains($0.key) && !Self.isOfDelivery($0.key) }
        replyTo = message.replyTo
        origin = message.origin
        queue = message.queue
        if queue == nil { (exchange, routingKey) = (message.exchange, message.routingKey) }
    }

    /// The message with which a task is tried again (`Task.retry`): one retry more, at `eta`, with its arguments or others.
    ///
    /// A task without a parent becomes its own, as in Celery, where the sender fills in the running task.
    /// Where only positional or only keyword arguments are others, the ones of the other kind that they replace are left out, by the task's `parameters`.
    /// - Parameter eta: seconds since 1970; `nil` = at once.
    /// - Throws: `MessageError` when the message's arguments could not be read and none are given.
    public static func retry(
        of message: TaskMessage, args: [Value]? = nil, kwargs: OrderedDictionary<String, Value>? = nil, parameters: [String] = [], eta: Double?
    ) throws(MessageError) -> TaskCall {
        var message = message
        if let args, let kwargs { message.arguments = .known(args: args, kwargs: kwargs) }
        var call = try TaskCall(message)
        if let args {
            call.args = args
            if kwargs == nil { for name in parameters.prefix(args.count) { call.kwargs[name] = nil } }
        }
        if let kwargs {
            call.kwargs = kwargs
            if args == nil { call.nameArguments(by: parameters) }
        }
        (call.argsrepr, call.kwargsrepr) = (nil, nil)
        call.eta = eta
        call.retries = min(call.retries, Int.max - 1) + 1
        call.root = message.root ?? message.id
        call.parent = message.parent ?? message.id
        return call
    }

    /// Headers that fields stand for, or that say how the body is packed.
    static let ownHeaders: Set<String> = [
        "lang", "task", "id", "shadow", "eta", "expires", "group", "group_index", "retries", "timelimit", "root_id", "parent_id", "argsrepr", "kwargsrepr",
        "origin", "ignore_result", "replaced_task_nesting", "stamped_headers", "stamps", "compression",
    ]

    /// Headers that a broker, or we, counted deliveries with: a new message starts anew.
    static func isOfDelivery(_ header: String) -> Bool {
        header == "redelivered" || header == "x-delivery-count" || header.hasPrefix("x-celeriac-") || header == "x-death" || header.hasPrefix("x-first-death-")
            || header.hasPrefix("x-last-death-")
    }

    /// Gives the positional arguments their names from the first one on that a keyword argument replaces.
    private mutating func nameArguments(by parameters: [String]) {
        guard args.count <= parameters.count, let first = parameters.indices.prefix(args.count).first(where: { kwargs[parameters[$0]] != nil }) else { return }
        for (name, value) in zip(parameters[first...], args[first...]) where kwargs[name] == nil { kwargs[name] = value }
        args.removeSubrange(first...)
    }
}
