public import OrderedCollections

/// A message as the brokers without AMQP's properties keep it: one JSON text around headers, properties and body
/// (`kombu.transport.virtual`). On AMQP the same parts are real properties.
public struct Envelope: Hashable, Sendable {
    public var headers: OrderedDictionary<String, Value>
    /// `correlation_id`, `reply_to`, `delivery_mode`, `delivery_info`, `priority`, `body_encoding`, `delivery_tag`, …
    public var properties: OrderedDictionary<String, Value>
    public var contentType: String
    public var contentEncoding: String
    /// As the serializer and the compressor left it: the transport's base 64 is off.
    public var body: [UInt8]
    /// Further members at top level (`redelivered`, …), written back as they came.
    public var others: OrderedDictionary<String, Value>

    public init(
        headers: OrderedDictionary<String, Value> = [:], properties: OrderedDictionary<String, Value> = [:], contentType: String = "application/json",
        contentEncoding: String = "utf-8", body: [UInt8], others: OrderedDictionary<String, Value> = [:]
    ) {
        self.headers = headers
        self.properties = properties
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.body = body
        self.others = others
    }

    /// Reads the JSON text of a list entry or of a published message.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(MessageError) {
        let whole: Value
        do { whole = try JSON.decode(bytes) } catch { throw MessageError(error, part: "envelope") }
        try self.init(whole)
    }

    public init(decoding bytes: [UInt8]) throws(MessageError) {
        self = try bytes.withUnsafeBufferPointer { (bytes) throws(MessageError) in try Envelope(decoding: UnsafeRawBufferPointer(bytes)) }
    }

    /// Reads the object that the JSON text holds.
    public init(_ whole: Value) throws(MessageError) {
        guard case .object(var members) = whole else { throw MessageError(.wrongShape, part: "envelope", cause: "it is no JSON object") }
        guard let body = members.removeValue(forKey: "body")?.string else {
            throw MessageError(.wrongShape, part: "envelope", cause: "it has no text under \"body\"")
        }
        headers = try Self.object(&members, "headers")
        properties = try Self.object(&members, "properties")
        contentType = members.removeValue(forKey: "content-type")?.string ?? ""
        contentEncoding = members.removeValue(forKey: "content-encoding")?.string ?? ""
        others = members
        if Self.isPlain(properties["body_encoding"]) {
            self.body = Array(body.utf8)
        } else {
            guard let decoded = Base64.decode(body.utf8) else { throw MessageError(.badBase64, part: "body", cause: "its base 64 is cut off") }
            self.body = decoded
        }
    }

    /// The JSON text, ASCII only, members in kombu's order. The body is packed as `body_encoding` says; in base 64, which is then said, if it is not UTF-8.
    public func encoded() -> [UInt8] {
        var properties = properties
        // Headers and properties of a task take about a kilobyte.
        var writer = JSONWriter(capacity: (body.count + 2) / 3 * 4 + 1200)
        writer.write("{\"body\": ")
        if Self.isPlain(properties["body_encoding"]), let plain = String(validating: body, as: UTF8.self) {
            writer.write(text: plain)
        } else {
            writer.write("\"")
            Base64.encode(body, into: &writer.output)
            writer.write("\"")
            if properties["body_encoding"] != "base64" { properties["body_encoding"] = "base64" }
        }
        writer.write(", \"content-encoding\": ")
        writer.write(text: contentEncoding)
        writer.write(", \"content-type\": ")
        writer.write(text: contentType)
        writer.write(", \"headers\": ")
        writer.write(.object(headers), depth: 1)
        writer.write(", \"properties\": ")
        writer.write(.object(properties), depth: 1)
        for (name, value) in others where !Self.members.contains(name) {
            writer.write(", ")
            writer.write(text: name)
            writer.write(": ")
            writer.write(value, depth: 1)
        }
        writer.write("}")
        return writer.output
    }

    private static let members: Set<String> = ["body", "content-encoding", "content-type", "headers", "properties"]

    /// Whether the body is the text itself, not base 64.
    private static func isPlain(_ encoding: Value?) -> Bool {
        guard let name = encoding?.string else { return true }
        return name.isEmpty || name.lowercased() == "utf-8"
    }

    /// Takes a member that must be an object; empty when it is missing or null.
    private static func object(_ members: inout OrderedDictionary<String, Value>, _ key: String) throws(MessageError) -> OrderedDictionary<String, Value> {
        switch members.removeValue(forKey: key) {
        case nil, .null?: return [:]
        case .object(let members)?: return members
        default: throw MessageError(.wrongShape, part: "envelope", cause: "its \"\(key)\" are no JSON object")
        }
    }
}

extension Envelope {
    public var correlationID: String? { properties["correlation_id"]?.string }
    public var replyTo: String? { properties["reply_to"]?.string }
    /// Under which the broker's bookkeeping knows this delivery; new for each publication.
    public var deliveryTag: String? { properties["delivery_tag"]?.string }
    /// As sent; 0 when it is missing or no integer, as kombu takes it.
    public var priority: Int { properties["priority"]?.integer ?? 0 }
    /// Empty for the anonymous exchange, whose routing key is the queue.
    public var exchange: String? { properties["delivery_info"]?["exchange"]?.string }
    public var routingKey: String? { properties["delivery_info"]?["routing_key"]?.string }
    /// The content type that the compressor announced; `nil` when the body is not compressed.
    public var compression: String? { headers["compression"]?.string.flatMap { $0.isEmpty ? nil : $0 } }
    /// Put back at least once after it had been handed out; each transport has its own place for that.
    public var isRedelivered: Bool {
        headers["redelivered"]?.bool == true || properties["delivery_info"]?["redelivered"]?.bool == true || others["redelivered"]?.bool == true
    }

    /// The body's value.
    ///
    /// - Throws: `MessageError` of kind `unreadableContent`, which names it, for what is compressed or not JSON.
    public func content() throws(MessageError) -> Value {
        if let compression { throw MessageError(.unreadableContent, part: "body", cause: "it is compressed (\(compression))") }
        return try readContent(body, type: contentType, part: "body")
    }
}

/// The value of bytes of content type `type`; `part` says in errors what they are.
func readContent(_ bytes: [UInt8], type: String, part: String) throws(MessageError) -> Value {
    // Bytes without a type come from senders that left it to the reader.
    guard type == "application/json" || type.isEmpty else {
        throw MessageError(.unreadableContent, part: part, cause: "it is \(Content.name(ofType: type))")
    }
    do { return try JSON.decode(bytes) } catch { throw MessageError(error, part: part) }
}
