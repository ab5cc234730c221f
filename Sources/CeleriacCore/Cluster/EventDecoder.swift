import OrderedCollections

/// Reads event messages: kombu's envelope or a bare body, one event or an array of them, straight from the bytes.
///
/// Its buffers are reused from message to message, so that reading a typical event allocates nothing.
struct EventDecoder: Sendable {
    /// Buffers larger than this are given back after use.
    private static let largestKept = 1 << 20

    /// Decoded bodies; only the first so many bytes are the current one.
    private var body: [UInt8] = []
    /// Texts of the current event whose escapes had to be resolved.
    private var unescaped: [UInt8] = []

    /// Hands every event of a message to `each`, and what is wrong with it, in words, to `refuse`.
    /// Events that stand before a fault in the message have been handed out by then.
    mutating func read(_ payload: UnsafeRawBufferPointer, form: EventBatch.Form, each: (EventFields) -> Void, refuse: (String) -> Void) {
        guard payload.count <= Int32.max else { return refuse("an event message of \(payload.count >> 20) MiB") }
        do {
            switch form {
            case .body(let contentType):
                if let problem = Self.problem(contentType: contentType) { return refuse(problem) }
                try readBody(payload, each: each, refuse: refuse)
            case .envelope:
                try readEnvelope(payload, each: each, refuse: refuse)
            }
        } catch {
            refuse("an event that is no JSON: \(error.reason.rawValue) (byte \(error.offset))")
        }
    }

    /// Hands out one event that has been decoded elsewhere.
    mutating func read(_ event: Value, each: (EventFields) -> Void) {
        unescaped.removeAll(keepingCapacity: true)
        var fields = EventFields()
        for (key, value) in event.object ?? [:] {
            var key = key
            let member = key.withUTF8 { EventMember.spelled(UnsafeRawBufferPointer($0)) }
            if let member { fields.set(member, value, texts: &unescaped) }
        }
        handOut(&fields, body: UnsafeRawBufferPointer(start: nil, count: 0), each)
    }

    private static func problem(contentType: String) -> String? {
        switch contentType {
        case "application/json": nil
        case "application/x-python-serialize": "events are pickled (application/x-python-serialize); set event_serializer = 'json'"
        default: "events of content type \(contentType.prefix(80)) cannot be read; set event_serializer = 'json'"
        }
    }

    private mutating func readEnvelope(_ payload: UnsafeRawBufferPointer, each: (EventFields) -> Void, refuse: (String) -> Void) throws(JSONError) {
        var envelope = EventEnvelope(usualLayoutOf: payload)
        if envelope == nil { envelope = try EventEnvelope(payload) }
        let scan = JSONScanner(payload)
        if let type = envelope?.contentType, !scan.matches(type.range, "application/json"), let problem = Self.problem(contentType: scan.decoded(type)) {
            return refuse(problem)
        }
        guard let envelope, let packed = envelope.body else { return refuse("an event message without a body") }

        // Out of `self` while it is read, for the other buffer changes beside it.
        var body: [UInt8] = []
        swap(&body, &self.body)
        defer {
            if body.count <= Self.largestKept { swap(&body, &self.body) }
            if unescaped.capacity > Self.largestKept { unescaped = [] }
        }
        var count = 0
        if envelope.isBase64 {
            let room = Base64.capacity(forDecoding: packed.range.count)
            if body.count < room { body = [UInt8](repeating: 0, count: max(room, 8192)) }
            let text = UnsafeRawBufferPointer(rebasing: payload[packed.range])
            guard let decoded = body.withUnsafeMutableBytes({ Base64.decode(text, into: $0) }) else { return refuse("an event whose body is no base 64") }
            count = decoded
        } else {
            body.removeAll(keepingCapacity: true)
            scan.unescape(packed, into: &body)
            count = body.count
        }
        try readBody(in: body, count: count, each: each, refuse: refuse)
    }

    private mutating func readBody(in buffer: [UInt8], count: Int, each: (EventFields) -> Void, refuse: (String) -> Void) throws(JSONError) {
        let outcome: JSONError? = buffer.withUnsafeBytes { bytes in
            do throws(JSONError) {
                try readBody(UnsafeRawBufferPointer(rebasing: bytes[..<count]), each: each, refuse: refuse)
                return nil
            } catch {
                return error
            }
        }
        if let outcome { throw outcome }
    }

    private mutating func readBody(_ body: UnsafeRawBufferPointer, each: (EventFields) -> Void, refuse: (String) -> Void) throws(JSONError) {
        var scan = JSONScanner(body)
        scan.skipSpace()
        switch scan.peek() {
        case UInt8(ascii: "["):
            guard try scan.openArray() else { return }
            repeat {
                if scan.peek() == UInt8(ascii: "{") {
                    try readEvent(&scan, each)
                } else {
                    try scan.skipValue()
                    refuse("an event that is no JSON object")
                }
            } while try scan.nextElement()
        case UInt8(ascii: "{"):
            try readEvent(&scan, each)
        default:
            try scan.skipValue()
            refuse("an event that is no JSON object")
        }
        try scan.finish()
    }

    @inline(__always)
    private mutating func readEvent(_ scan: inout JSONScanner, _ each: (EventFields) -> Void) throws(JSONError) {
        unescaped.removeAll(keepingCapacity: true)
        var fields = EventFields()
        guard try scan.openObject() else { return handOut(&fields, body: scan.bytes, each) }
        repeat {
            let key = try scan.key()
            if let member = EventMember.spelled(UnsafeRawBufferPointer(rebasing: scan.bytes[key.range])) {
                try fields.set(member, from: &scan, texts: &unescaped)
            } else {
                try scan.skipValue()
            }
        } while try scan.nextMember()
        handOut(&fields, body: scan.bytes, each)
    }

    @inline(__always)
    private func handOut(_ fields: inout EventFields, body: UnsafeRawBufferPointer, _ each: (EventFields) -> Void) {
        fields.body = body
        unescaped.withUnsafeBytes {
            fields.unescaped = $0
            each(fields)
        }
    }
}
