import CeleriacBroker
import CeleriacCore
import GRDB

/// How a set of tables keeps entries. All is done within the caller's transaction.
protocol ScheduleLayout: Sendable {
    var features: ScheduleFeatures { get }
    /// What is made when the store may make tables.
    var tables: TableSet { get }
    /// What may mend it when the tables are not there.
    var missingHint: String { get }

    /// In no order.
    func entries(_ database: Database) throws -> [StoredEntry]
    func entry(_ name: String, _ database: Database) throws -> StoredEntry?
    /// - Parameter now: seconds since 1970.
    func insert(_ entry: ScheduleEntry, now: Double, _ database: Database) throws
    /// Writes what makes `entry` differ from `read`, which is as `current` but for runs.
    func update(_ current: StoredEntry, read: ScheduleEntry, to entry: ScheduleEntry, now: Double, _ database: Database) throws
    func delete(_ name: String, now: Double, _ database: Database) throws
    func record(_ run: RecordedRun, now: Double, _ database: Database) throws
    /// A text that is another after each change that beat would notice.
    func mark(_ database: Database) throws -> String
    /// The same, without what `record` writes.
    func editMark(_ database: Database) throws -> String
}

extension [DatabaseValue] {
    /// A text that differs when any of the values does.
    var fingerprint: String {
        map { value in
            switch value.storage {
            case .null: "n"
            case .int64(let number): "i\(number)"
            case .double(let number): "d\(number)"
            case .string(let text): "s\(text.utf8.count)'\(text)"
            case .blob(let bytes): "b\(bytes.count)'\(bytes.map { String($0, radix: 16) }.joined(separator: "."))"
            }
        }.joined(separator: "|")
    }
}

// SQLite keeps any value in any column: what is of another type than it should be is taken for what it says, or for nothing.
extension DatabaseValue {
    var text: String? {
        switch storage {
        case .string(let text): text
        case .int64(let number): String(number)
        case .double(let number): String(number)
        case .null, .blob: nil
        }
    }

    var integer: Int? {
        switch storage {
        case .int64(let number): Int(exactly: number)
        case .double(let number): Int(exactly: number)
        case .string(let text): Int(text)
        case .null, .blob: nil
        }
    }

    var number: Double? {
        switch storage {
        case .int64(let number): Double(number)
        case .double(let number): number
        case .string(let text): Double(text)
        case .null, .blob: nil
        }
    }

    /// Of a naive UTC time as text: seconds since 1970.
    var time: Double? { text.flatMap(ISOTime.parse) }
}
