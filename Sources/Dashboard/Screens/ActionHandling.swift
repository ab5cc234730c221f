import CeleriacCore

extension DashboardState {
    /// Lines of the log kept.
    static let logLimit = 1000

    /// Takes over what came back from outside. `now` in seconds since 1970.
    public mutating func handle(_ action: Action, now: Double) {
        switch action {
        case .logged(let entry):
            log.append(entry)
            if log.count > Self.logLimit { log.removeFirst(log.count - Self.logLimit) }
        case .reply(let id, let reply):
            guard let index = log.lastIndex(where: { $0.id == id }) else { return }
            log[index].replies.append(reply)
        case .finished(let id, let summary, let isError):
            if let index = log.lastIndex(where: { $0.id == id }) { (log[index].summary, log[index].isError) = (summary, isError) }
            jobs.removeAll { $0.id == id && $0.act == nil }
            outcome = Outcome(text: summary, isError: isError)
            notice = nil
        case .result(let id, let record): results.set(id, record.map(StoredResult.record) ?? .none)
        case .resultFailed(let id, let reason): results.set(id, .failed(reason))
        case .inspected(let worker, let method, let value):
            inspections[worker, default: Inspection()].values[method] = value
            inspections[worker]?.at = now
            inspections[worker]?.problem = nil
        case .inspectFailed(let worker, let reason): inspections[worker, default: Inspection()].problem = reason
        case .peeked(let sample):
            look(at: sample.queue) { $0.take(sample, now: now) }
            settleMessages(now)
        case .peekFailed(let queue, let reason): look(at: queue) { ($0.isAsking, $0.problem, $0.pending) = (false, reason, nil) }
        case .scanned(let queue, let id, let part):
            look(at: queue) { if $0.scan?.id == id { $0.scan?.take(part) } }
            settleMessages(now)
        case .tasksCounted(let queue, let counts): look(at: queue) { $0.counts = counts }
        case .edited(let edit):
            remember(.schedule(edit))
        case .undone(let id): undos.removeAll { if case .schedule(let edit) = $0 { edit.id == id } else { false } }
        case .jobBegan(let job): jobs.append(job)
        case .jobProgressed(let id, let progress): self.progress(of: id, progress)
        case .jobEnded(let id): endJob(id)
        case .trashed(let entry): remember(.messages(entry))
        case .restored(let id): undos.removeAll { if case .messages(let entry) = $0 { entry.id == id } else { false } }
        case .trashListed(let entries, let isFirst): takeTrash(entries, isFirst: isFirst)
        case .messageEdited(let verdict): take(verdict)
        case .heldFound(let queue, let message): openHeldForm(message, in: queue, now)
        case .documentEdited(let text): take(document: text, now)
        case .zone(let name, let rules):
            updateEntryForm { form in
                form.learn(name, rules, now: now)
                return true
            }
        case .entryWritten(let write): updateEntryForm { $0.take(write, now: now) }
        case .entryRefused(let reason):
            updateEntryForm { form in
                (form.isSaving, form.refusal) = (false, safe(reason))
                return true
            }
        case .callFound(let call, let use): take(call, for: use, now)
        case .messageFound(let id, let answer):
            switch answer {
            case .found(let message): foundMessages.set(id, .found(message))
            case .missing(let reason): foundMessages.set(id, .missing(reason))
            }
        case .sent: updateMessageForm { _ in false }
        case .sendRefused(let reason):
            updateMessageForm { form in
                (form.isBusy, form.refusal) = (false, safe(reason))
                return true
            }
        case .taskNames(let names):
            updateMessageForm { form in
                form.names = names
                return true
            }
        case .progressed(let id, let words):
            tellJob(id, words, now)
        case .notify(let text, let isError):
            outcome = Outcome(text: text, isError: isError)
            notice = nil
        }
    }
}
