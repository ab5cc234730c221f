/// The members of events that are read; the rest is passed over.
enum EventMember {
    case type, hostname, uuid, name, args, kwargs, result, exception, traceback, root, parent, eta, expires, queue, exchange, routingKey
    case softwareName, softwareVersion
    case timestamp, runtime, freq, load
    case clock, pid, retries, active, processed
    case terminated, expired

    /// The member called `key`.
    @inline(__always)
    static func spelled(_ key: UnsafeRawBufferPointer) -> EventMember? {
        switch key.count {
        case 3: word(key, "pid", .pid) ?? word(key, "eta", .eta)
        case 4: word(key, "type", .type) ?? word(key, "uuid", .uuid) ?? word(key, "name", .name) ?? word(key, "args", .args) ?? word(key, "freq", .freq)
        case 5: word(key, "clock", .clock) ?? word(key, "queue", .queue)
        case 6: word(key, "kwargs", .kwargs) ?? word(key, "result", .result) ?? word(key, "active", .active) ?? word(key, "sw_ver", .softwareVersion)
        case 7: sevenLetters(key)
        case 8: word(key, "hostname", .hostname) ?? word(key, "exchange", .exchange) ?? word(key, "sw_ident", .softwareName)
        case 9: nineLetters(key)
        case 10: word(key, "terminated", .terminated)
        case 11: word(key, "routing_key", .routingKey)
        default: nil
        }
    }

    private static func sevenLetters(_ key: UnsafeRawBufferPointer) -> EventMember? {
        word(key, "root_id", .root) ?? word(key, "runtime", .runtime) ?? word(key, "retries", .retries) ?? word(key, "expires", .expires)
            ?? word(key, "loadavg", .load) ?? word(key, "expired", .expired)
    }

    private static func nineLetters(_ key: UnsafeRawBufferPointer) -> EventMember? {
        word(key, "timestamp", .timestamp) ?? word(key, "parent_id", .parent) ?? word(key, "exception", .exception) ?? word(key, "traceback", .traceback)
            ?? word(key, "processed", .processed)
    }

    /// `member` when `key`, of the same length, is `word`.
    @inline(__always)
    private static func word(_ key: UnsafeRawBufferPointer, _ word: StaticString, _ member: EventMember) -> EventMember? {
        for index in 0..<word.utf8CodeUnitCount where key[index] != word.utf8Start[index] { return nil }
        return member
    }
}

extension EventFields {
    /// Reads the value under the cursor as `member`. A value of the wrong kind counts as absent, but for texts, which
    /// may be any value: a list of arguments then is its JSON.
    @inline(__always)
    mutating func set(_ member: EventMember, from scan: inout JSONScanner, texts: inout [UInt8]) throws(JSONError) {
        switch member {
        case .timestamp, .runtime, .freq: set(member, try Self.number(&scan))
        case .clock, .pid, .retries, .active, .processed: set(member, try Self.integer(&scan))
        case .terminated, .expired:
            let isTrue = scan.peek() == UInt8(ascii: "t")
            try scan.skipValue()
            set(member, isTrue)
        case .load: try readLoad(&scan)
        default: setText(member, try Self.text(&scan, &texts))
        }
    }

    /// The same from a decoded value.
    mutating func set(_ member: EventMember, _ value: Value, texts: inout [UInt8]) {
        switch member {
        case .timestamp, .runtime, .freq: set(member, value.double ?? .nan)
        case .clock, .pid, .retries, .active, .processed: set(member, value.integer ?? .min)
        case .terminated, .expired: set(member, value.bool ?? false)
        case .load:
            guard let loads = value.array, loads.count >= 3 else { return }
            load = (loads[0].double ?? .nan, loads[1].double ?? .nan, loads[2].double ?? .nan)
        default:
            guard !value.isNull else { return setText(member, EventText(place: .null)) }
            let start = texts.count
            texts.append(contentsOf: (value.string ?? PythonRepr.text(value)).utf8)
            setText(member, EventText(offset: Int32(clamping: start), count: Int32(clamping: texts.count - start), place: .unescaped))
        }
    }

    @inline(__always)
    private mutating func set(_ member: EventMember, _ number: Double) {
        switch member {
        case .timestamp: timestamp = number
        case .freq: freq = number
        default:
            runtime = number
            isRuntimePresent = true
        }
    }

    @inline(__always)
    private mutating func set(_ member: EventMember, _ number: Int) {
        switch member {
        case .clock: clock = number
        case .pid: pid = number
        case .active: active = number
        case .processed: processed = number
        default:
            retries = number
            isRetriesPresent = true
        }
    }

    @inline(__always)
    private mutating func set(_ member: EventMember, _ flag: Bool) {
        if member == .terminated { terminated = flag } else { expired = flag }
    }

    @inline(__always)
    private mutating func setText(_ member: EventMember, _ text: EventText) {
        switch member {
        case .type: type = text
        case .hostname: hostname = text
        case .uuid: uuid = text
        case .name: name = text
        case .args: args = text
        case .kwargs: kwargs = text
        case .result: result = text
        case .exception: exception = text
        case .traceback: traceback = text
        case .root: root = text
        case .parent: parent = text
        case .eta: eta = text
        case .expires: expires = text
        case .queue: queue = text
        case .exchange: exchange = text
        case .routingKey: routingKey = text
        case .softwareName: softwareName = text
        default: softwareVersion = text
        }
    }

    @inline(__always)
    private static func number(_ scan: inout JSONScanner) throws(JSONError) -> Double {
        guard isNumber(scan.peek()) else {
            try scan.skipValue()
            return .nan
        }
        return try scan.number().double ?? .nan
    }

    @inline(__always)
    private static func integer(_ scan: inout JSONScanner) throws(JSONError) -> Int {
        guard isNumber(scan.peek()) else {
            try scan.skipValue()
            return .min
        }
        switch try scan.number() {
        case .integer(let value): return value
        case .number(let value): return Int(exactly: value) ?? .min
        case .digits: return .min
        }
    }

    @inline(__always)
    private static func isNumber(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 || byte == UInt8(ascii: "-") }

    @inline(__always)
    private static func text(_ scan: inout JSONScanner, _ texts: inout [UInt8]) throws(JSONError) -> EventText {
        let start = scan.position
        if scan.peek() == UInt8(ascii: "\"") {
            let text = try scan.string()
            guard text.hasEscapes else { return place(text.range) }
            let offset = texts.count
            scan.unescape(text, into: &texts)
            return EventText(offset: Int32(offset), count: Int32(texts.count - offset), place: .unescaped)
        }
        let isNull = scan.peek() == UInt8(ascii: "n")
        try scan.skipValue()
        return isNull ? EventText(place: .null) : place(start..<scan.position)
    }

    @inline(__always)
    private static func place(_ range: Range<Int>) -> EventText {
        EventText(offset: Int32(range.lowerBound), count: Int32(range.count), place: .body)
    }

    private mutating func readLoad(_ scan: inout JSONScanner) throws(JSONError) {
        guard scan.peek() == UInt8(ascii: "[") else { return try scan.skipValue() }
        guard try scan.openArray() else { return }
        var loads: [Double] = []
        repeat {
            let number = try Self.number(&scan)
            if loads.count < 3 { loads.append(number) }
        } while try scan.nextElement()
        if loads.count == 3 { load = (loads[0], loads[1], loads[2]) }
    }
}
