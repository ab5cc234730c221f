import CeleriacCore

extension EntryForm {
    var hints: [(String, String)] {
        if question != nil { return [("y", question == .leave ? "leave without saving" : "load theirs"), ("any other key", "go on")] }
        if isSaving { return [("Esc", "leave; it is being saved")] }
        guard let conflict else { return [("Tab", "next field"), ("Ctrl-s", base == nil ? "check and add" : "check and save"), ("Esc", "leave")] }
        let theirs: [(String, String)] = if case .changed = conflict { [("Ctrl-t", "load theirs")] } else { [] }
        return theirs + [("Ctrl-s", conflict == .removed ? "add it again" : "overwrite theirs"), ("Tab", "next field"), ("Esc", "leave")]
    }
}

extension DashboardState {
    func render(_ form: EntryForm, _ context: DrawContext, into grid: inout Grid) {
        render(form.form, title: form.title, into: &grid) { form.panel(context, width: $0) }
    }
}

extension EntryForm {
    /// What stands beneath the fields.
    func panel(_ context: DrawContext, width: Int) -> [Line] {
        if question == .leave { return [Line("Leave without saving? What was typed is lost.", .warning, .bold)] + preview(context, width) }
        if question == .loadTheirs { return [Line("Load theirs? What was typed is lost.", .warning, .bold)] + conflictLines(width) }
        if isSaving { return [Line("saving …", .dim)] + preview(context, width) }
        let refused = refusal.map { [Line($0, .bad)] } ?? []
        return refused + (conflict == nil ? preview(context, width) : conflictLines(width))
    }

    private func preview(_ context: DrawContext, _ width: Int) -> [Line] {
        let problem = base?.problem.map { [Line("beat cannot run it as it is stored: \(safe($0))", .bad)] } ?? []
        guard let words = preview.words else {
            let reason = unknownZone.map { "asking for the time zone \(safe($0, limit: 60)) …" } ?? "no runs can be told until the schedule is right"
            return problem + [Line(reason, .dim)]
        }
        var lines = problem + [Line(safe(words), .dialog, .bold)]
        if draft[.zone].trimmed.isEmpty, draft.kind == .crontab { lines[lines.count - 1].spans.append(Span("  beat's own zone is taken to be \(preview.zone.name)", .dim)) }
        if draft[.enabled] != "yes" { lines.append(Line("disabled: none of these runs happens", .warning)) }
        if preview.runs.isEmpty { lines.append(Line("it never runs", .warning)) }
        for warning in preview.warnings.prefix(2) { lines.append(Line("! \(safe(warning.text))", .warning)) }
        let zone = preview.zone
        lines += preview.runs.enumerated().map { index, run in
            if index == 0, preview.isDue { return Line("at once: a run is due already", .warning) }
            var spans = [Span("\(zone.weekday(run)) \(zone.dateAndTime(run))\(width < 60 ? "" : " " + zone.name)", .dialog), Span("  in \(Formats.duration(max(0, run - context.now).rounded()))", .dim)]
            if !zone.isFixed, width >= 100 { spans.append(Span("  \(ZoneRules.utc.dateAndTime(run)) UTC", .dim)) }
            return Line(spans)
        }
        return lines
    }

    /// What was read, what they made of it, and what was typed, field by field.
    private func conflictLines(_ width: Int) -> [Line] {
        guard case .changed(let theirs) = conflict else { return [Line("It was removed by somebody else since it was read.", .bad, .bold)] }
        let read = base?.entry
        let head = base == nil ? "This name is taken by another entry:" : "Somebody else changed it since it was read:"
        guard let ours = reading.entry ?? read else { return [Line(head, .bad, .bold)] }
        let changed = theirs.entry.differences(from: read), typed = ours.differences(from: read)
        let before = read.map(EntryDraft.init) ?? EntryDraft()
        let column = max(8, (width - 12) / 3 - 2)
        func row(_ cells: [String], _ role: Role, _ emphasis: Style.Emphasis = []) -> Line {
            let texts = cells.enumerated().map { index, text in DisplayWidth.pad(DisplayWidth.cut(safe(text), to: index == 0 ? 10 : column, ellipsis: Glyphs.unicode.ellipsis), to: index == 0 ? 12 : column + 2, .left) }
            return Line(texts.joined(), role, emphasis)
        }
        var lines = [Line(head, .bad, .bold), row(["", "WAS READ", "THEIRS", "YOURS"], .dim)]
        for field in EntryDraft.Field.allCases {
            let their = changed.first { $0.field == field }, our = typed.first { $0.field == field }
            guard their != nil || our != nil else { continue }
            let old = read == nil ? "" : before[field]
            lines.append(row([field.label, old, their?.after ?? old, our?.after ?? old], .dialog))
        }
        return lines
    }
}
