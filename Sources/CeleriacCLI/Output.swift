import CeleriacCore
import Dashboard
import Foundation

/// Lines on standard output and standard error. What foreign sides sent goes through `ForeignText` first.
enum Output {
    static func line(_ text: String) { write(text + "\n", to: FileHandle.standardOutput) }
    static func complain(_ text: String) { write(text + "\n", to: FileHandle.standardError) }

    /// One JSON document on one line, in ASCII: whatever foreign sides sent, a terminal sees nothing to obey.
    static func json(_ value: Value) { line(String(decoding: JSON.encode(value), as: UTF8.self)) }

    private static func write(_ text: String, to handle: FileHandle) {
        do { try handle.write(contentsOf: Data(text.utf8)) } catch { exit(Outcome.done.rawValue) }
    }

    /// Columns as wide as their widest cell, two blanks apart; numbers are right-aligned when `right` says so.
    static func table(_ headings: [String], _ rows: [[String]], right: Set<Int> = []) {
        let widths = headings.indices.map { column in ([headings] + rows).map { DisplayWidth.columns(of: $0[column]) }.max() ?? 0 }
        for row in [headings] + rows {
            let cells = row.enumerated().map { column, text in
                let padding = String(repeating: " ", count: max(0, widths[column] - DisplayWidth.columns(of: text)))
                return right.contains(column) ? padding + text : text + padding
            }
            var text = cells.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            line(text)
        }
    }
}
