import CeleriacCore

extension DashboardState {
    var helpArea: Rect { layout.isOneLine ? Rect(rows: rows, columns: columns) : layout.body }

    /// Every command that applies here with its keys, made from the binding table.
    func helpLines(_ keymap: Keymap) -> [Line] {
        var lines: [Line] = []
        for scope in scopes {
            let name = scope.prefix(1).uppercased() + scope.dropFirst()
            lines += [lines.isEmpty ? heading(name) : .empty] + (lines.isEmpty ? [] : [heading(name)])
            for command in Command.allCases where command.place.rawValue == scope {
                let keys = keymap.keys(for: command.rawValue, scopes: scopes).map(\.label).joined(separator: " ")
                let words = command.title + (command.isActing ? " (asks first)" : "")
                lines.append(Line([Span(DisplayWidth.pad(keys.isEmpty ? "-" : keys, to: 18) + "  ", keys.isEmpty ? .dim : .hintKey), Span(words)]))
            }
        }
        lines += [.empty, heading("In cells"), Line("…  asked, no answer yet     -  does not apply     ?  no answer, with the age of the last value     0  a real zero")]
        lines += [Line("≈  worked out from other facts     ≥  not less than this"), .empty, heading("Filters")]
        lines += [Line("state:failure name:shop.* args~\"42\" runtime>5s and not worker:web-1; a bare word is looked for anywhere")]
        return lines
    }

    func render(_ help: HelpState, _ keymap: Keymap, into grid: inout Grid) {
        let area = helpArea
        grid.fill(area)
        grid.box(area, title: "Keys", titleStyle: Style(.accent, .bold))
        TextView.render(helpLines(keymap), help.text, isStale: false, into: &grid, at: area.inner)
    }
}
