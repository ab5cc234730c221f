import CeleriacCore

/// The fields that set one kind of task event apart, already in JSON: made where the task ran, so that the sender only joins bytes.
struct TaskEvent: Sendable {
    /// `task-received`, …
    let type: StaticString
    /// `"uuid": "…", "name": …, `: members, each with the comma after it.
    private(set) var members: [UInt8] = []

    init(_ type: StaticString, _ id: TaskID) {
        self.type = type
        members.reserveCapacity(64)
        add("uuid", id.rawValue)
    }

    mutating func add(_ name: StaticString, _ text: String?) {
        members.appendName(name)
        if let text { members.appendJSON(text) } else { members.append("null") }
        members.append(", ")
    }

    mutating func add(_ name: StaticString, _ value: Value) {
        members.appendName(name)
        members += JSON.encode(value)
        members.append(", ")
    }
}

extension [UInt8] {
    mutating func append(_ text: StaticString) { text.withUTF8Buffer { append(contentsOf: $0) } }

    /// `text`, which needs no escapes, as a JSON string.
    mutating func appendQuoted(_ text: StaticString) {
        append(UInt8(ascii: "\""))
        append(text)
        append(UInt8(ascii: "\""))
    }

    mutating func appendName(_ name: StaticString) {
        appendQuoted(name)
        append(": ")
    }

    /// `text` as a JSON string.
    mutating func appendJSON(_ text: String) {
        var text = text
        let isPlain = text.withUTF8 { bytes in
            guard bytes.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else { return false }
            append(UInt8(ascii: "\""))
            append(contentsOf: bytes)
            append(UInt8(ascii: "\""))
            return true
        }
        if !isPlain { self += JSON.encode(.string(text)) }
    }
}
