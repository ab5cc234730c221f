import Dashboard
import TestSupport
import Testing

@Suite struct RunTests {
    /// Whatever was on screen before, writing the difference gives the new one.
    @Test(arguments: UInt64(0)..<300) func theDifferenceRebuildsTheGrid(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var old = Grid(rows: 5, columns: 9)
        old.scribble(using: &random)
        var new = Bool.random(using: &random) ? old : Grid(rows: 5, columns: 9)
        new.scribble(using: &random)
        let runs = new.runs(since: old)
        #expect(old.applying(runs) == new)
        for run in runs {
            #expect(run.cells.first?.text.isEmpty == false, "a run begins with a whole grapheme")
            #expect(run.column + run.cells.count == 9 || !new[run.row, run.column + run.cells.count].text.isEmpty, "and ends with one")
            #expect(run.column + run.cells.count == 9 || !old[run.row, run.column + run.cells.count].text.isEmpty, "and leaves no half of the old")
        }
    }

    @Test func nothingChangedIsNothingToWrite() {
        var random = SeededGenerator(seed: 7)
        var grid = Grid(rows: 5, columns: 9)
        grid.scribble(using: &random)
        #expect(grid.runs(since: grid) == [])
    }

    @Test func onlyWhatChangedIsWritten() {
        var old = Grid(rows: 2, columns: 20)
        old.write("celery  12  34", row: 1, column: 0)
        var new = old
        new.write("13", row: 1, column: 8)
        #expect(new.runs(since: old) == [Run(row: 1, column: 9, cells: [Cell("3")])])
    }

    @Test func anotherSizeIsWrittenWhole() {
        let grid = Grid(rows: 3, columns: 4)
        #expect(grid.runs(since: Grid(rows: 3, columns: 5)).map(\.cells.count) == [4, 4, 4])
        #expect(grid.runs(since: nil).map(\.row) == [0, 1, 2])
    }
}

extension Grid {
    /// Texts of all widths and styles at random places, and blanks over them.
    fileprivate mutating func scribble(using random: inout SeededGenerator) {
        let texts = ["abc", "日本", "e\u{301}", "😀", "x", "    ", "한"]
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let style = Style([.text, .good, .bad].randomElement(using: &random) ?? .text)
            write(
                texts.randomElement(using: &random) ?? "", row: Int.random(in: 0..<rows, using: &random), column: Int.random(in: -1..<columns, using: &random),
                style: style)
            if Int.random(in: 0..<4, using: &random) == 0 {
                restyle(
                    Rect(row: Int.random(in: 0..<rows, using: &random), column: Int.random(in: 0..<columns, using: &random), rows: 2, columns: 3),
                    Style(.selection))
            }
        }
    }
}
