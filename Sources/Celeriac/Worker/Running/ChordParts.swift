import CeleriacBroker
import CeleriacCore
import Logging

/// Counts the finished members of chords; whoever counts the last one sends the body, or fails it.
struct ChordParts: Sendable {
    let state: WorkerState

    /// - Parameters:
    ///   - body: the signature that the whole header waits for.
    ///   - context: of the run that was counted.
    func count(_ part: ChordPart, body: Value, context: CanvasContext) async {
        // Otherwise `celery.chord_unlock`, which came with the header, looks for it.
        guard let results = state.results, results.countsChords else { return }
        let counted = await persevere("Chord \(ForeignText.safe(part.group))") { () throws(TransportError) in
            try await results.count(part, lifetime: state.configuration.resultLifetime)
        }
        guard case .complete(let token, let parts, let members) = counted else { return }
        let isSent = await complete(part.group, parts, members, body, context)
        await persevere("Chord \(ForeignText.safe(part.group))") { () throws(TransportError) in
            try await results.closeChord(part.group, token: token, isSent: isSent)
        }
    }

    /// Whether the body was sent.
    private func complete(_ group: String, _ parts: [ChordPart], _ members: Value?, _ body: Value, _ context: CanvasContext) async -> Bool {
        if let failed = parts.first(where: { $0.state == .failure || $0.state == .revoked }) {
            let cause = StoredException(failed.result) ?? StoredException(type: "Exception", module: "builtins", arguments: [failed.result])
            await fail(body, Canvas.chordError(dependency: failed.task, raised: cause), cause: cause, context)
            return false
        }
        do {
            let results = members.flatMap { AppliedResult($0) }.flatMap { Self.nested($0, parts) } ?? parts.map(\.result)
            try await state.app.carryOut(Canvas.chordBody(body, results: results, context: context, newID: freshUUID).steps)
            return true
        } catch {
            let reason = StoredException(type: "ChordError", module: "celery.exceptions", arguments: [.string("Callback error: \(error)")])
            await fail(body, reason, context)
            return false
        }
    }

    /// Whoever waits for the body learns why it will not come.
    /// - Parameter cause: what a task of the header raised.
    func fail(_ body: Value, _ error: StoredException, cause: StoredException? = nil, _ context: CanvasContext) async {
        state.log.error("Chord failed: \(ForeignText.safe(error.text))")
        let plan = Canvas.failedChord(body: body, context: context, newID: freshUUID)
        await carryOut(plan, plan.bearsCause ? cause ?? error : error, traceback: error.text)
    }

    /// What can be done of it is; the rest is logged.
    func carryOut(_ failure: FailurePlan, _ error: StoredException, traceback: String) async {
        for problem in failure.problems { state.log.error("Couldn't fail what follows: \(ForeignText.safe("\(problem)"))") }
        await fail(failure.failures, error, traceback: traceback)
        if !failure.revoked.isEmpty, state.transport.features.contains(.broadcast) {
            do { try await state.app.revoke(failure.revoked) } catch {
                state.log.warning("Couldn't revoke the members of a chord's body: \(ForeignText.safe(error.description))")
            }
        }
        do {
            try await state.app.carryOut(failure.errbacks.flatMap(\.steps))
        } catch { state.log.error("Couldn't send error callbacks: \(ForeignText.safe("\(error)"))") }
    }

    /// Stores what will never run as failed, and counts it where it is in a chord itself.
    func fail(_ signatures: [FailedSignature], _ error: StoredException, traceback: String) async {
        for signature in signatures {
            guard let id = signature.id else { continue }
            var record = ResultRecord(id: id, state: .failure, result: error.value)
            record.traceback = traceback
            record.dateDone = ISOTime.text(state.time())
            record.group = signature.group
            await state.completions.store(record)
            guard let chord = signature.chord, let group = signature.group else { continue }
            let part = ChordPart(group: group, task: id, index: signature.groupIndex, state: .failure, result: error.value)
            await count(part, body: chord, context: state.app.canvasContext(running: nil))
        }
    }

    /// Tries for about half a minute; `nil` when the backend never took it.
    @discardableResult
    private func persevere<Answer>(_ what: String, _ attempt: () async throws(TransportError) -> Answer) async -> Answer? {
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(10))
        for triesLeft in (0..<8).reversed() {
            do throws(TransportError) { return try await attempt() } catch {
                let reason = ForeignText.safe(error.description)
                guard triesLeft > 0 else {
                    state.log.error("\(what) is not counted: \(reason)")
                    break
                }
                state.log.warning("\(what) waits: \(reason)")
                try? await Task.sleep(for: backoff.next())
            }
        }
        return nil
    }

    /// The results in the nesting of the saved group; `nil` when it does not name them all.
    static func nested(_ group: AppliedResult, _ parts: [ChordPart]) -> [Value]? {
        guard case .group(_, let members, _) = group else { return nil }
        let results = Dictionary(parts.map { ($0.task, $0.result) }) { first, _ in first }
        return values(members, results)
    }

    private static func values(_ members: [AppliedResult], _ results: [TaskID: Value]) -> [Value]? {
        var values: [Value] = []
        for member in members {
            switch member {
            case .task(let id, _):
                guard let value = results[id] else { return nil }
                values.append(value)
            case .group(_, let inner, _):
                guard let inner = self.values(inner, results) else { return nil }
                values.append(.array(inner))
            }
        }
        return values
    }
}
