import Testing

@testable import Dashboard

@Suite struct WidgetsFormTests {
    private var form: Form {
        var form = Form([
            .text("name", label: "Name", hint: "unique", "abc"), Form.Field("kind", label: "Kind", .choice(["one", "two", "three"], selected: 1)),
            Form.Field("on", label: "On", .flag(true)), .text("note", label: "Note", ""),
        ])
        form.fields[1].problem = "not that one"
        return form
    }

    private func picture(_ form: Form, rows: Int, columns: Int) -> String {
        var grid = Grid(rows: rows, columns: columns)
        form.render(into: &grid, at: grid.area)
        return grid.text
    }

    @Test func looksLikeThis() {
        #expect(
            picture(form, rows: 5, columns: 40) == """
                ▶ Name  abc_  unique
                  Kind   one  [two]  three
                        not that one
                  On    [yes]  no
                  Note
                """)
        #expect(picture(form, rows: 2, columns: 120).split(separator: "\n")[1].contains("[two]  three    not that one"), "beside it where there is room")
        #expect(picture(form, rows: 2, columns: 26).contains("← two →  2 of 3"), "the chosen one alone where there is none")
    }

    @Test func keysGoToTheFieldWithTheFocus() {
        var form = form
        #expect(form.take(.character("d")) == .edited("name") && form.fields[0].value == "abcd")
        #expect(form.take(.left) == .moved && form.take(.backspace) == .edited("name") && form.fields[0].value == "abd")
        #expect(form.take(.enter) == .moved && form.focus == 1)
        #expect(form.take(.right) == .edited("kind") && form.fields[1].value == "three")
        #expect(form.take(.right) == .edited("kind") && form.fields[1].value == "one" && form.take(.left) == .edited("kind") && form.fields[1].value == "three")
        #expect(form.take(.character("x")) == .ignored)
        #expect(form.take(.tab) == .moved && form.take(.character(" ")) == .edited("on") && form.fields[2].value == "no")
        #expect(form.take(.tab) == .moved && form.take(.tab) == .moved && form.focus == 0, "round and round")
        #expect(form.take(.backTab) == .moved && form.focus == 3 && form.take(.down) == .moved && form.focus == 3)
        #expect(form.take(.function(5)) == .ignored && form.take(.insert) == .ignored)
    }

    @Test func theFocusKeepsToItsFieldWhenOthersComeAndGo() {
        var form = form
        form.focus(on: "on")
        form.fields.removeFirst()
        #expect(form.fields[form.focus].id == "on")
        form.fields.removeAll { $0.id == "on" }
        #expect(form.fields.indices.contains(form.focus))
        form.fields = []
        #expect(form.take(.tab) == .ignored && picture(form, rows: 3, columns: 10) == "\n\n")
    }

    @Test(arguments: 1...7) func theFieldWithTheFocusIsAlwaysInSight(rows: Int) {
        var form = form
        for _ in form.fields {
            #expect(picture(form, rows: rows, columns: 40).contains("▶"))
            _ = form.take(.tab)
        }
    }

    @Test func theCursorIsAlwaysInSight() {
        var line = InputLine(String(repeating: "漢字", count: 40) + "\u{202E}end", limit: 1000)
        for _ in 0..<90 {
            for width in 1...30 {
                let (text, cursor) = line.window(width: width, hasFocus: true)
                #expect(cursor.map { $0 >= 0 && $0 <= max(1, width) } == true, "\(width): \(text)")
                #expect(!text.contains("\u{202E}"))
            }
            _ = line.take(.left)
        }
        #expect(line.window(width: 10, hasFocus: false).cursor == nil)
    }

    @Test func aLongTextCanBeTypedOn() {
        var form = Form([.text("args", label: "Args", String(repeating: "1", count: 2000))])
        #expect(form.take(.character("2")) == .edited("args") && form.fields[0].value.count == 2001)
    }
}
