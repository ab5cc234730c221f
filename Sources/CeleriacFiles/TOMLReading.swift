import CeleriacCore
import OrderedCollections
import TOMLKit

/// Why a text is no TOML, and where.
struct TOMLFault: Error {
    let line: Int
    let words: String
}

/// What of this module speaks to TOMLKit: an edit replaces lines of the text, which a round trip would not keep.
enum TOMLReading {
    /// The whole document as an object, members in no particular order; dates and times as ISO 8601 texts.
    static func value(_ text: String) throws(TOMLFault) -> Value {
        // Its reader takes the text for a C string.
        if text.utf8.contains(0) {
            throw TOMLFault(line: 1 + text.utf8.prefix { $0 != 0 }.count { $0 == UInt8(ascii: "\n") }, words: "a NUL is not allowed")
        }
        let table: TOMLTable
        do { table = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw TOMLFault(line: error.source.begin.line, words: error.description.split(separator: "\n").first.map(String.init) ?? "not TOML")
        } catch { throw TOMLFault(line: 1, words: "\(error)") }
        return object(table)
    }

    private static func object(_ table: TOMLTable) -> Value {
        var members: OrderedDictionary<String, Value> = [:]
        for key in table.keys { if let item = table[key] { members[key] = value(item.tomlValue) } }
        return .object(members)
    }

    private static func value(_ item: TOMLValue) -> Value {
        switch item.type {
        case .table: item.table.map(object) ?? .null
        case .array: .array(item.array?.map { value($0.tomlValue) } ?? [])
        case .string: .string(item.string ?? "")
        case .int: item.int.map { .integer($0) } ?? .null
        case .double: item.double.map { .number($0) } ?? .null
        case .bool: item.bool.map { .bool($0) } ?? .null
        case .date: item.date.map { .string(text($0)) } ?? .null
        case .time: item.time.map { .string(text($0)) } ?? .null
        case .dateTime: item.dateTime.map { .string(text($0)) } ?? .null
        }
    }

    private static func text(_ date: TOMLDate) -> String { "\(padded(date.year, 4))-\(padded(date.month))-\(padded(date.day))" }

    private static func text(_ time: TOMLTime) -> String {
        "\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))" + (time.nanoSecond == 0 ? "" : "." + padded(time.nanoSecond / 1000, 6))
    }

    private static func text(_ time: TOMLDateTime) -> String {
        let offset = time.offset.map { ($0.offset < 0 ? "-" : "+") + padded(abs($0.offset) / 60) + ":" + padded(abs($0.offset) % 60) } ?? ""
        return text(time.date) + "T" + text(time.time) + offset
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
