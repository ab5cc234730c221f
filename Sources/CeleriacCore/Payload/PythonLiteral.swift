import OrderedCollections

/// Reads Python's notation of plain values, never evaluates anything, and refuses whatever leaves a doubt.
public enum PythonLiteral {
    /// Who wrote the text.
    public enum Dialect: Hashable, Sendable {
        /// Python's `repr`.
        case repr
        /// Celery's abbreviating `saferepr`: arguments and results in events, `argsrepr`. In its strings only `'` is escaped and
        /// every other backslash is itself; strings that end in `...` may have been cut, and bytes have lost their escapes: both are refused.
        /// So is a string that ends in a backslash, which looks like an escaped quote: quotes then come out odd, never as other values.
        /// Sets are refused as well: what is read here is sent again as JSON, and would come back as a list.
        case saferepr
    }

    /// Bytes of UTF-8 that are read at most.
    static let sizeLimit = 1 << 20
    /// Containers that may stand inside each other.
    static let depthLimit = 100

    /// The value of the whole text. Tuples and sets become arrays; keys that are numbers, `True`, `False` or `None` become the
    /// text that JSON would make of them, other keys than text are refused, and doubled ones too.
    public static func parse(_ text: String, as dialect: Dialect) throws(PythonLiteralError) -> Value {
        let bytes = Array(text.utf8)
        guard bytes.count <= sizeLimit else { throw PythonLiteralError(.tooLong, at: sizeLimit) }
        return try bytes.withUnsafeBufferPointer { (bytes) throws(PythonLiteralError) in
            var parser = PythonLiteralParser(scan: JSONScanner(UnsafeRawBufferPointer(bytes)), dialect: dialect)
            parser.scan.skipSpace()
            let value = try parser.value(depth: 0)
            parser.scan.skipSpace()
            guard parser.scan.position == bytes.count else { throw parser.refusal(.trailingText) }
            return value
        }
    }
}

/// Numbers and white space are JSON's, so the scanner serves here too.
struct PythonLiteralParser {
    var scan: JSONScanner
    let dialect: PythonLiteral.Dialect

    /// What to throw at the cursor: an ellipsis there means that the text was cut.
    func refusal(_ reason: PythonLiteralError.Reason) -> PythonLiteralError {
        if scan.matches(scan.position..<min(scan.end, scan.position + 3), "...") { return PythonLiteralError(.cut, at: scan.position) }
        return PythonLiteralError(scan.position < scan.end ? reason : .unexpectedEnd, at: scan.position)
    }

    mutating func value(depth: Int) throws(PythonLiteralError) -> Value {
        guard depth <= PythonLiteral.depthLimit else { throw PythonLiteralError(.tooDeep, at: scan.position) }
        switch scan.peek() {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "["): return .array(try elements(until: UInt8(ascii: "]"), depth: depth).items)
        case UInt8(ascii: "("):
            let start = scan.position
            let (items, endsInComma) = try elements(until: UInt8(ascii: ")"), depth: depth)
            // (1) is 1 in Python; no repr writes it.
            guard items.count != 1 || endsInComma else { throw PythonLiteralError(.notALiteral, at: start) }
            return .array(items)
        case UInt8(ascii: "{"): return try dictOrSet(depth: depth)
        default: return try word()
        }
    }

    // MARK: Containers

    private mutating func elements(until closing: UInt8, depth: Int) throws(PythonLiteralError) -> (items: [Value], endsInComma: Bool) {
        scan.position += 1
        scan.skipSpace()
        var items: [Value] = []
        var endsInComma = false
        while !scan.take(closing) {
            items.append(try value(depth: depth + 1))
            endsInComma = try separator(before: closing)
        }
        return (items, endsInComma)
    }

    private mutating func dictOrSet(depth: Int) throws(PythonLiteralError) -> Value {
        let closing = UInt8(ascii: "}")
        scan.position += 1
        scan.skipSpace()
        var members: OrderedDictionary<String, Value> = [:]
        if scan.take(closing) { return .object(members) }
        let start = scan.position
        let first = try value(depth: depth + 1)
        scan.skipSpace()
        guard scan.peek() == UInt8(ascii: ":") else {
            guard dialect == .repr else { throw PythonLiteralError(.set, at: start - 1) }
            var items = [first]
            _ = try separator(before: closing)
            while !scan.take(closing) {
                items.append(try value(depth: depth + 1))
                _ = try separator(before: closing)
            }
            return .array(items)
        }
        try add(first, to: &members, at: start, depth: depth)
        while !scan.take(closing) {
            let start = scan.position
            let key = try value(depth: depth + 1)
            scan.skipSpace()
            try add(key, to: &members, at: start, depth: depth)
        }
        return .object(members)
    }

    /// Reads a member from its colon on.
    private mutating func add(_ key: Value, to members: inout OrderedDictionary<String, Value>, at start: Int, depth: Int) throws(PythonLiteralError) {
        guard scan.take(UInt8(ascii: ":")) else { throw refusal(.notALiteral) }
        scan.skipSpace()
        let name: String
        switch key {
        case .string(let text): name = text
        case .null, .bool, .integer, .bigInteger: name = JSON.text(key)
        case .number(let number) where number.isFinite: name = number.pythonText
        default: throw PythonLiteralError(.unsafeKey, at: start)
        }
        guard members[name] == nil else { throw PythonLiteralError(.unsafeKey, at: start) }
        members[name] = try value(depth: depth + 1)
        _ = try separator(before: UInt8(ascii: "}"))
    }

    /// After an element: whether a comma came; without one `closing` must be next.
    private mutating func separator(before closing: UInt8) throws(PythonLiteralError) -> Bool {
        scan.skipSpace()
        if scan.take(UInt8(ascii: ",")) {
            scan.skipSpace()
            return true
        }
        guard scan.peek() == closing else { throw refusal(.notALiteral) }
        return false
    }

    // MARK: Words and numbers

    private mutating func word() throws(PythonLiteralError) -> Value {
        let start = scan.position
        while scan.position < scan.end, isWordByte(scan.bytes[scan.position]) { scan.position += 1 }
        let range = start..<scan.position
        guard !range.isEmpty else { throw refusal(.notALiteral) }
        if range.count >= 3, scan.matches(range.upperBound - 3..<range.upperBound, "...") { throw PythonLiteralError(.cut, at: range.upperBound - 3) }
        if scan.peek() == UInt8(ascii: "'") || scan.peek() == UInt8(ascii: "\""), scan.matches(range, "b"), dialect == .repr { return .bytes(try bytes()) }
        if scan.matches(range, "None") { return .null }
        if scan.matches(range, "True") { return true }
        if scan.matches(range, "False") { return false }
        if scan.matches(range, "nan") { return .number(.nan) }
        if scan.matches(range, "inf") { return .number(.infinity) }
        if scan.matches(range, "-inf") { return .number(-.infinity) }
        if scan.matches(range, "set"), scan.take(word: "()") {
            guard dialect == .repr else { throw PythonLiteralError(.set, at: start) }
            return []
        }
        guard let number = number(range) else { throw PythonLiteralError(.notALiteral, at: start) }
        return number
    }

    private func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"), 0x80...: true
        default: false
        }
    }

    private func number(_ range: Range<Int>) -> Value? {
        var digits = JSONScanner(scan.bytes, in: range)
        // JSON's own names for the infinities are no Python.
        guard scan.bytes[range.lowerBound] < UInt8(ascii: "A"), !scan.matches(range, "-Infinity"), let number = try? digits.number(),
            digits.position == digits.end
        else { return nil }
        switch number {
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .digits(let range): return .bigInteger(String(decoding: scan.bytes[range], as: UTF8.self))
        }
    }
}
