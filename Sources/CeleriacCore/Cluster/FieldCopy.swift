extension ClusterState {
    /// Copies what the event has over what the task had; `null` clears.
    /// - Parameter onlyThoseOfReceived: the event is late, and of its fields only those count that a `task-received` settles.
    @inline(__always)
    mutating func copyFields(of event: EventFields, to slot: SlotID, onlyThoseOfReceived: Bool) {
        if event.name.isPresent { tasks[slot].name = words.tasks.intern(event.bytes(event.name)) }
        if event.isRetriesPresent { tasks[slot].retries = event.retries == .min ? 0 : Int32(clamping: event.retries) }
        if event.eta.isPresent { tasks[slot].eta = instant(event, event.eta) }
        if event.expires.isPresent { tasks[slot].expires = instant(event, event.expires) }
        if !onlyThoseOfReceived { copyRest(of: event, to: slot) }
        copyTexts(of: event, to: slot, onlyThoseOfReceived: onlyThoseOfReceived)
    }

    @inline(__always)
    private mutating func copyRest(of event: EventFields, to slot: SlotID) {
        if event.isRuntimePresent { tasks[slot].runtime = event.runtime }
        if event.terminated { tasks[slot].flags.insert(.isTerminated) }
        if event.expired { tasks[slot].flags.insert(.isExpired) }
        if event.exchange.isPresent { tasks[slot].exchange = route(event, event.exchange) }
        if event.routingKey.isPresent { tasks[slot].routingKey = route(event, event.routingKey) }
        if event.queue.hasText, event.queue.count > 0 {
            tasks[slot].queue = words.queues.intern(event.bytes(event.queue))
            queues.learn(tasks[slot].queue, of: tasks[slot].name)
        }
    }

    /// Seconds since 1970; NaN for `null` and for what is no ISO 8601 time.
    private func instant(_ event: EventFields, _ text: EventText) -> Double {
        text.hasText ? ISOTime.parse(event.string(text)) ?? .nan : .nan
    }

    /// Exchanges and routing keys; the empty one, Celery's direct exchange, is a name too.
    private mutating func route(_ event: EventFields, _ text: EventText) -> NameID {
        guard text.hasText else { return NameTable.none }
        return text.count == 0 ? Vocabulary.emptyRoute : words.routes.intern(event.bytes(text))
    }

    @inline(__always)
    private mutating func copyTexts(of event: EventFields, to slot: SlotID, onlyThoseOfReceived: Bool) {
        // Which sections go, and which texts come in their places.
        var kinds: UInt16 = 0
        var isRoot = false
        if event.args.isPresent { kinds |= 1 << UInt16(TaskTexts.Kind.args.rawValue) }
        if event.kwargs.isPresent { kinds |= 1 << UInt16(TaskTexts.Kind.kwargs.rawValue) }
        if event.root.isPresent {
            kinds |= 1 << UInt16(TaskTexts.Kind.root.rawValue) | 1 << UInt16(TaskTexts.Kind.rootUUID.rawValue)
            isRoot = event.root.hasText && sameBytes(event.bytes(event.root), event.bytes(event.uuid))
            if isRoot { tasks[slot].flags.insert(.isRoot) } else { tasks[slot].flags.remove(.isRoot) }
        }
        if event.parent.isPresent { kinds |= 1 << UInt16(TaskTexts.Kind.parent.rawValue) | 1 << UInt16(TaskTexts.Kind.parentUUID.rawValue) }
        if !onlyThoseOfReceived {
            if event.result.isPresent { kinds |= 1 << UInt16(TaskTexts.Kind.result.rawValue) }
            if event.exception.isPresent { kinds |= 1 << UInt16(TaskTexts.Kind.exception.rawValue) }
            if event.traceback.isPresent { kinds |= 1 << UInt16(TaskTexts.Kind.traceback.rawValue) }
        }
        guard kinds != 0 else { return }

        let relinks = event.parent.isPresent && (event.parent.hasText || tasks[slot].flags.contains(.isLinked))
        if relinks { tasks.unlink(slot) }
        tasks.replaceTexts(of: slot, kinds) { add in
            if event.args.hasText { add(.args, event.bytes(event.args)) }
            if event.kwargs.hasText { add(.kwargs, event.bytes(event.kwargs)) }
            if event.root.hasText, !isRoot { addID(event.bytes(event.root), .rootUUID, .root, add) }
            if event.parent.hasText { addID(event.bytes(event.parent), .parentUUID, .parent, add) }
            if onlyThoseOfReceived { return }
            if event.result.hasText { add(.result, event.bytes(event.result)) }
            if event.exception.hasText { add(.exception, event.bytes(event.exception)) }
            if event.traceback.hasText { add(.traceback, event.bytes(event.traceback)) }
        }
        if relinks { tasks.link(slot) }
    }
}

/// Adds an id in 16 bytes when it is a UUID, else as text.
private func addID(_ text: UnsafeRawBufferPointer, _ uuid: TaskTexts.Kind, _ other: TaskTexts.Kind, _ add: (TaskTexts.Kind, UnsafeRawBufferPointer) -> Void) {
    guard text.count > 0 else { return }
    guard let key = TaskKey(uuid: text) else { return add(other, text) }
    withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { raw in
        raw.storeBytes(of: key.high.bigEndian, toByteOffset: 0, as: UInt64.self)
        raw.storeBytes(of: key.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        add(uuid, UnsafeRawBufferPointer(raw))
    }
}
