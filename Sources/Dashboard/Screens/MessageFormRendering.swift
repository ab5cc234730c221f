import CeleriacCore

extension MessageForm {
    var hints: [(String, String)] {
        if isLeaving { return [("y", isEdit ? "leave without changing" : "leave without sending"), ("any other key", "go on")] }
        if isBusy { return [("Esc", "leave; it is on its way")] }
        return [("Tab", "next field"), ("Ctrl-s", "check"), ("Esc", "leave")] + (isEdit ? [("Ctrl-o", "in the editor")] : []) + (names.isEmpty ? [] : [("Ctrl-n", "complete the name")])
    }

    /// What stands beneath the fields.
    func panel(_ context: DrawContext, width: Int) -> [Line] {
        if isLeaving { return [Line("Leave? What was typed is lost.", .warning, .bold)] }
        var lines = refusal.map { [Line($0, .bad)] } ?? []
        if isBusy { lines.append(Line("on its way …", .dim)) }
        lines += draft.differences.flatMap { difference in wrapped(difference.words, width, .accent).prefix(3) }
        lines += offered(width)
        return lines + notes.flatMap { wrapped($0, width, .dialog) }
    }

    private func wrapped(_ text: String, _ width: Int, _ role: Role) -> [Line] { DisplayWidth.wrap(safe(text, limit: 1000), to: max(20, width)).map { Line($0, role) } }

    /// Names that what was typed may become.
    private func offered(_ width: Int) -> [Line] {
        guard form.fields.indices.contains(form.focus), form.fields[form.focus].id == MessageDraft.Field.name.rawValue, !names.isEmpty else { return [] }
        let found = offers.isEmpty ? matchingNames(draft[.name].trimmed) : offers
        if found.isEmpty { return [Line("no task of this name is known here: it is sent all the same", .warning)] }
        let shown = found.prefix(12).map { safe($0, limit: 60) }.joined(separator: "  ")
        return DisplayWidth.wrap(shown, to: max(20, width)).prefix(3).map { Line($0, .dim) }
    }
}

extension DashboardState {
    func render(_ form: MessageForm, _ context: DrawContext, into grid: inout Grid) {
        render(form.form, title: form.title, into: &grid) { form.panel(context, width: $0) }
    }
}
