import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections

/// Counts the finished members of chords; whoever counts the last one sends the body.
struct ChordParts: Sendable {
    let state: WorkerState

    /// - Parameter body: the signature that the whole header waits for.
    func count(_ part: ChordPart, body: Value) async {
        // Otherwise `celery.chord_unlock`, which came with the header, looks for it.
        guard let results = state.results, results.countsChords else { return }
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(10))
        for attempt in 1... {
            do {
                let counted = try await results.count(part, lifetime: state.configuration.resultLifetime)
                if case .complete(let token, let parts, let members) = counted {
                    await complete(part.group, token: token, parts: parts, members: members, body: body, in: results)
                }
                return
            } catch {
                let reason = ForeignText.safe(error.description)
                guard attempt < 8 else {
                    state.log.error("Chord \(ForeignText.safe(part.group)) lost its part \(ForeignText.safe(part.task.rawValue)): \(reason)")
                    return
                }
                state.log.warning("Chord \(ForeignText.safe(part.group)) waits: \(reason)")
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    private func complete(_ group: String, token: String, parts: [ChordPart], members: Value?, body: Value, in results: any ResultStore) async {
        if let failed = parts.first(where: { $0.state == .failure || $0.state == .revoked }) {
            let cause = StoredException(failed.result)?.text ?? PythonRepr.text(failed.result)
            await fail(body, group: group, "Dependency \(failed.task) raised \(cause)")
            try? await results.closeChord(group, token: token, isSent: false)
            return
        }
        do {
            let argument = members.flatMap { Self.nested($0, parts) } ?? .array(parts.map(\.result))
            _ = try await state.app.apply(Signature(body), args: [argument])
            try await results.closeChord(group, token: token, isSent: true)
        } catch {
            await fail(body, group: group, "Callback error: \(error)")
            try? await results.closeChord(group, token: token, isSent: false)
        }
    }

    /// Whoever waits for the body learns why it will not come.
    private func fail(_ body: Value, group: String, _ reason: String) async {
        state.log.error("Chord \(ForeignText.safe(group)) raised: \(ForeignText.safe(reason))")
        let exception = StoredException(type: "ChordError", module: "celery.exceptions", arguments: [.string(reason)])
        for signature in Self.bodies(body) {
            guard let id = signature.options["task_id"]?.string else { continue }
            var record = ResultRecord(id: TaskID(id), state: .failure, result: exception.value)
            record.traceback = exception.text
            record.dateDone = ISOTime.text(state.time())
            await state.completions.store(record)
            await callErrbacks(of: signature, id: id)
        }
    }

    private func callErrbacks(of signature: Signature, id: String) async {
        let errbacks = RevokedStamps.list(signature.options["link_error"] ?? .null)
        guard !errbacks.isEmpty else { return }
        let group = Signature("celery.group", kwargs: ["tasks": .array(errbacks)], kind: .group)
        do { _ = try await state.app.apply(group, args: [.string(id)]) } catch {
            state.log.error("Couldn't send the error callbacks of \(ForeignText.safe(id)): \(ForeignText.safe("\(error)"))")
        }
    }

    /// The body; of a group, its members.
    private static func bodies(_ body: Value) -> [Signature] {
        guard let signature = try? Signature(body) else { return [] }
        guard signature.kind == .group else { return [signature] }
        return RevokedStamps.list(signature.kwargs["tasks"] ?? .null).compactMap { try? Signature($0) }
    }

    /// The results in the nesting of the saved group, `[[id, parent], [member, …]]`; `nil` when that does not name them all.
    static func nested(_ group: Value, _ parts: [ChordPart]) -> Value? {
        let results = Dictionary(parts.map { ($0.task.rawValue, $0.result) }) { first, _ in first }
        guard let members = group.array?.dropFirst().first?.array else { return nil }
        return result(members, results)
    }

    private static func result(_ members: [Value], _ results: [String: Value]) -> Value? {
        var values: [Value] = []
        for member in members {
            guard let pair = member.array, let id = pair.first?.array?.first?.string else { return nil }
            if let inner = pair.dropFirst().first?.array {
                guard let value = result(inner, results) else { return nil }
                values.append(value)
            } else {
                guard let value = results[id] else { return nil }
                values.append(value)
            }
        }
        return .array(values)
    }
}
