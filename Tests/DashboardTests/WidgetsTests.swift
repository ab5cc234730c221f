import CeleriacCore
import Testing

@testable import Dashboard

@Suite struct WidgetsTests {
    // MARK: - Table

    static let table = Table<TaskRow>(id: { $0.id.rawValue }, [
        Column("ID", 4, 8, drop: 0) { task, _ in CellText(task.id.rawValue) },
        Column("NAME", field: "name", 4, 10, most: 20, flexible: true, drop: 1) { task, _ in CellText(task.name ?? "-") },
        Column("RUN", field: "runtime", 5, 6, right: true, drop: 2) { task, _ in CellText(seconds: task.runtime) },
    ])

    /// No column overlaps the next or leaves the table, and the first one always stays.
    @Test(arguments: 0..<70, [false, true]) func columnsNeverOverlap(_ width: Int, isWide: Bool) {
        for scroll in 0..<3 {
            var list = ListState()
            (list.scroll, list.isWide) = (scroll, isWide)
            let places = Self.table.layout(width: width, list)
            for (place, next) in zip(places, places.dropFirst()) { #expect(place.x + place.width < next.x) }
            for place in places { #expect(place.x >= 2 && place.x + place.width <= max(width, 2)) }
            if width >= 3 { #expect(places.first?.column == 0) }
        }
    }

    @Test func columnsGoByPriorityAndFlexibleOnesTakeWhatIsLeft() {
        #expect(Self.table.layout(width: 22, ListState()).map(\.column) == [0, 1, 2])
        #expect(Self.table.layout(width: 16, ListState()).map(\.column) == [0, 1])
        #expect(Self.table.layout(width: 9, ListState()).map(\.column) == [0])
        #expect(Self.table.layout(width: 70, ListState()).map(\.width) == [8, 20, 6])
    }

    @Test func aTableLooksLikeThis() {
        var first = TaskRow(id: "8a1f", name: "shop.charge", state: .started), second = TaskRow(id: "77c0", name: "漢字漢字漢字", state: .success)
        (first.runtime, second.runtime) = (0.041, 63)
        var list = ListState()
        list.select("77c0", index: 1, row: 1)
        (list.sort, list.ascending, list.marks) = ("runtime", false, ["8a1f"])
        var grid = Grid(rows: 3, columns: 30)
        Self.table.render(ListPage([first, second]), list, DrawContext(now: 0, timeMode: .utc, zone: .utc, isStale: false), into: &grid, at: grid.area)
        #expect(grid.text == """
              ID       NAME           RUN▼
            ◆ 8a1f     shop.charge   41 ms
            ▶ 77c0     漢字漢字漢字    1 m
            """)
        #expect(grid[2, 0].style == Style(.selection) && grid[2, 29].style == Style(.selection))
        #expect(grid[1, 0].style == Style(.mark))
    }

    // MARK: - Charts

    @Test func sparklinesScaleToTheLargest() {
        #expect(Charts.sparkline([0, 1, 2, 4, 7], width: 10) == "▁▂▃▅█")
        #expect(Charts.sparkline([1, 2, 3], width: 2) == "▆█")
        #expect(Charts.sparkline([], width: 5) == "")
        #expect(Charts.sparkline([.nan, .infinity, 0], width: 5).count == 3)
    }

    @Test func aClassWithOneRunIsVisibleAndAnEmptyOneIsNot() {
        #expect(Charts.histogram([0, 1, 1000, 0]) == " ▁█ ")
        #expect(Charts.histogram([]) == "")
    }

    @Test(arguments: [(0.0, "    "), (0.5, "██  "), (1.0, "████"), (7.0, "████"), (.nan, "    "), (0.125, "▌   ")])
    func gaugesFillByEighths(_ part: Double, _ bar: String) {
        #expect(Charts.gauge(part, width: 4) == bar)
    }

    // MARK: - Input

    @Test func aLineIsEditedAnywhere() {
        var line = InputLine()
        for key: Key in [.character("a"), .character("c"), .left, .character("b"), .home, .delete, .end, .character("é"), .backspace, .character("d")] { _ = line.take(key) }
        #expect(line.text == "bcd" && line.cursor == 3)
        _ = line.take(.control("w"))
        #expect(line.text == "")
        let isTaken = line.take(.enter)
        #expect(!isTaken)
    }

    @Test func historyComesBackAndTheDraftIsKept() {
        var line = InputLine(history: ["one", "two"])
        for key: Key in [.character("x"), .up, .up, .up] { _ = line.take(key) }
        #expect(line.text == "one")
        for key: Key in [.down, .down, .down] { _ = line.take(key) }
        #expect(line.text == "x")
    }

    @Test func combiningMarksDoNotMisplaceTheCursor() {
        var line = InputLine("e")
        _ = line.take(.character("\u{301}"))
        #expect(line.text == "e\u{301}" && line.cursor == 1)
        _ = line.take(.backspace)
        #expect(line.text == "" && line.cursor == 0)
    }

    // MARK: - Documents

    @Test func wrappingKeepsEveryCharacterAndTheWidth() {
        let text = "The quick 漢字 jumps over the lazy dog, 0123456789"
        for width in 9...60 {
            let rows = TextView.wrapped([Line([Span(String(text.prefix(20))), Span(String(text.dropFirst(20)), .bad)])], width: width)
            #expect(rows.allSatisfy { DisplayWidth.columns(of: $0.text) <= width })
            #expect(rows.enumerated().map { $0.offset == 0 ? $0.element.text : String($0.element.text.dropFirst(2)) }.joined() == text)
        }
    }

    @Test func searchGoesRoundBothWays() {
        let lines = ["a", "needle", "b", "Needle", "c"].map { Line($0) }
        var state = TextState()
        state.search = "needle"
        func next(_ forward: Bool) -> Int? { state.find(forward: forward, lines: lines, window: 2) ? state.match : nil }
        let found = [next(true), next(true), next(true), next(false), next(false)]
        #expect(found == [1, 3, 1, 3, 1])
        state.search = "absent"
        let missing = next(true)
        #expect(missing == nil)
    }

    @Test func thePaletteFindsByInitialsFirst() throws {
        let tasks = try #require(fuzzyScore("mark all rows", "mar")), other = try #require(fuzzyScore("summary", "mar"))
        #expect(tasks > other)
        #expect(fuzzyScore("tasks", "sat") == nil)
        #expect(fuzzyScore("previous tab", "p t") != nil)
    }
}
