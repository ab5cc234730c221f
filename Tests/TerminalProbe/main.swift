// A program that shows what `Terminal` tells it, and ends in every way a program can. Driven by TerminalTests in a pseudo-terminal.
// With PROBE_GRIDS=FILE it shows pictures at random instead, one a key, and writes what each should look like to that file.

import Dashboard
import Foundation
import TestSupport
import Terminal

let environment = ProcessInfo.processInfo.environment
let glyphs: Glyphs = Terminal.drawsUnicode ? .unicode : .ascii
let theme = try Theme(ThemeFile(palette: ["alarm": "red"], roles: ["bad": ["fg": "alarm", "emphasis": "bold"], "dim": ["fg": "bright-black"]]))
let terminal = Terminal(theme: theme, glyphs: glyphs)
do {
    try terminal.open()
} catch {
    print("no terminal: \(error)")
    if environment["PROBE_WAITS"] != nil { sleep(60) }
    exit(3)
}
var told: [String] = []

@MainActor func picture() -> Grid {
    var grid = Grid(rows: terminal.size.rows, columns: terminal.size.columns)
    grid.box(grid.area, title: "\(grid.rows)×\(grid.columns)", glyphs: glyphs)
    grid.write("日本語 e\u{301}|😀|❤\u{FE0F}|🇩🇪|", row: 1, column: 2)
    for (index, line) in told.suffix(max(0, grid.rows - 3)).enumerated() { grid.write(line, row: 2 + index, column: 2, style: Style(.bad)) }
    return grid
}

/// Texts of all widths at random places, over one another, and over the edges.
@MainActor func scribble(_ grid: inout Grid, _ random: inout SeededGenerator) {
    let texts = ["plain text", "x", "日本語テキスト", "e\u{301}a\u{308}o", "😀🎉", "──┼──", "▁▂▃▄▅▆▇█", "한글", "          ", "aaaaaaaaaaaaaaaa"]
    for _ in 0..<Int.random(in: 1...40, using: &random) {
        let text = texts[Int.random(in: 0..<texts.count, using: &random)]
        let style = Style([.text, .bad, .dim][Int.random(in: 0..<3, using: &random)], [[], .bold, .reverse][Int.random(in: 0..<3, using: &random)])
        grid.write(text, row: Int.random(in: 0..<grid.rows, using: &random), column: Int.random(in: -4..<grid.columns, using: &random), style: style)
    }
    if Bool.random(using: &random) {
        grid.fill(Rect(row: grid.rows / 3, column: 0, rows: grid.rows / 2, columns: Int.random(in: 0...grid.columns, using: &random)))
    }
}

if let file = environment["PROBE_GRIDS"] {
    var random = SeededGenerator(seed: 1), number = 0
    var grid = Grid(rows: terminal.size.rows, columns: terminal.size.columns)
    for await input in terminal.inputs {
        if input == .key(.character("q")) || input == .hangup { break }
        number += 1
        scribble(&grid, &random)
        grid.write("#\(number)", row: grid.rows - 1, column: grid.columns - 6, width: 6)
        try grid.text.write(toFile: file, atomically: true, encoding: .utf8)
        terminal.show(grid)
    }
    terminal.close()
    exit(0)
}

@inline(never) func recurse(_ depth: Int) -> Int { depth == .max ? 0 : recurse(depth + 1) &+ depth }

terminal.show(picture())
for await input in terminal.inputs {
    switch input {
    case .key(.character("q")): terminal.close(); print("bye"); exit(0)
    case .key(.character("T")): let none: [Int] = []; print(none[told.count])
    case .key(.character("A")): abort()
    case .key(.character("O")): print(recurse(told.count))
    case .key(.character("R")): exit(5)  // without giving anything back
    case .key(.character("H")): while true { sleep(60) }
    case .key(.character("P")): terminal.close(); print("plain"); sleep(60)
    case .key(.character("C")): terminal.copy("to be copied")
    case .key(.character("W")): terminal.setTitle("a\u{07}title")
    case .key(.character("L")):
        await terminal.lend {
            print("lent", terminator: "")
            fflush(nil)
            _ = readLine()
        }
    case .key(.control("z")): terminal.suspend()
    case .key(let key): told.append("key \(key)")
    case .resized(let rows, let columns): told.append("resized \(rows) \(columns)")
    case .hangup: exit(7)
    case .terminate: terminal.close(); exit(8)
    }
    terminal.show(picture())
}
