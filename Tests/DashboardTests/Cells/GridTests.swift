import Dashboard
import Testing

@Suite struct GridTests {
    @Test func writesTextsAndSaysHowWideTheyWere() {
        var grid = Grid(rows: 3, columns: 12)
        #expect(grid.write("plain", row: 0, column: 1) == 5)
        #expect(grid.write("日本語テキスト", row: 1, column: 1) == 10, "a half does not fit into the last column")
        #expect(grid.write("cut after five", row: 2, column: 0, width: 5, ellipsis: "…") == 5)
        #expect(
            grid.text == """
                 plain
                 日本語テキ
                cut …
                """)
    }

    @Test func aWideGraphemeTakesTwoCellsAndAJoinedOneItsOwn() {
        var grid = Grid(rows: 1, columns: 8)
        grid.write("日e\u{301}👍🏽क्ष", row: 0, column: 0)
        #expect(grid.cells.map(\.text) == ["日", "", "e\u{301}", "👍🏽", "", "क\u{94D}", "ष", " "])
    }

    @Test func marksPileUpToFiveScalarsAndControlsAreLeftOut() {
        var grid = Grid(rows: 1, columns: 4)
        grid.write("a" + String(repeating: "\u{301}", count: 9) + "\u{1B}\tb\r\n\u{301}c", row: 0, column: 0)
        #expect(grid.cells.map(\.text.unicodeScalars.count) == [5, 1, 1, 1])
        #expect(grid.cells.map(\.text).dropFirst().joined() == "bc ")
    }

    @Test func whatIsOutsideIsCut() {
        var grid = Grid(rows: 2, columns: 4)
        #expect(grid.write("abcdef", row: 0, column: -2) == 6)
        #expect(grid.write("日本語", row: 1, column: -1) == 4)
        #expect(grid.write("gone", row: 2, column: 0) == 4)
        #expect(grid.write("gone", row: 0, column: 4) == 0)
        grid.write("gone", row: -1, column: 0)
        grid[7, 7] = Cell("x")
        #expect(grid.text == "cdef\n 本")
        #expect(grid[7, 7] == Cell())
    }

    @Test func halfAWideGraphemeDoesNotStay() {
        var grid = Grid(rows: 1, columns: 6)
        grid.write("日本語", row: 0, column: 0)
        grid.write("x", row: 0, column: 1)
        grid[0, 4] = Cell("y")
        #expect(grid.cells.map(\.text) == [" ", "x", "本", "", "y", " "])
        grid.fill(Rect(row: 0, column: 3, rows: 1, columns: 1), Cell("-"))
        #expect(grid.text == " x -y")
        grid[0, 5] = Cell("日")
        #expect(grid[0, 5].text == " ")
    }

    @Test func boxesHaveATitleInTheirEdge() {
        var grid = Grid(rows: 8, columns: 12)
        grid.box(Rect(row: 0, column: 0, rows: 3, columns: 12), title: "Queues")
        grid.box(Rect(row: 3, column: 1, rows: 2, columns: 10), title: "A long title")
        grid.box(Rect(row: 5, column: 0, rows: 3, columns: 12), title: "日本語", glyphs: .ascii)
        #expect(
            grid.text == """
                ┌ Queues ──┐
                │          │
                └──────────┘
                 ┌ A lon… ┐
                 └────────┘
                + 日本語 --+
                |          |
                +----------+
                """)
    }

    @Test func restylingKeepsTheText() {
        var grid = Grid(rows: 2, columns: 4)
        grid.write("日本", row: 0, column: 0, style: Style(.good))
        grid.restyle(Rect(row: 0, column: 0, rows: 1, columns: 2), Style(.selection, .bold))
        #expect(grid.text == "日本\n")
        #expect(grid.cells.prefix(4).map(\.style) == [Style(.selection, .bold), Style(.selection, .bold), Style(.good), Style(.good)])
    }

    @Test func inASCIIEachSignHasATwinOfItsWidth() {
        var grid = Grid(rows: 4, columns: 12)
        grid.box(grid.area, title: "µs … 日本")
        grid.write("● ◐ ✖ ≈▁█", row: 1, column: 1)
        grid.write("日é😀|", row: 2, column: 1)
        #expect(
            grid.inASCII().text == """
                + us ~ ? ~ +
                |* o X ~_# |
                |? ?? |    |
                +----------+
                """)
    }

    @Test func glyphsAreAsWideAsTheySay() {
        for glyphs in [Glyphs.unicode, .ascii] {
            for child in Mirror(reflecting: glyphs).children {
                let texts = (child.value as? [String]) ?? [(child.value as? String) ?? ""]
                let columns =
                    switch child.label {
                    case "branch", "lastBranch", "trunk", "noTrunk": 3...3
                    case "asking": 1...3
                    case "infinity": 1...2
                    default: 1...1
                    }
                for text in texts { #expect(columns.contains(DisplayWidth.columns(of: text)), "\(child.label ?? ""): \(text)") }
                if glyphs == .ascii { #expect(texts.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }) }
            }
            #expect(glyphs.spark.count == 8)
        }
    }
}
