import CeleriacBroker
import CeleriacCore
import Logging

/// What a task's end sets going: callbacks, the next step of its chain, its retry, its part of a chord, error callbacks. What exactly, `Canvas` says.
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
        let plans = try Canvas.afterSuccess(of: message, result: result, context: state.app.canvasContext(running: task.request), newID: freshUUID)
        try await state.app.carryOut(plans.flatMap(\.steps))
        return plans.map(\.result.tuple)
    }

    func sendRetry(of task: Reservation, _ retry: TaskOutcome.Retry) async throws {
        var call = try TaskCall.retry(of: task.message, args: retry.args, kwargs: retry.kwargs, parameters: task.definition.parameters, eta: retry.eta)
        call.take(retry.options, now: state.time())
        try await state.app.send([call])
    }

    // MARK: - After the result is stored

    /// Whether anything has to be done between the storing of the result and the settlement.
    func follows(_ consequence: Ending.Consequence, _ task: Reservation) -> Bool {
        let message = task.message
        let isInChord = message.chord != nil && message.group != nil
        switch consequence {
        case .none, .retry: return false
        case .success, .revocation: return isInChord
        case .failure: return isInChord || !message.chain.isEmpty || !message.errbacks.isEmpty
        }
    }

    func follow(_ consequence: Ending.Consequence, _ task: Reservation) async {
        switch consequence {
        case .none, .retry: return
        case .success(let value): await count(task, .success, value)
        case .revocation(let exception): await count(task, .revoked, exception.value)
        case .failure(let exception, let traceback):
            await count(task, .failure, exception.value)
            let failure = Canvas.afterFailure(of: task.message, context: state.app.canvasContext(running: task.request), newID: freshUUID)
            await chords.carryOut(failure, exception, traceback: traceback)
        }
    }

    private func count(_ task: Reservation, _ outcome: TaskState, _ result: Value) async {
        guard let body = task.message.chord, let group = task.message.group else { return }
        let part = ChordPart(group: group, task: task.id, index: task.message.groupIndex, state: outcome, result: result)
        await chords.count(part, body: body, context: state.app.canvasContext(running: task.request))
    }
}
