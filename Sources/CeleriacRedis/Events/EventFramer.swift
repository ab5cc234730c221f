/// Finds the payloads of published messages in what a subscribed connection reads, without taking the messages apart: this has to keep up with Redis.
struct EventFramer {
    /// What one piece of the stream made whole.
    struct Frames {
        /// Protocol bytes, and the payloads among them.
        var bytes: [UInt8]
        /// Where in `bytes` each payload lies, in order.
        var payloads: [Range<Int>] = []
        /// Everything but messages: confirmations, pongs, errors.
        var others: [RESPValue] = []
    }

    /// What is not whole yet.
    private var pending: [UInt8] = []
    /// Until `pending` is this long there is nothing to find in it.
    private var needed = 1
    /// In the middle of something that is no message.
    private var parser = RESPParser()

    /// Takes in what was read.
    /// - Returns: `nil` when nothing became whole.
    mutating func take(_ piece: some Collection<UInt8>) throws(RESPError) -> Frames? {
        pending.append(contentsOf: piece)
        guard pending.count >= needed else { return nil }
        var frames = Frames(bytes: pending)
        pending = []
        var offset = 0
        try frames.find(from: &offset, needed: &needed, parser: &parser)
        let rest = frames.bytes.count - offset
        // Room for what will be read next, so that the bytes move once.
        pending.reserveCapacity(max(needed, rest + piece.count))
        pending.append(contentsOf: frames.bytes[offset...])
        return frames.payloads.isEmpty && frames.others.isEmpty ? nil : frames
    }
}

extension EventFramer.Frames {
    /// Goes through `bytes` as far as frames are whole. Afterwards `offset` is where the rest begins, and `needed` the length of a rest that is worth another look.
    fileprivate mutating func find(from offset: inout Int, needed: inout Int, parser: inout RESPParser) throws(RESPError) {
        let bytes = bytes
        let span = bytes.span
        payloads.reserveCapacity(bytes.count / 512)
        while offset < span.count {
            if !parser.isInsideValue {
                switch MessageFrame(in: span, at: offset) {
                case .message(let payload, let end):
                    payloads.append(payload)
                    offset = end
                    continue
                case .partial(let end):
                    needed = max(end - offset, span.count - offset + 1)
                    return
                case .other:
                    break
                }
            }
            guard let value = try parser.next(in: span, from: &offset) else { break }
            others.append(value)
        }
        needed = span.count - offset + 1
    }
}

/// One frame of a subscription, seen from outside.
///
/// `>3` or `*3`, `message`, channel, payload; `>4` or `*4`, `pmessage`, pattern, channel, payload (redis.io "Pub/Sub", wire protocol messages).
private enum MessageFrame {
    case message(payload: Range<Int>, end: Int)
    /// More bytes are wanted, up to `end` as far as is known.
    case partial(end: Int)
    case other

    init(in bytes: Span<UInt8>, at start: Int) {
        var cursor = start
        switch Self.names(in: bytes, &cursor) {
        case .names(let count):
            var part = 0..<0
            for _ in 0..<count {
                switch Self.bulk(in: bytes, at: cursor) {
                case .bulk(let content):
                    part = content
                    cursor = content.upperBound + 2
                case .partial:
                    self = .partial(end: cursor)
                    return
                case .none:
                    self = .other
                    return
                }
            }
            self = cursor <= bytes.count ? .message(payload: part, end: cursor) : .partial(end: cursor)
        case .partial: self = .partial(end: start)
        case .other: self = .other
        }
    }

    private enum Head {
        /// Bulk strings that follow, the payload being the last.
        case names(Int)
        case partial
        case other
    }

    private static func names(in bytes: Span<UInt8>, _ cursor: inout Int) -> Head {
        let start = cursor
        guard start + 1 < bytes.count else { return bytes[start] == UInt8(ascii: ">") || bytes[start] == UInt8(ascii: "*") ? .partial : .other }
        guard bytes[start] == UInt8(ascii: ">") || bytes[start] == UInt8(ascii: "*") else { return .other }
        switch bytes[start + 1] {
        case UInt8(ascii: "4"): return matches("\r\n$8\r\npmessage\r\n", in: bytes, at: start + 2, &cursor) ?? .names(3)
        case UInt8(ascii: "3"): return matches("\r\n$7\r\nmessage\r\n", in: bytes, at: start + 2, &cursor) ?? .names(2)
        default: return .other
        }
    }

    /// `nil` when `text` stands at `position`, with `cursor` behind it.
    private static func matches(_ text: StaticString, in bytes: Span<UInt8>, at position: Int, _ cursor: inout Int) -> Head? {
        let length = text.utf8CodeUnitCount
        for index in 0..<length {
            guard position + index < bytes.count else { return .partial }
            guard bytes[position + index] == text.utf8Start[index] else { return .other }
        }
        cursor = position + length
        return nil
    }

    private enum Bulk {
        /// Its end may lie behind the bytes that have come.
        case bulk(Range<Int>)
        case partial
        case none
    }

    private static func bulk(in bytes: Span<UInt8>, at start: Int) -> Bulk {
        guard start < bytes.count else { return .partial }
        guard bytes[start] == UInt8(ascii: "$") else { return .none }
        var length = 0
        var index = start + 1
        while true {
            guard index < bytes.count else { return .partial }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\r") { break }
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), index - start <= 10 else { return .none }
            length = length * 10 + Int(byte - UInt8(ascii: "0"))
            index += 1
        }
        guard index > start + 1, length <= RESPParser.Limit.bulk else { return .none }
        return .bulk(index + 2..<index + 2 + length)
    }
}
