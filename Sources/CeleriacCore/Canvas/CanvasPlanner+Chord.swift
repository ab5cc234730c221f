import OrderedCollections

extension CanvasPlanner {
    /// Sends the header, each member with the body along; without a header, the body at once. The result is the body's, with the header as its parent.
    mutating func applyChord(
        _ node: CanvasNode, _ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ given: Options
    ) throws(CanvasError) -> ResultNode? {
        var kwargs = kwargs, given = given
        var ownBody = node.body
        if let value = kwargs.removeValue(forKey: "body"), !value.isNull { ownBody = try CanvasNode(value) }
        guard let ownBody else { throw .chordWithoutBody }
        kwargs = (node.kwargs["kwargs"]?.object ?? [:]).merging(kwargs) { _, given in given }
        let args = node.isImmutable ? node.args : args + node.args

        // Countdown and eta delay the header; given to the body, they would delay it once more.
        var delay = Self.takeDelay(from: &given)
        var taskID = given.removeValue(forKey: "task_id")?.string
        given = given.without(["producer", "publisher", "connection", "router", "result_cls"])
        let links = given.filter { $0.key == "link" || $0.key == "link_error" }
        given = given.without(["link", "link_error"])
        var body = ownBody.clone(options: given.without(["parent_id"]))

        var options = node.options.merging(given) { _, given in given }.merging(links) { _, given in given }
        delay.merge(Self.takeDelay(from: &options)) { given, _ in given }
        taskID = taskID ?? options["task_id"]?.string
        options = options.without(["task_id", "interval", "max_retries", "eager", "app"])
        let header = node.header?.clone() ?? .group(node.members, options: ["task_id": .string(node.id ?? newID())])

        let groupID = header.id ?? newID()
        let root = body.options["root_id"]?.string
        body = try linked(body, &options)
        body.options.merge(options.without(["parent_id"])) { _, given in given }
        if body.shape == .chain { try body.unrollChords(onHeaders: context.allowsErrorCallbacksOnChordHeader) }
        let result = try freeze(body, Place(id: taskID ?? newID(), group: groupID, root: root))
        body.stripHeaderLinks()

        options = options.without(["chain", "chord"])
        header.options["task_id"] = .string(groupID)
        let frozen = try freezeGroup(header, Place(group: groupID, chord: body.awaited, root: root))
        let headerResult = ResultNode(groupID, members: frozen.results)
        if header.members.isEmpty {
            try apply(body, args: [[]])
            result.parent = headerResult
        } else {
            announce(headerResult, body: body)
            options["task_id"] = .string(groupID)
            result.parent = try apply(header, args: args, kwargs: kwargs, options: options.merging(delay) { _, delay in delay })
        }
        return result
    }

    private static func takeDelay(from options: inout Options) -> Options {
        var delay: Options = [:]
        for key in ["countdown", "eta"] {
            if let value = options.removeValue(forKey: key), !value.isNull { delay[key] = value }
        }
        return delay
    }

    /// Tells the result backend what it has to know before the header is sent: its nesting, if there is any, and who waits for it where nobody counts.
    private mutating func announce(_ header: ResultNode, body: CanvasNode) {
        if header.members?.contains(where: \.isGroup) == true { steps.append(.saveGroup(header.id, members: header.tuple)) }
        guard !context.countsChords else { return }
        var call = TaskCall(id: TaskID(newID()), name: "celery.chord_unlock", args: [.string(header.id), body.value])
        call.kwargs = [
            "result": .array(header.members?.map(\.tuple) ?? []), "interval": context.chordRetryInterval.map(Value.number) ?? .null, "max_retries": .null,
        ]
        call.eta = context.now + 1
        call.replyTo = context.replyTo
        call.root = context.parent.map { context.root ?? $0 }
        call.parent = context.parent
        call.queue = body.options["queue"]?.string.map(QueueName.init(_:))
        call.exchange = body.options["exchange"]?.string
        call.routingKey = body.options["routing_key"]?.string
        call.priority = body.options["priority"]?.integer
        call.routeName = body.task
        steps.append(.send(call))
    }

    /// The body with the chord's own callbacks, taken out of `options`: a copy when there are any, since linking changes what copies share.
    private func linked(_ body: CanvasNode, _ options: inout Options) throws(CanvasError) -> CanvasNode {
        let callbacks = CanvasNode.list(options.removeValue(forKey: "link")), errbacks = CanvasNode.list(options.removeValue(forKey: "link_error"))
        guard !callbacks.isEmpty || !errbacks.isEmpty else { return body }
        let body = body.cloneWithMembers()
        for callback in callbacks {
            let copy = try CanvasNode(callback).cloneWithMembers().value
            if body.isEmptyGroup { body.append(copy, to: "link") } else { try body.link(copy) }
        }
        for errback in errbacks {
            if body.shape == .group { try Self.link(errback, toTasksOf: body, runsAsGroup: true) } else { body.append(errback, to: "link_error") }
        }
        return body
    }

    /// Links an errback to each task of a body that is a group, through chords in it to their bodies. A group that runs as one and has errbacks of its own
    /// takes it there instead: when it runs, they replace those of its members.
    private static func link(_ errback: Value, toTasksOf node: CanvasNode, runsAsGroup: Bool) throws(CanvasError) {
        switch node.shape {
        case .group:
            if runsAsGroup, node.options["link_error"]?.isNull == false { return node.append(errback, to: "link_error") }
            for member in node.members { try link(errback, toTasksOf: member, runsAsGroup: false) }
        case .chord:
            guard let body = node.body else { throw .chordWithoutBody }
            try link(errback, toTasksOf: body, runsAsGroup: true)
        default: try node.linkError(errback, onHeaders: false)
        }
    }
}
