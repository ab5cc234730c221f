import CeleriacBroker
import CeleriacCore

/// A message in kombu's table of what has been handed out: `[envelope, exchange, routing_key]`.
struct HeldEntry {
    enum Content {
        case envelope(Envelope)
        /// What came as a message and is none.
        case raw([UInt8])
    }

    var content: Content
    var exchange: String
    var routingKey: String

    /// What stands behind the envelope of a message that was taken from `queue`: whoever restores it puts it there again.
    static func tail(_ queue: QueueName) -> [UInt8] {
        Array(", \"\", ".utf8) + JSON.encode(.string(queue.rawValue)) + [UInt8(ascii: "]")]
    }

    /// - Returns: `nil` when `bytes` are nothing that kombu or `tail` made.
    init?(_ bytes: [UInt8]) {
        guard let parts = try? JSON.decode(bytes).array, parts.count >= 3, let routingKey = parts[2].string, let envelope = try? Envelope(parts[0]) else {
            self.init(raw: bytes)
            return
        }
        self.init(content: .envelope(envelope), exchange: parts[1].string ?? "", routingKey: routingKey)
    }

    /// Finds the end of what is no JSON by the last `, "", "`: within a routing key the quotes would be escaped.
    private init?(raw bytes: [UInt8]) {
        let mark = Array(", \"\", \"".utf8)
        guard bytes.count > mark.count + 2, bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") else { return nil }
        guard let start = stride(from: bytes.count - mark.count - 2, through: 1, by: -1).first(where: { bytes[$0...].starts(with: mark) }),
            let routingKey = try? JSON.decode(Array(bytes[(start + mark.count - 1)..<(bytes.count - 1)])).string
        else { return nil }
        self.init(content: .raw(Array(bytes[1..<start])), exchange: "", routingKey: routingKey)
    }

    private init(content: Content, exchange: String, routingKey: String) {
        self.content = content
        self.exchange = exchange
        self.routingKey = routingKey
    }

    var priority: Int { if case .envelope(let envelope) = content { envelope.priority } else { 0 } }

    /// The message's bytes, changed by `change` when it can be read.
    func bytes(_ change: (Envelope) -> Envelope) -> [UInt8] {
        switch content {
        case .envelope(let envelope): change(envelope).encoded()
        case .raw(let bytes): bytes
        }
    }
}

/// Under which one claim of one message is known; sorts by when it was claimed.
struct ClaimTag: Comparable {
    /// Of the process that claimed.
    var session: String
    /// Counted by that process.
    var claim: Int
    /// In what the claim brought, from 1.
    var position: Int

    init(session: String, claim: Int, position: Int) {
        self.session = session
        self.claim = claim
        self.position = position
    }

    /// What all tags of a claim begin with.
    static func prefix(session: String, claim: Int) -> String { "\(session).\(claim)." }
    var text: String { Self.prefix(session: session, claim: claim) + String(position) }

    /// - Returns: `nil` when it is kombu's tag.
    init?(_ text: String) {
        let parts = text.split(separator: ".")
        guard parts.count == 3, let claim = Int(parts[1]), let position = Int(parts[2]) else { return nil }
        self.init(session: String(parts[0]), claim: claim, position: position)
    }

    static func < (left: ClaimTag, right: ClaimTag) -> Bool {
        (left.session, left.claim, left.position) < (right.session, right.claim, right.position)
    }

    /// Those claimed first in front; kombu's behind them.
    static func sorted(_ tags: [String]) -> [String] {
        tags.map { (tag: ClaimTag($0), text: $0) }.sorted { left, right in
            guard let first = left.tag, let second = right.tag else { return left.tag != nil && right.tag == nil }
            return first < second
        }.map(\.text)
    }
}
