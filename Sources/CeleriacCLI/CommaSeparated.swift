import CeleriacCore
import OrderedCollections

/// RFC 4180 text of rows that have the same members.
enum CommaSeparated {
    static func text(_ rows: [Value]) -> String {
        guard let first = rows.first?.object else { return "" }
        let lines = [Array(first.keys)] + rows.map { row in first.keys.map { cell(row[$0] ?? .null) } }
        return lines.map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func cell(_ value: Value) -> String {
        switch value {
        case .null: ""
        case .string(let text): ForeignText.safe(text)
        default: JSON.text(value)
        }
    }

    /// A leading `=`, `+`, `-` or `@` would be run as a formula by spreadsheets: such a text gets an apostrophe in front, numbers do not.
    private static func quoted(_ text: String) -> String {
        let text = "=+-@".contains(text.first ?? " ") && Double(text) == nil ? "'" + text : text
        guard text.contains(where: { "\",\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
