import CeleriacCore

/// Jobs under way, and taking them back.
extension DashboardState {
    /// Acts that `u` can take back, at most so many.
    static let undosKept = 50

    /// Edits of the schedule that can be taken back, the newest last.
    public var scheduleEdits: [DoneEdit] { undos.compactMap { if case .schedule(let edit) = $0 { edit } else { nil } } }

    mutating func remember(_ undo: Undo) {
        undos.append(undo)
        if undos.count > Self.undosKept { undos.removeFirst() }
    }

    // MARK: - Under way

    mutating func stopJob(_ now: Double) -> [Effect] {
        let running = jobs.filter { !$0.isStopping }
        guard running.count != 1 else { return stop(running[0].id) }
        if running.isEmpty {
            guard let queue = listedQueue else { return [] }
            look(at: queue) { look in
                look.scan?.isDone = true
                look.scan?.isStopped = true
            }
            return [.stopScan(queue)]
        }
        modals.append(.menu(Menu("Stop", running.map { Menu.Item($0.words(now: now), .stopJob($0.id)) }, openedAt: now)))
        return []
    }

    mutating func stop(_ id: Int) -> [Effect] {
        guard let index = jobs.firstIndex(where: { $0.id == id }) else { return [] }
        jobs[index].isStopping = true
        return [.stop(log: id)]
    }

    var whyNotStop: String? {
        if jobs.contains(where: { !$0.isStopping }) { return nil }
        if listedQueue != nil, messageLook.scan?.isDone == false { return nil }
        return jobs.isEmpty ? "no job is running" : "it is being stopped"
    }

    /// A line for each job, the newest first.
    func renderJobs(_ keymap: Keymap, now: Double, into grid: inout Grid, at area: Rect) {
        let key = keymap.keys(for: Command.stopJob.rawValue, scopes: ["everywhere"]).first?.label
        for (offset, job) in jobs.reversed().prefix(area.rows).enumerated() {
            let more = offset == area.rows - 1 && jobs.count > area.rows ? "  and \(jobs.count - area.rows) more" : ""
            let hint = key.map { job.isStopping ? "" : "  \($0) stops" } ?? ""
            grid.write(job.words(now: now) + more + hint, row: area.row + offset, column: 1, width: area.columns - 2, style: Style(.info), ellipsis: Glyphs.unicode.ellipsis)
        }
    }

    /// How far a job has come that has words of its own for it.
    mutating func tellJob(_ id: Int, _ words: String, _ now: Double) {
        guard let index = jobs.firstIndex(where: { $0.id == id }) else {
            jobs.append(MessageJob(id: id, act: nil, title: words, startedAt: now))
            return
        }
        jobs[index].title = words
    }

    mutating func progress(of id: Int, _ progress: JobProgress) {
        guard let index = jobs.firstIndex(where: { $0.id == id }) else { return }
        jobs[index].progress = progress
    }

    /// It is over: the queues that it was about are looked at anew, and what was taken away is not shown any more.
    mutating func endJob(_ id: Int) {
        guard let job = jobs.first(where: { $0.id == id }) else { return }
        jobs.removeAll { $0.id == id }
        guard let act = job.act else { return }
        for queue in act.queues where looks[queue] != nil { look(at: queue) { $0.isOutdated = true } }
        let taken = Set(act.messages)
        guard !taken.isEmpty else { return }
        look(at: act.queue) { $0.drop(taken) }
    }

    // MARK: - Taking back

    func whyNotUndo(_ picture: Picture) -> String? {
        switch undos.last {
        case .schedule?: whyNotWriteEntries(picture)
        case .messages?: whyNotAct(picture)
        case nil: "nothing was done from here that can be taken back"
        }
    }

    mutating func askToUndo(_ now: Double) {
        switch undos.last {
        case .schedule(let edit)?: askToUndo(edit, now)
        case .messages(let entry)?: askToRestore(entry, now)
        case nil: break
        }
    }

    mutating func askToRestore(_ entry: TrashEntry, _ now: Double) {
        let noun = Formats.plural(entry.count, "message")
        var facts = ["\(noun) back into \(safe(entry.queue.rawValue)), to where they were"]
        if let target = entry.target { facts[0] = "\(noun) from \(safe(target.rawValue)) back into \(safe(entry.queue.rawValue)), to where they were" }
        if entry.act == "edit" { facts[0] = "1 message of \(safe(entry.queue.rawValue)) becomes what it was" }
        if editing.contains(.noFront), entry.act != "edit" { facts[0] = "\(noun) to the end of \(safe(entry.queue.rawValue)): this broker can put nothing at the front" }
        if !entry.isFinished { facts.append("The act did not come to its end: what is still where it was is left there.") }
        facts += [place, "What has been served or changed meanwhile is left alone."]
        let many = Confirmation.Need.text(entry.queue.rawValue, kind: "the queue's name")
        ask("Take back: \(safe(entry.words, limit: 70))", facts: facts, verb: "take back", need: entry.count > 20 ? many : need(count: entry.count), effect: .begin(.restore(entry)), now: now)
    }
}
