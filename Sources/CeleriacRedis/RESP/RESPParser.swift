/// Takes RESP apart, however the bytes are cut into pieces.
///
/// It keeps the aggregates that are still open, never bytes: the caller holds those, and gives the unread ones again together with what came since.
/// Nothing is allocated from an announced length before as many bytes have come.
struct RESPParser {
    enum Limit {
        /// Redis' own limit of a string, in bytes.
        static let bulk = 512 << 20
        /// Of a line that announces a type, in bytes.
        static let line = 64 << 10
        /// Aggregates in aggregates.
        static let depth = 64
        /// Members of one aggregate.
        static let members = 1 << 27
    }

    private enum Kind { case array, set, map, push, attribute }

    private struct Aggregate {
        let kind: Kind
        var missing: Int
        var items: [RESPValue] = []
    }

    private var open: [Aggregate] = []

    /// Whether a value has begun whose end has not been seen; the bytes still unread are not counted.
    var isInsideValue: Bool { !open.isEmpty }

    /// The next whole value at or after `offset`, which moves behind the bytes that are no longer needed.
    /// - Returns: `nil` when more bytes are wanted.
    mutating func next(in bytes: Span<UInt8>, from offset: inout Int) throws(RESPError) -> RESPValue? {
        while let token = try Self.token(in: bytes, from: &offset) {
            switch token {
            case .value(let value):
                if let whole = close(with: value) { return whole }
            case .opening(let kind, let members):
                guard open.count < Limit.depth else { throw .beyondLimit("nesting") }
                if members > 0 {
                    open.append(Aggregate(kind: kind, missing: members))
                } else if kind != .attribute, let whole = close(with: Self.value(of: kind, [])) {
                    return whole
                }
            }
        }
        return nil
    }

    /// Puts `value` into the innermost open aggregate, and that one, when full, into the one around it. Attributes are let go.
    private mutating func close(with value: RESPValue) -> RESPValue? {
        var value = value
        while !open.isEmpty {
            let innermost = open.count - 1
            open[innermost].items.append(value)
            open[innermost].missing -= 1
            if open[innermost].missing > 0 { return nil }
            let full = open.removeLast()
            if full.kind == .attribute { return nil }
            value = Self.value(of: full.kind, full.items)
        }
        return value
    }

    private static func value(of kind: Kind, _ items: [RESPValue]) -> RESPValue {
        switch kind {
        case .array: .array(items)
        case .set: .set(items)
        case .map, .attribute: .map(items)
        case .push: .push(items)
        }
    }

    // MARK: - Tokens

    private enum Token {
        case value(RESPValue)
        case opening(Kind, members: Int)
    }

    private static func token(in bytes: Span<UInt8>, from offset: inout Int) throws(RESPError) -> Token? {
        guard offset < bytes.count else { return nil }
        let type = bytes[offset]
        // The type is judged before the line has come: a server that speaks something else may never send a line's end.
        guard isType(type) else { throw .unknownType(type) }
        guard let end = try lineEnd(in: bytes, from: offset + 1) else { return nil }
        let line = offset + 1..<end
        switch type {
        case UInt8(ascii: "$"), UInt8(ascii: "="), UInt8(ascii: "!"):
            guard let length = try length(in: bytes, line, atMost: Limit.bulk, "string") else {
                offset = end + 2
                return .value(.null)
            }
            let content = end + 2..<end + 2 + length
            guard bytes.count >= content.upperBound + 2 else { return nil }
            guard bytes[content.upperBound] == carriageReturn, bytes[content.upperBound + 1] == lineFeed else { throw .malformed("end of a string") }
            offset = content.upperBound + 2
            return .value(try string(type, copy(bytes, content)))
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: ">"), UInt8(ascii: "|"):
            guard let count = try length(in: bytes, line, atMost: Limit.members, "aggregate") else {
                offset = end + 2
                return .value(.null)
            }
            offset = end + 2
            return switch type {
            case UInt8(ascii: "*"): .opening(.array, members: count)
            case UInt8(ascii: "~"): .opening(.set, members: count)
            case UInt8(ascii: ">"): .opening(.push, members: count)
            case UInt8(ascii: "|"): .opening(.attribute, members: 2 * count)
            default: .opening(.map, members: 2 * count)
            }
        default:
            offset = end + 2
            return .value(try scalar(type, String(decoding: copy(bytes, line), as: UTF8.self)))
        }
    }

    private static func isType(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: ","),
            UInt8(ascii: "#"),
            UInt8(ascii: "("), UInt8(ascii: "!"), UInt8(ascii: "="), UInt8(ascii: "%"), UInt8(ascii: "~"), UInt8(ascii: ">"), UInt8(ascii: "|"):
            true
        default: false
        }
    }

    private static func string(_ type: UInt8, _ content: [UInt8]) throws(RESPError) -> RESPValue {
        switch type {
        case UInt8(ascii: "!"): return .error(String(decoding: content, as: UTF8.self))
        case UInt8(ascii: "="):
            guard content.count >= 4, content[3] == UInt8(ascii: ":") else { throw .malformed("verbatim string") }
            return .verbatim(format: String(decoding: content[..<3], as: UTF8.self), Array(content[4...]))
        default: return .bulk(content)
        }
    }

    private static func scalar(_ type: UInt8, _ line: String) throws(RESPError) -> RESPValue {
        switch type {
        case UInt8(ascii: "+"): return .simple(line)
        case UInt8(ascii: "-"): return .error(line)
        case UInt8(ascii: ":"):
            guard let value = Int(line) else { throw .malformed("integer") }
            return .integer(value)
        case UInt8(ascii: ","):
            guard let value = Double(line) else { throw .malformed("double") }
            return .double(value)
        case UInt8(ascii: "#"):
            guard line == "t" || line == "f" else { throw .malformed("boolean") }
            return .boolean(line == "t")
        case UInt8(ascii: "("):
            let digits = line.utf8.first == UInt8(ascii: "-") || line.utf8.first == UInt8(ascii: "+") ? line.utf8.dropFirst() : line.utf8[...]
            guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { throw .malformed("big number") }
            return .bigNumber(line)
        default:
            guard line.isEmpty else { throw .malformed("null") }
            return .null
        }
    }

    // MARK: - Lines

    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    /// Where the carriage return of the line stands that begins at `start`; `nil` when it has not come yet.
    private static func lineEnd(in bytes: Span<UInt8>, from start: Int) throws(RESPError) -> Int? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == carriageReturn, bytes[index + 1] == lineFeed { return index }
            index += 1
            if index - start > Limit.line { throw .beyondLimit("line") }
        }
        return nil
    }

    /// The length that `line` announces; `nil` for RESP2's −1.
    private static func length(in bytes: Span<UInt8>, _ line: Range<Int>, atMost limit: Int, _ what: String) throws(RESPError) -> Int? {
        if line.count == 2, bytes[line.lowerBound] == UInt8(ascii: "-"), bytes[line.lowerBound + 1] == UInt8(ascii: "1") { return nil }
        guard (1...10).contains(line.count) else { throw .malformed("length of a \(what)") }
        var value = 0
        for index in line {
            let digit = Int(bytes[index]) - 48
            guard (0...9).contains(digit) else { throw .malformed("length of a \(what)") }
            value = value * 10 + digit
        }
        guard value <= limit else { throw .beyondLimit("length of a \(what)") }
        return value
    }

    private static func copy(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
        bytes.extracting(range).withUnsafeBufferPointer { Array($0) }
    }
}
