/// A cursor over JSON bytes that allocates nothing: the reader beneath `JSON.decode` and the event decoder.
///
/// It borrows the bytes and must not outlive them. Every offset and range counts from the start of the buffer.
/// After a throw the position is of no use. Grammar as Python's `json`: RFC 8259 plus bare `NaN`, `Infinity` and
/// `-Infinity`. Strings are not checked to be UTF-8 here; `String(decoding:as:)` repairs them.
///
/// An object is read as
/// ```
/// if try scan.openObject() {
///     repeat { let key = try scan.key(); try scan.skipValue() } while try scan.nextMember()
/// }
/// ```
struct JSONScanner {
    /// A string between its quotes.
    struct Text {
        var range: Range<Int>
        /// The bytes hold backslashes and want `unescape`; otherwise they are the text itself.
        var hasEscapes: Bool
    }

    let bytes: UnsafeRawBufferPointer
    let end: Int
    var position: Int

    /// Containers that may stand inside each other.
    static let depthLimit = 512

    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes, in: 0..<bytes.count)
    }

    /// Reads `range` of `bytes`, which must lie within it.
    init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    // MARK: Bytes

    /// The byte under the cursor; 0, which may stand nowhere in JSON, at the end.
    @inline(__always)
    func peek() -> UInt8 {
        position < end ? bytes[position] : 0
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < end {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    /// Consumes `byte` if it comes next.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard position < end, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// What to throw when the byte under the cursor does not fit.
    func unexpected() -> JSONError {
        JSONError(position < end ? .unexpectedByte : .unexpectedEnd, at: position)
    }

    /// Makes sure that only white space is left.
    mutating func finish() throws(JSONError) {
        skipSpace()
        if position < end { throw JSONError(.trailingBytes, at: position) }
    }

    // MARK: Containers

    /// Enters an object; whether it has a first member, before whose key the cursor then stands. An empty one is left again.
    @inline(__always)
    mutating func openObject() throws(JSONError) -> Bool {
        try open(UInt8(ascii: "{"), UInt8(ascii: "}"))
    }

    /// Enters an array; whether it has a first element, before which the cursor then stands. An empty one is left again.
    @inline(__always)
    mutating func openArray() throws(JSONError) -> Bool {
        try open(UInt8(ascii: "["), UInt8(ascii: "]"))
    }

    /// After a member's value: goes on to the next key, or leaves the object and is false.
    @inline(__always)
    mutating func nextMember() throws(JSONError) -> Bool {
        try next(UInt8(ascii: "}"))
    }

    /// After an element: goes on to the next one, or leaves the array and is false.
    @inline(__always)
    mutating func nextElement() throws(JSONError) -> Bool {
        try next(UInt8(ascii: "]"))
    }

    /// A member's key; the cursor stops at the value.
    @inline(__always)
    mutating func key() throws(JSONError) -> Text {
        let text = try string()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw unexpected() }
        skipSpace()
        return text
    }

    @inline(__always)
    private mutating func open(_ opening: UInt8, _ closing: UInt8) throws(JSONError) -> Bool {
        guard take(opening) else { throw unexpected() }
        skipSpace()
        return !take(closing)
    }

    @inline(__always)
    private mutating func next(_ closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        if take(UInt8(ascii: ",")) {
            skipSpace()
            return true
        }
        guard take(closing) else { throw unexpected() }
        return false
    }

    // MARK: Scalars

    /// A string; the cursor stops behind its closing quote.
    @inline(__always)
    mutating func string() throws(JSONError) -> Text {
        guard take(UInt8(ascii: "\"")) else { throw unexpected() }
        let start = position
        skipPlainBytes()
        if position < end, bytes[position] == UInt8(ascii: "\"") {
            position += 1
            return Text(range: start..<position - 1, hasEscapes: false)
        }
        return try stringWithEscapes(from: start)
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> Text {
        while true {
            guard position < end else { throw JSONError(.unexpectedEnd, at: position) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return Text(range: start..<position - 1, hasEscapes: true)
            case UInt8(ascii: "\\"):
                try skipEscape()
            case let byte where byte < 0x20:
                throw JSONError(.controlCharacter, at: position)
            default:
                skipPlainBytes()
            }
        }
    }

    /// Goes to the next quote, backslash or control character, eight bytes at a time.
    @inline(__always)
    private mutating func skipPlainBytes() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        while position + 8 <= end {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // The lowest flagged byte is exact; a borrow can only flag bytes above it.
            let flagged = ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word) & highs
            guard flagged == 0 else {
                position += flagged.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < end {
            let byte = bytes[position]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { return }
            position += 1
        }
    }

    private mutating func skipEscape() throws(JSONError) {
        guard position + 1 < end else { throw JSONError(.unexpectedEnd, at: end) }
        switch bytes[position + 1] {
        case UInt8(ascii: "u"):
            guard position + 6 <= end else { throw JSONError(.unexpectedEnd, at: end) }
            guard hexUnit(at: position + 2) != nil else { throw JSONError(.badEscape, at: position) }
            position += 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"):
            position += 2
        default:
            throw JSONError(.badEscape, at: position)
        }
    }

    /// The UTF-16 unit of four hexadecimal digits at `offset`, all of which must lie in the buffer.
    func hexUnit(at offset: Int) -> UInt16? {
        var unit: UInt16 = 0
        for byte in bytes[offset..<offset + 4] {
            guard let digit = hexDigit(byte) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Consumes the ASCII `word` if it comes next.
    @inline(__always)
    mutating func take(word: StaticString) -> Bool {
        guard matches(position..<min(end, position + word.utf8CodeUnitCount), word) else { return false }
        position += word.utf8CodeUnitCount
        return true
    }

    /// Whether the bytes in `range` are those of `word`: how keys are told apart without making strings.
    @inline(__always)
    func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<range.count where bytes[range.lowerBound + index] != word.utf8Start[index] { return false }
        return true
    }

    // MARK: Whole values

    /// Passes over a value of any kind and checks it on the way; `depth` counts the containers around it.
    mutating func skipValue(depth: Int = 0) throws(JSONError) {
        switch peek() {
        case UInt8(ascii: "\""):
            _ = try string()
        case UInt8(ascii: "{"):
            guard depth < Self.depthLimit else { throw JSONError(.tooDeep, at: position) }
            guard try openObject() else { return }
            repeat {
                _ = try key()
                try skipValue(depth: depth + 1)
            } while try nextMember()
        case UInt8(ascii: "["):
            guard depth < Self.depthLimit else { throw JSONError(.tooDeep, at: position) }
            guard try openArray() else { return }
            repeat { try skipValue(depth: depth + 1) } while try nextElement()
        case UInt8(ascii: "t") where take(word: "true"), UInt8(ascii: "f") where take(word: "false"), UInt8(ascii: "n") where take(word: "null"):
            return
        default:
            _ = try number()
        }
    }
}

/// The value of an ASCII hexadecimal digit.
@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
}
