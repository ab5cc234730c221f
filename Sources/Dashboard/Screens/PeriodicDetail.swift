import CeleriacCore
import OrderedCollections

extension DashboardState {
    /// One entry: how it stands, then its runs, its coming runs, or what it is.
    func periodicLines(_ name: String, _ tab: PeriodicTab, _ picture: Picture, _ context: DrawContext, width: Int) -> [Line] {
        guard let detail = picture.entry, detail.row.name == name else { return [Line("this entry is not in the store any more", .dim)] }
        let head = headLines(detail.row, context)
        switch tab {
        case .runs: return head + [.empty] + runLines(detail, context)
        case .upcoming: return head + [.empty] + upcomingLines(detail, context, width: width)
        case .definition: return head + [.empty] + definitionLines(detail.row)
        }
    }

    private func headLines(_ row: EntryRow, _ context: DrawContext) -> [Line] {
        var lines = [Line([Span(row.state.texts[0], row.state.role, .bold), Span("  " + safe(row.entry.task), .accent), Span("  " + safe(row.words))])]
        var second: [Span] = []
        func add(_ label: String, _ text: CellText) {
            var span = Span(text.variants.first ?? "")
            span.style = text.style
            second += [Span(second.isEmpty ? label + " " : "   " + label + " ", .dim), span]
        }
        add("last", row.lastRun.map { CellText(clock($0, context)) } ?? .notApplicable)
        add("outcome", BeatScreen.outcome(row, context))
        add("next", row.next.value.map { CellText((row.next == .known($0) ? "" : Glyphs.unicode.about) + clock($0, context)) } ?? .notApplicable)
        add("runs", CellText(Formats.grouped(row.entry.runs)))
        second.append(Span("   " + (context.timeMode == .utc ? Zone.utc : context.zone).name, .dim))
        lines.append(Line(second))
        if let verdict = row.verdict { lines.append(Line(verdict.words(zone), verdict.isError ? .bad : .info)) }
        return lines
    }

    // MARK: - Runs

    private func runLines(_ detail: EntryDetail, _ context: DrawContext) -> [Line] {
        let heads = DisplayWidth.pad("RUN", to: 21) + "  " + DisplayWidth.pad("TASK", to: 8) + "  " + DisplayWidth.pad("STATE", to: 10) + "  " + DisplayWidth.pad("TOOK", to: 8, .right) + "  WORKER"
        var items = detail.runs.map { run in (at: run.recordedAt ?? run.task.sentAt ?? run.task.receivedAt ?? run.task.timestamp, line: line(run, context)) }
        let told = Set(detail.runs.compactMap(\.recordedAt))
        for sample in detail.samples {
            if !told.contains(sample.at) {
                items.append((sample.at, Line([Span("  " + DisplayWidth.pad(clock(sample.at, context), to: 21) + "  "), Span("recorded by beat, its task was not seen", .dim)])))
            }
            if sample.missed > 0 { items.append((sample.at - 0.001, Line("  \(Formats.plural(sample.missed, "run")) missed before", .warning))) }
        }
        guard !items.isEmpty else {
            return [heading("Runs"), Line("no run was recorded, and no task of this name with these arguments was seen", .dim)]
        }
        // Equal times keep their order.
        let sorted = items.enumerated().sorted { ($1.element.at, $0.offset) < ($0.element.at, $1.offset) }.map(\.element.line)
        var lines = [Line("  " + heads, .heading)] + sorted
        if detail.runs.contains(where: \.isInferred) {
            lines += [.empty, Line("≈ joined by name, arguments and time: no message told which entry it was sent for", .dim)]
        }
        return lines
    }

    private func line(_ run: EntryRun, _ context: DrawContext) -> Line {
        let task = run.task, at = run.recordedAt ?? task.sentAt ?? task.receivedAt ?? task.timestamp
        var spans = [
            Span(run.isInferred && !run.isTriggered ? Glyphs.unicode.about + " " : "  ", .dim), Span(DisplayWidth.pad(clock(at, context), to: 21) + "  "),
            Span(DisplayWidth.pad(task.shortID, to: 8) + "  ", .dim), Span(DisplayWidth.pad(safe(task.state.rawValue), to: 10) + "  ", task.state.role),
            Span(DisplayWidth.pad(task.runtime.map(Formats.duration) ?? "-", to: 8, .right) + "  "), Span(DisplayWidth.pad(safe(task.worker?.short ?? "-", limit: 40), to: 10) + "  ", .dim),
        ]
        if run.isTriggered { spans.append(Span("triggered from here  ", .info)) } else if run.isInferred, run.recordedAt == nil { spans.append(Span("no run was recorded then  ", .dim)) }
        if let exception = task.exception, task.state != .success { spans.append(Span(safe(exception, limit: 200), task.state.role)) }
        return Line(spans, target: .task(task.id))
    }

    private func clock(_ instant: Double, _ context: DrawContext) -> String { Formats.date(instant, context.timeMode == .utc ? .utc : context.zone) }

    // MARK: - What is to come

    private func upcomingLines(_ detail: EntryDetail, _ context: DrawContext, width: Int) -> [Line] {
        guard !detail.upcoming.isEmpty else { return [heading("Next runs"), Line("- no run is to come", .dim)] + warnings(detail) }
        let zones = [detail.zone, detail.localZone, .utc], column = 25
        let titles = zip(["entry", "local", ""], zones).map { label, zone in DisplayWidth.pad((label.isEmpty ? "" : label + ": ") + safe(zone.name, limit: 20), to: column) }
        var lines = [Line(titles.joined() + "IN", .heading)]
        var before = context.now
        for run in detail.upcoming {
            lines += changes(from: before, to: run, zones)
            let times = zones.map { DisplayWidth.pad("\($0.weekday(run)) \($0.dateAndTime(run))", to: column) }
            lines.append(Line([Span(times[0]), Span(times[1], .dim), Span(times[2], .dim), Span(run <= context.now ? "due" : BeatScreen.countdown(run, context.now), .accent)]))
            before = run
        }
        return lines + warnings(detail)
    }

    /// A line for each change of a clock between two runs.
    private func changes(from: Double, to: Double, _ zones: [ZoneRules]) -> [Line] {
        var seen: Set<String> = []
        return zones.compactMap { zone in
            guard seen.insert(zone.name).inserted, let change = zone.nextChange(after: from), change.at <= to else { return nil }
            let way = change.shift > 0 ? "forward" : "back"
            return Line("-- \(zone.dateAndTime(change.at)): clocks go \(way) by \(Formats.duration(Double(change.shift.magnitude))), \(safe(zone.name))", .warning)
        }
    }

    private func warnings(_ detail: EntryDetail) -> [Line] {
        detail.warnings.isEmpty ? [] : [.empty] + detail.warnings.prefix(4).map { Line("! " + safe($0.text), .warning) }
    }

    // MARK: - What it is

    private func definitionLines(_ row: EntryRow) -> [Line] {
        let entry = row.entry
        var lines = [field("Name", safe(entry.name)), field("Task", safe(entry.task)), field("Kind", row.stored.problem == nil ? entry.schedule.kind : "?"), field("Schedule", row.words.isEmpty ? "?" : safe(row.words))]
        lines.append(entry.zone == nil ? field("Zone", safe(row.zoneName) + ", beat's own as far as is known here", .dim) : field("Zone", safe(row.zoneName)))
        lines.append(field("Enabled", entry.isEnabled ? "yes" : "no", entry.isEnabled ? .good : .dim))
        if entry.isOneOff { lines.append(field("One-off", "disabled after its first run")) }
        if let start = entry.start { lines.append(field("Not before", Formats.date(start, zone) + " " + zone.name)) }
        if let end = entry.end { lines.append(field("Not after", Formats.date(end, zone) + " " + zone.name)) }
        if row.stored.isStatic { lines.append(field("Static", "beat writes it again from its settings when it starts", .warning)) }
        if case .broken(let reason) = row.state { lines.append(field("Problem", safe(reason), .bad)) }
        lines += [.empty, heading("Positional")] + json(.array(entry.args)) + [heading("Keyword")] + json(.object(entry.kwargs)) + [heading("Options")] + json(.object(entry.options))
        if !entry.note.isEmpty { lines += [heading("Note")] + safeLines(entry.note).map { Line($0) } }
        return lines
    }
}
