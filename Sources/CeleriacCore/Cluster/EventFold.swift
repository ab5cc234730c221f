/// What an event of the group `task` is about.
enum TaskSubject {
    case sent, received, started, succeeded, failed, retried, revoked, rejected
    /// Any other, which applications make up.
    case custom

    @inline(__always)
    init(_ subject: UnsafeRawBufferPointer) {
        func reads(_ word: StaticString) -> Bool {
            sameBytes(subject, UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
        switch subject.count {
        case 4 where reads("sent"): self = .sent
        case 6 where reads("failed"): self = .failed
        case 7 where reads("started"): self = .started
        case 7 where reads("retried"): self = .retried
        case 7 where reads("revoked"): self = .revoked
        case 8 where reads("received"): self = .received
        case 8 where reads("rejected"): self = .rejected
        case 9 where reads("succeeded"): self = .succeeded
        default: self = .custom
        }
    }

    var state: StateID? {
        switch self {
        case .sent: .pending
        case .received: .received
        case .started: .started
        case .succeeded: .success
        case .failed: .failure
        case .retried: .retry
        case .revoked: .revoked
        case .rejected: .rejected
        case .custom: nil
        }
    }
}

extension ClusterState {
    /// Takes one event in.
    /// - Parameter isFresh: it comes from the wire, so its clock is adjusted as Celery's `EventReceiver` does.
    @inline(__always)
    mutating func fold(_ event: EventFields, at: Double, isFresh: Bool) {
        guard event.type.hasText else { return flow.refuse("an event without a type") }
        let type = event.bytes(event.type)
        func begins(with word: StaticString) -> Bool {
            type.count >= word.utf8CodeUnitCount
                && sameBytes(
                    UnsafeRawBufferPointer(rebasing: type[..<word.utf8CodeUnitCount]),
                    UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        }
        if begins(with: "task-") {
            guard event.uuid.hasText, event.hostname.hasText, !event.timestamp.isNaN else {
                return flow.refuse("a \(event.string(event.type).prefix(40)) event without uuid, hostname or timestamp")
            }
            guard event.uuid.count <= NameTable.longestText, event.uuid.count > 0 else { return flow.refuse("a task id of \(event.uuid.count) bytes") }
            flow.count(timestamp: event.timestamp, at: at)
            foldTask(event, subject: UnsafeRawBufferPointer(rebasing: type[5...]), at: at, isFresh: isFresh)
        } else {
            flow.count(timestamp: event.timestamp, at: at)
            guard begins(with: "worker-"), event.hostname.hasText, !event.timestamp.isNaN else { return }
            if isFresh, event.clock != .min { clock = max(clock, event.clock) &+ 1 }
            let isOffline = type.count == 14 && begins(with: "worker-offline")
            let host = event.bytes(event.hostname)
            // A goodbye from one that we have never met creates nothing.
            if isOffline, workers.find(host) == nil { return }
            let id = worker(host)
            guard id > NameTable.other else { return }
            workers[id].take(event, isOffline: isOffline, at: at)
        }
    }

    /// The number of a node's name; makes room for it by forgetting those silent for longest.
    @inline(__always)
    mutating func worker(_ name: UnsafeRawBufferPointer) -> NameID {
        let id = workers.intern(name)
        return id == NameTable.other ? displacing(for: name) : id
    }

    private mutating func displacing(for name: UnsafeRawBufferPointer) -> NameID {
        let gone = workers.displaceSilent()
        tasks.order.forEach { slot in
            if gone.contains(tasks[slot].worker) { tasks[slot].worker = NameTable.other }
        }
        return workers.intern(name)
    }

    @inline(__always)
    private mutating func foldTask(_ event: EventFields, subject text: UnsafeRawBufferPointer, at: Double, isFresh: Bool) {
        flow.countTaskEvent()
        let subject = TaskSubject(text)
        let clock = eventClock(event, subject, isFresh: isFresh)
        let (slot, _) = tasks.findOrAdd(event.bytes(event.uuid))
        let before = TaskSnapshot(tasks[slot])

        if subject == .sent {
            tasks[slot].client = words.clients.intern(event.bytes(event.hostname))
        } else {
            let id = worker(event.bytes(event.hostname))
            tasks[slot].worker = id
            if id > NameTable.other {
                workers[id].noteTaskEvent(timestamp: event.timestamp, isTaking: subject == .received || subject == .started, at: at)
            }
        }
        if subject == .received { taskCount += 1 }

        let state = subject.state ?? words.state(subject: text)
        // States of retries stand outside of the order: an id may be used again.
        let isLate = state != .retry && before.state != .retry && state.rank > before.state.rank
        tasks[slot].note(subject, timestamp: event.timestamp, clock: clock)
        if !isLate {
            tasks[slot].state = state
        }
        if !isLate || state != .received {
            tasks[slot].timestamp = event.timestamp
            tasks[slot].clock = clock
        }
        copyFields(of: event, to: slot, onlyThoseOfReceived: isLate && state == .received)
        settle(slot, subject, before, event, at: at)
    }

    /// The event's logical time, adjusted as `celery.events.receiver` does: senders of tasks never synchronise their clocks.
    @inline(__always)
    private mutating func eventClock(_ event: EventFields, _ subject: TaskSubject, isFresh: Bool) -> Int {
        guard isFresh else { return event.clock == .min ? 0 : event.clock }
        let time: Int
        if subject == .sent {
            time = max(clock, 1) - 1
        } else if event.clock == .min {
            clock = clock &+ 1
            return clock
        } else {
            time = event.clock
        }
        clock = max(clock, time) &+ 1
        return time
    }

    /// Whether a worker that is lost takes the task with it.
    @inline(__always)
    func isHeld(_ state: StateID) -> Bool {
        state == .received || state == .started || state.isCustom
    }

    /// What follows from the change: counts, timings, failures, and whether the task may leave.
    @inline(__always)
    private mutating func settle(_ slot: SlotID, _ subject: TaskSubject, _ before: TaskSnapshot, _ event: EventFields, at: Double) {
        let (state, worker, name) = (tasks[slot].state, tasks[slot].worker, tasks[slot].name)
        if isHeld(before.state) { workers[before.worker].held -= 1 }
        if isHeld(state) { workers[worker].held += 1 }
        if state.isFinal { tasks.noteFinished(slot) }

        switch subject {
        case .sent where before.sent != event.timestamp:
            queues.noteSent(tasks[slot].queue)
        case .received where before.received != event.timestamp:
            queues.noteTaken(queue(of: slot))
            if before.received < event.timestamp, before.state != .retry, before.state != .pending { keep(before, of: slot) }
        case .started where before.started != event.timestamp:
            let wait = tasks[slot].waitWithoutETA
            if !wait.isNaN { timings.count(wait: wait, name: name, at: at) }
        case .succeeded where before.succeeded != event.timestamp:
            let runtime = event.runtime.isNaN ? elapsed(from: tasks[slot].started, to: event.timestamp) : event.runtime
            timings.count(.ok, name: name, seconds: runtime, at: at)
        case .failed where before.failed != event.timestamp:
            timings.count(.failed, name: name, seconds: elapsed(from: tasks[slot].started, to: event.timestamp), at: at)
            failures.count(FailureTable.exceptionType(repr: event.bytes(event.exception), traceback: event.bytes(event.traceback)), task: name, at: at)
        case .retried where before.retried != event.timestamp:
            timings.count(.retried, name: name, seconds: .nan, at: at)
            keepRetried(slot, at: event.timestamp)
        default: break
        }
    }
}

extension ClusterState {
    /// Keeps the try after which a task was received again: it had ended, or its worker was lost.
    private mutating func keep(_ before: TaskSnapshot, of slot: SlotID) {
        // A retry that was sent since has counted up already.
        let isCounted = before.sent > before.received && before.retries > 0 && before.retries == tasks[slot].retries
        earlier.add(
            AttemptTable.Attempt(
                worker: before.worker, received: before.received, started: before.started < before.received ? .nan : before.started,
                ended: before.state.isFinal ? before.finished : .nan, state: before.state, retries: before.retries - (isCounted ? 1 : 0), exception: before.state == .failure ? exceptionType(of: slot) ?? "" : ""),
            to: tasks[slot].key)
    }
}

/// What a task was like before an event.
private struct TaskSnapshot {
    var state: StateID
    var worker: NameID
    var sent, received, started, succeeded, failed, retried, finished: Double
    var retries: Int32

    @inline(__always)
    init(_ slot: TaskSlot) {
        state = slot.state
        worker = slot.worker
        sent = slot.sent
        received = slot.received
        started = slot.started
        succeeded = slot.succeeded
        failed = slot.failed
        retried = slot.retried
        finished = slot.finished
        retries = slot.retries
    }
}

extension TaskSlot {
    /// Notes when `subject` happened, and whether the event is the newest by logical time (`kombu.clocks.timetuple`).
    @inline(__always)
    fileprivate mutating func note(_ subject: TaskSubject, timestamp: Double, clock: Int) {
        switch subject {
        case .sent: sent = timestamp
        case .received: received = timestamp
        case .started: started = timestamp
        case .succeeded: succeeded = timestamp
        case .failed: failed = timestamp
        case .retried: retried = timestamp
        case .revoked: revoked = timestamp
        case .rejected: rejected = timestamp
        case .custom: break
        }
        let isNewer = newestTimestamp.isNaN || (clock != 0 && newestClock != 0 ? clock >= newestClock : timestamp >= newestTimestamp)
        if isNewer {
            newestClock = clock
            newestTimestamp = timestamp
        }
    }

    /// Seconds from the moment it could have started to when it did.
    fileprivate var waitWithoutETA: Double {
        let from = sent.isNaN ? received : sent
        return elapsed(from: eta > from ? eta : from, to: started)
    }
}
