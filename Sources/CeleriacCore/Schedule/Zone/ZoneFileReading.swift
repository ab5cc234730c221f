/// Why there are no rules of a zone: its bytes are no zone file, or there are none.
public struct ZoneFileError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

extension ZoneRules {
    /// Reads a zone file (TZif, RFC 8536), version 1 to 4, as they lie in `/usr/share/zoneinfo`.
    public init(name: String, file bytes: some Collection<UInt8>) throws(ZoneFileError) {
        var reader = ZoneFileReader(Array(bytes))
        var counts = try reader.header()
        var width = 4
        if counts.version >= 2 {
            try reader.skip(counts.length(4))
            counts = try reader.header()
            width = 8
        }
        let table = try reader.table(counts, width)
        let rule = width == 8 ? try reader.rule() : nil
        self.init(name: name, changes: table.changes, offsets: table.offsets, firstOffset: table.first, rule: rule)
    }
}

private struct ZoneFileReader {
    struct Counts {
        var version: Int
        var universal, standard, leaps, times, types, characters: Int

        /// Of the block after the header, with times of `width` bytes. Counts have 32 bits, so that this cannot overflow.
        func length(_ width: Int) -> Int { times * (width + 1) + types * 6 + characters + leaps * (width + 4) + standard + universal }
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func skip(_ count: Int) throws(ZoneFileError) {
        guard count <= bytes.count - position else { throw ZoneFileError("the file ends early, at byte \(bytes.count)") }
        position += count
    }

    private mutating func take(_ count: Int) throws(ZoneFileError) -> ArraySlice<UInt8> {
        let start = position
        try skip(count)
        return bytes[start..<position]
    }

    /// Big-endian, signed.
    private mutating func number(_ width: Int) throws(ZoneFileError) -> Int {
        let taken = try take(width)
        let value = taken.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return width == 8 ? Int(Int64(bitPattern: value)) : width == 4 ? Int(Int32(truncatingIfNeeded: value)) : Int(value)
    }

    private mutating func count() throws(ZoneFileError) -> Int { Int(UInt32(truncatingIfNeeded: try number(4))) }

    mutating func header() throws(ZoneFileError) -> Counts {
        guard try take(4).elementsEqual("TZif".utf8) else { throw ZoneFileError("not a zone file: it does not begin with TZif") }
        let version = try number(1)
        try skip(15)
        return Counts(
            version: version == 0 ? 1 : version - Int(UInt8(ascii: "0")), universal: try count(), standard: try count(), leaps: try count(),
            times: try count(), types: try count(), characters: try count())
    }

    mutating func table(_ counts: Counts, _ width: Int) throws(ZoneFileError) -> (changes: [Int], offsets: [Int], first: Int) {
        guard counts.leaps == 0 else { throw ZoneFileError("the zone counts leap seconds, which Unix time does not") }
        guard counts.types > 0 else { throw ZoneFileError("the zone has no kind of local time") }
        guard counts.length(width) <= bytes.count - position else { throw ZoneFileError("the file ends early, at byte \(bytes.count)") }
        var changes: [Int] = []
        for _ in 0..<counts.times {
            let change = try number(width)
            // Some files begin with the Big Bang; beyond the bounds no time is ever asked for.
            changes.append(max(-1_000_000_000_000, min(1_000_000_000_000, change)))
        }
        guard zip(changes, changes.dropFirst()).allSatisfy(<=) else { throw ZoneFileError("the changes are not in the order of time") }
        var kinds: [Int] = []
        for _ in 0..<counts.times { kinds.append(try number(1)) }
        var offsets: [Int] = []
        for _ in 0..<counts.types {
            let offset = try number(4)
            guard offset.magnitude < 93_600 else { throw ZoneFileError("an offset of \(offset) s") }
            offsets.append(offset)
            try skip(2)
        }
        try skip(counts.characters + counts.standard + counts.universal)
        guard kinds.allSatisfy({ $0 < offsets.count }) else { throw ZoneFileError("a change to a kind of local time that is not there") }
        return (changes, kinds.map { offsets[$0] }, offsets[0])
    }

    /// The line at the end; empty means that the last offset stays.
    mutating func rule() throws(ZoneFileError) -> YearlyRule? {
        guard try take(1).first == UInt8(ascii: "\n") else { throw ZoneFileError("the rule for later years is missing") }
        let line = bytes[position...].prefix { $0 != UInt8(ascii: "\n") }
        guard line.endIndex < bytes.count else { throw ZoneFileError("the rule for later years is cut off") }
        if line.isEmpty { return nil }
        let text = String(decoding: line, as: UTF8.self)
        guard let rule = YearlyRule(text[...]) else { throw ZoneFileError("\(text) is no rule for later years") }
        return rule
    }
}
