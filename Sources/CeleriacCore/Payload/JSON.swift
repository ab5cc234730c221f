import OrderedCollections

/// JSON as Python's `json` module reads and writes it, so that what passes through comes out the same.
///
/// Beyond RFC 8259: `NaN`, `Infinity` and `-Infinity` stand bare; integers of any length keep their digits; of a doubled key the
/// last value counts. Half of a surrogate pair, which Python keeps, is read as U+FFFD.
public enum JSON {
    /// The value of a whole UTF-8 text, in which at most 512 containers stand inside each other.
    ///
    /// - Throws: `JSONError`, also for a byte order mark, for strings that are not UTF-8, and when something follows the value.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> Value {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { throw JSONError(.byteOrderMark, at: 0) }
        var reader = JSONReader(scan: JSONScanner(bytes))
        reader.scan.skipSpace()
        let value = try reader.value(depth: 0)
        try reader.scan.finish()
        return value
    }

    public static func decode(_ bytes: [UInt8]) throws(JSONError) -> Value {
        try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) in try decode(UnsafeRawBufferPointer(bytes)) }
    }

    public static func decode(_ text: String) throws(JSONError) -> Value {
        try decode(Array(text.utf8))
    }
}

/// Builds values from what the scanner finds.
private struct JSONReader {
    var scan: JSONScanner

    /// The value under the cursor, inside of `depth` containers. Recursive: the depth limit bounds the stack.
    mutating func value(depth: Int) throws(JSONError) -> Value {
        switch scan.peek() {
        case UInt8(ascii: "\""):
            return .string(try text(scan.string()))
        case UInt8(ascii: "{"):
            guard depth < JSONScanner.depthLimit else { throw JSONError(.tooDeep, at: scan.position) }
            return .object(try members(depth: depth))
        case UInt8(ascii: "["):
            guard depth < JSONScanner.depthLimit else { throw JSONError(.tooDeep, at: scan.position) }
            return .array(try elements(depth: depth))
        case UInt8(ascii: "t") where scan.take(word: "true"): return .bool(true)
        case UInt8(ascii: "f") where scan.take(word: "false"): return .bool(false)
        case UInt8(ascii: "n") where scan.take(word: "null"): return .null
        default:
            switch try scan.number() {
            case .integer(let value): return .integer(value)
            case .number(let value): return .number(value)
            case .digits(let range): return .bigInteger(String(decoding: scan.bytes[range], as: UTF8.self))
            }
        }
    }

    private mutating func members(depth: Int) throws(JSONError) -> OrderedDictionary<String, Value> {
        var members: OrderedDictionary<String, Value> = [:]
        guard try scan.openObject() else { return members }
        repeat {
            let key = try text(scan.key())
            members[key] = try value(depth: depth + 1)
        } while try scan.nextMember()
        return members
    }

    private mutating func elements(depth: Int) throws(JSONError) -> [Value] {
        var elements: [Value] = []
        guard try scan.openArray() else { return elements }
        repeat { elements.append(try value(depth: depth + 1)) } while try scan.nextElement()
        return elements
    }

    private func text(_ text: JSONScanner.Text) throws(JSONError) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: scan.bytes[text.range])
        // ASCII needs no proof that it is UTF-8, which costs more than the copy.
        if !text.hasEscapes, raw.reduce(0, |) < 0x80 { return String(decoding: raw, as: UTF8.self) }
        let decoded: String?
        if text.hasEscapes {
            var plain: [UInt8] = []
            plain.reserveCapacity(text.range.count)
            scan.unescape(text, into: &plain)
            decoded = String(validating: plain, as: UTF8.self)
        } else {
            decoded = String(validating: raw, as: UTF8.self)
        }
        guard let decoded else { throw JSONError(.badUTF8, at: text.range.lowerBound) }
        return decoded
    }
}
