import OrderedCollections

extension ClusterState {
    /// A worker's answer to an inspect method (`active`, `reserved`, `scheduled`, `query_task`, `stats`, `active_queues`, `registered`,
    /// `revoked`, `conf`, `ping`) or to `enable_events` and `disable_events`.
    public mutating func fold(_ reply: ControlReply, to method: String, at: Double) {
        // Beat answers pings too (Celery 5.7, beat_enable_remote_control), but is no worker.
        guard !reply.worker.rawValue.hasPrefix("celerybeat@") else { return }
        flow.hear(at: at)
        var name = reply.worker.rawValue
        let id = name.withUTF8 { worker(UnsafeRawBufferPointer($0)) }
        guard id > NameTable.other else { return }
        workers[id].noteReply(at: at)
        guard reply.error == nil else { return }

        switch method {
        case "active", "dump_active":
            guard let requests = reply.value.array else { return }
            workers[id].active.answer(requests.count, at: at)
            for request in requests { fill(request, state: .started, worker: id, at: at) }
        case "reserved", "dump_reserved":
            guard let requests = reply.value.array else { return }
            workers[id].reserved.answer(requests.count, at: at)
            for request in requests { fill(request, state: .received, worker: id, at: at) }
        case "scheduled", "dump_schedule":
            guard let entries = reply.value.array else { return }
            workers[id].scheduled.answer(entries.count, at: at)
            for entry in entries { fill(entry["request"] ?? .null, state: .received, eta: entry["eta"]?.string, worker: id, at: at) }
        case "query_task":
            for found in (reply.value.object ?? [:]).values {
                guard let pair = found.array, pair.count == 2, let state = pair[0].string else { continue }
                if state == "active" { fill(pair[1], state: .started, worker: id, at: at) }
                if state == "reserved" || state == "scheduled" { fill(pair[1], state: .received, worker: id, at: at) }
            }
        case "stats": takeStats(reply.value, of: id, at: at)
        case "active_queues": takeQueues(reply.value, of: id, at: at)
        case "conf", "dump_conf":
            guard let sends = reply.value["worker_send_task_events"]?.bool else { return }
            // Switched on later by `enable_events`, the setting still says off.
            if sends || workers[id].taskEventAt == nil { workers[id].sendsTaskEvents.answer(sends, at: at) }
        case "enable_events": if reply.value["ok"] != nil { workers[id].sendsTaskEvents.answer(true, at: at) }
        case "disable_events":
            // "already disabled" is also said by workers started with -E, which go on sending.
            if reply.value["ok"]?.string == "task events disabled" { workers[id].sendsTaskEvents.answer(false, at: at) }
        default: break
        }
        makeRoom()
    }

    /// Workers that should have answered `method` and did not.
    public mutating func noAnswer(to method: String, from silent: [WorkerName], at: Double) {
        for name in silent {
            guard let id = workers.names.find(name.rawValue) else { continue }
            switch method {
            case "reserved", "dump_reserved": workers[id].reserved.miss(at: at)
            case "scheduled", "dump_schedule": workers[id].scheduled.miss(at: at)
            case "active_queues": workers[id].queues.miss(at: at)
            case "active", "dump_active":
                // Heartbeats tell the number too.
                if workers[id].beatAt == nil { workers[id].active.miss(at: at) }
            case "stats":
                workers[id].pool.miss(at: at)
                workers[id].concurrency.miss(at: at)
                workers[id].memory.miss(at: at)
                if workers[id].beatAt == nil { workers[id].processed.miss(at: at) }
            case "conf", "dump_conf": if workers[id].sendsTaskEvents.value == nil { workers[id].sendsTaskEvents.miss(at: at) }
            default: break
            }
        }
    }

    private mutating func takeStats(_ stats: Value, of id: NameID, at: Double) {
        if let pool = stats["pool"] {
            // "celery.concurrency.prefork:TaskPool" → "prefork"
            if let path = pool["implementation"]?.string, let module = path.split(separator: ":").first?.split(separator: ".").last {
                workers[id].pool.answer(String(module.prefix(64)), at: at)
            }
            // After growing, only the processes tell the present size; but not of a pool that runs all tasks in one.
            let processes = workers[id].pool.value == "async" ? nil : pool["processes"]?.array?.count
            if let count = processes ?? pool["max-concurrency"]?.integer {
                workers[id].concurrency.answer(count, at: at)
            }
        }
        if let kibibytes = stats["rusage"]?["maxrss"]?.integer, 0...(Int.max >> 10) ~= kibibytes { workers[id].memory.answer(kibibytes << 10, at: at) }
        if let totals = stats["total"]?.object, workers[id].beatAt == nil || workers[id].processed.value == nil {
            workers[id].processed.answer(totals.values.reduce(0) { $0 &+ ($1.integer ?? 0) }, at: at)
        }
    }

    private mutating func takeQueues(_ reply: Value, of id: NameID, at: Double) {
        guard let described = reply.array else { return }
        var numbers: [NameID] = []
        for queue in described.prefix(1_000) {
            guard let name = queue["name"]?.string else { continue }
            let number = words.queues.intern(name)
            queues.note(number)
            if !numbers.contains(number) { numbers.append(number) }
        }
        workers[id].queues.answer(numbers, at: at)
    }

    // MARK: Tasks

    /// Fills in what events have not told of a task that a worker holds. What events told is left as it is; a task that has
    /// ended stays ended, for the reply may be older than the event.
    private mutating func fill(_ request: Value, state: StateID, eta: String? = nil, worker id: NameID, at: Double) {
        guard var text = request["id"]?.string, 1...NameTable.longestText ~= text.utf8.count else { return }
        let (slot, isNew) = text.withUTF8 { tasks.findOrAdd(UnsafeRawBufferPointer($0)) }
        let before = tasks[slot].state
        if before.isFinal && !isNew { return }
        if isHeld(before) { workers[tasks[slot].worker].held -= 1 }
        defer { if isHeld(tasks[slot].state) { workers[tasks[slot].worker].held += 1 } }

        let startedAt = request["time_start"]?.double
        let isAhead = isNew || before == .pending || (state == .started && (before == .received || before == .retry))
        if isAhead {
            tasks[slot].state = state
            tasks[slot].timestamp = startedAt ?? at
        }
        if isAhead || tasks[slot].worker == NameTable.none { tasks[slot].worker = id }
        if let startedAt, tasks[slot].started.isNaN { tasks[slot].started = startedAt }
        if let eta, tasks[slot].eta.isNaN { tasks[slot].eta = ISOTime.parse(eta) ?? .nan }
        if tasks[slot].name == NameTable.none, let name = request["name"]?.string ?? request["type"]?.string { tasks[slot].name = words.tasks.intern(name) }
        fillQueue(of: slot, request["delivery_info"])
        fillTexts(of: slot, request)
    }

    private mutating func fillQueue(of slot: SlotID, _ delivery: Value?) {
        guard let key = delivery?["routing_key"]?.string, !key.isEmpty else { return }
        if tasks[slot].queue == NameTable.none {
            tasks[slot].queue = words.queues.intern(key)
            if delivery?["exchange"]?.string == "" { queues.learn(tasks[slot].queue, of: tasks[slot].name) }
        }
        if tasks[slot].routingKey == NameTable.none { tasks[slot].routingKey = words.routes.intern(key) }
    }

    private mutating func fillTexts(of slot: SlotID, _ request: Value) {
        let texts = tasks[slot].texts
        // With `safe` they are texts already, else the values.
        let args = texts.string(.args) == nil ? request["args"].map { $0.string ?? PythonRepr.text($0, asTuple: true) } : nil
        let kwargs = texts.string(.kwargs) == nil ? request["kwargs"].map { $0.string ?? PythonRepr.text($0) } : nil
        guard args != nil || kwargs != nil else { return }
        let (argsBytes, kwargsBytes) = (Array((args ?? "").utf8), Array((kwargs ?? "").utf8))
        argsBytes.withUnsafeBytes { argsBytes in
            kwargsBytes.withUnsafeBytes { kwargsBytes in
                tasks.replaceTexts(of: slot, 0) { add in
                    if args != nil { add(.args, argsBytes) }
                    if kwargs != nil { add(.kwargs, kwargsBytes) }
                }
            }
        }
    }
}
