import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections

/// What a task's end sets going: callbacks, the next step of its chain, its retry, its part of a chord, error callbacks.
struct Succession: Sendable {
    let state: WorkerState
    private let chords: ChordParts

    init(state: WorkerState) {
        self.state = state
        chords = ChordParts(state: state)
    }

    // MARK: - Before the result is stored

    /// Sends callbacks, then the next step of the chain; returns their results in Celery's tuple form.
    func sendSuccessors(of task: Reservation, result: Value) async throws -> [Value] {
        let message = task.message
        guard !message.callbacks.isEmpty || !message.chain.isEmpty else { return [] }
        var children: [Value] = []
        for callback in try Self.gathered(message.callbacks) {
            children.append(try await state.app.apply(callback, args: [result], parent: task.request).tuple)
        }
        if let next = message.chain.last {
            let rest = Array(message.chain.dropLast())
            let options: OrderedDictionary<String, Value> = rest.isEmpty ? [:] : ["chain": .array(rest)]
            children.append(try await state.app.apply(Signature(next), args: [result], options: options, parent: task.request).tuple)
        }
        return children
    }

    /// A single callback as it is; of several, groups as they are and all others together as one new group.
    private static func gathered(_ callbacks: [Value]) throws(MessageError) -> [Signature] {
        let signatures = try callbacks.map { (callback) throws(MessageError) in try Signature(callback) }
        let single = signatures.filter { $0.kind != .group }
        guard signatures.count > 1, single.count > 1 else { return signatures }
        return signatures.filter { $0.kind == .group } + [group(of: single)]
    }

    private static func group(of members: [Signature]) -> Signature {
        Signature("celery.group", kwargs: ["tasks": .array(members.map(\.value))], kind: .group)
    }

    func sendRetry(of task: Reservation, _ retry: TaskOutcome.Retry) async throws {
        var call = try TaskCall.retry(of: task.message, args: retry.args, kwargs: retry.kwargs, eta: retry.eta)
        call.take(retry.options, now: state.time())
        try await state.app.send([call])
    }

    // MARK: - After the result is stored

    /// Whether anything has to be done between the storing of the result and the settlement.
    func follows(_ consequence: Ending.Consequence, _ task: Reservation) -> Bool {
        switch consequence {
        case .none, .retry: false
        case .success, .revocation: ChordPart(of: task.message, .success, .null) != nil
        case .failure: ChordPart(of: task.message, .failure, .null) != nil || !task.message.chain.isEmpty || !task.message.errbacks.isEmpty
        }
    }

    func follow(_ consequence: Ending.Consequence, _ task: Reservation) async {
        switch consequence {
        case .none, .retry: return
        case .success(let value): await count(task, .success, value)
        case .revocation(let exception): await count(task, .revoked, exception.value)
        case .failure(let exception, let traceback):
            await count(task, .failure, exception.value)
            await failChain(task.message.chain, exception, traceback)
            await callErrbacks(task.message.errbacks, of: task.id, parent: task.request)
        }
    }

    private func count(_ task: Reservation, _ outcome: TaskState, _ result: Value) async {
        guard let part = ChordPart(of: task.message, outcome, result), let body = task.message.chord else { return }
        await chords.count(part, body: body)
    }

    /// The steps that will not come fail with the same error.
    private func failChain(_ chain: [Value], _ exception: StoredException, _ traceback: String) async {
        for step in chain {
            guard let signature = try? Signature(step), let id = signature.options["task_id"]?.string else { continue }
            var record = ResultRecord(id: TaskID(id), state: .failure, result: exception.value)
            record.traceback = traceback
            record.dateDone = ISOTime.text(state.time())
            await state.completions.store(record)
            if let body = signature.options["chord"], !body.isNull, let group = signature.options["group_id"]?.string {
                let index = signature.options["group_index"]?.integer
                await chords.count(ChordPart(group: group, task: TaskID(id), index: index, state: .failure, result: exception.value), body: body)
            }
        }
    }

    private func callErrbacks(_ errbacks: [Value], of id: TaskID, parent: TaskRequest) async {
        guard !errbacks.isEmpty else { return }
        do {
            let signatures = try errbacks.map { try Signature($0) }
            _ = try await state.app.apply(Self.group(of: signatures), args: [.string(id.rawValue)], parent: parent)
        } catch {
            state.log.error("Couldn't send the error callbacks of \(ForeignText.safe(id.rawValue)): \(ForeignText.safe("\(error)"))")
        }
    }
}

extension ChordPart {
    /// `nil` when the task is in no chord.
    init?(of message: TaskMessage, _ state: TaskState, _ result: Value) {
        guard message.chord != nil, let group = message.group else { return nil }
        self.init(group: group, task: message.id, index: message.groupIndex, state: state, result: result)
    }
}
