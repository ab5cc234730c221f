import CRabbitMQ
import CeleriacCore
import OrderedCollections

extension FrameArena {
    /// What a shortstr of AMQP holds at most.
    static let shortLimit = 255

    /// An envelope's headers and properties as AMQP's own; what AMQP has no place for (`delivery_info`, `delivery_tag`, `body_encoding`) is left out, as py-amqp does.
    ///
    /// - Returns: why not, in words, when the message cannot be told by AMQP.
    func properties(_ envelope: Envelope, _ output: inout amqp_basic_properties_t) -> String? {
        var problem: String?
        var flags = 0
        func short(_ text: String, _ flag: Int32, _ name: String) -> amqp_bytes_t {
            if text.utf8.count > Self.shortLimit { problem = "its \(name) is longer than \(Self.shortLimit) bytes" }
            flags |= Int(flag)
            return bytes(text)
        }
        if !envelope.contentType.isEmpty { output.content_type = short(envelope.contentType, AMQP_BASIC_CONTENT_TYPE_FLAG, "content type") }
        if !envelope.contentEncoding.isEmpty {
            output.content_encoding = short(envelope.contentEncoding, AMQP_BASIC_CONTENT_ENCODING_FLAG, "content encoding")
        }
        if !envelope.headers.isEmpty {
            if let name = envelope.longHeader { problem = "the name of its header \(ForeignText.safe(String(name.prefix(20))))… is longer than \(Self.shortLimit) bytes" }
            output.headers = table(envelope.headers)
            flags |= Int(AMQP_BASIC_HEADERS_FLAG)
        }
        for (name, value) in envelope.properties {
            switch name {
            case "delivery_mode":
                guard let mode = value.integer else { continue }
                output.delivery_mode = mode == 1 ? 1 : 2
                flags |= Int(AMQP_BASIC_DELIVERY_MODE_FLAG)
            case "priority":
                guard let priority = value.integer else { continue }
                output.priority = UInt8(clamping: priority)
                flags |= Int(AMQP_BASIC_PRIORITY_FLAG)
            case "timestamp":
                guard let seconds = value.double, seconds >= 0, seconds < 1e18 else { continue }
                output.timestamp = UInt64(seconds)
                flags |= Int(AMQP_BASIC_TIMESTAMP_FLAG)
            default:
                guard let text = value.string ?? value.integer.map(String.init) else { continue }
                switch name {
                case "correlation_id": output.correlation_id = short(text, AMQP_BASIC_CORRELATION_ID_FLAG, name)
                case "reply_to": output.reply_to = short(text, AMQP_BASIC_REPLY_TO_FLAG, name)
                case "expiration":
                    // Anything else costs the channel.
                    if !text.utf8.allSatisfy({ 48...57 ~= $0 }) || UInt32(text) == nil { problem = "its expiration is no number of milliseconds, or beyond 49 days" }
                    output.expiration = short(text, AMQP_BASIC_EXPIRATION_FLAG, name)
                case "message_id": output.message_id = short(text, AMQP_BASIC_MESSAGE_ID_FLAG, name)
                case "type": output.type = short(text, AMQP_BASIC_TYPE_FLAG, name)
                case "app_id": output.app_id = short(text, AMQP_BASIC_APP_ID_FLAG, name)
                case "cluster_id": output.cluster_id = short(text, AMQP_BASIC_CLUSTER_ID_FLAG, name)
                // The broker demands that it is the one who logged in, and a message may come from elsewhere.
                default: break
                }
            }
        }
        output._flags = amqp_flags_t(flags)
        return problem
    }
}

extension Envelope {
    /// The name of a header, however deep, that AMQP has no room for.
    fileprivate var longHeader: String? { Value.longKey(headers) }

    /// The properties of a message that came, without its body.
    init(_ properties: UnsafePointer<amqp_basic_properties_t>, exchange: String, routingKey: String, isRedelivered: Bool) {
        let source = properties.pointee
        let flags = Int32(truncatingIfNeeded: source._flags)
        var others = OrderedDictionary<String, Value>(minimumCapacity: 6)
        func add(_ name: String, _ flag: Int32, _ text: amqp_bytes_t) {
            if flags & flag != 0 { others[name] = .string(String(repairing: text)) }
        }
        add("correlation_id", AMQP_BASIC_CORRELATION_ID_FLAG, source.correlation_id)
        add("reply_to", AMQP_BASIC_REPLY_TO_FLAG, source.reply_to)
        if flags & AMQP_BASIC_DELIVERY_MODE_FLAG != 0 { others["delivery_mode"] = .integer(Int(source.delivery_mode)) }
        add("expiration", AMQP_BASIC_EXPIRATION_FLAG, source.expiration)
        var place: OrderedDictionary<String, Value> = ["exchange": .string(exchange), "routing_key": .string(routingKey)]
        if isRedelivered { place["redelivered"] = true }
        others["delivery_info"] = .object(place)
        if flags & AMQP_BASIC_PRIORITY_FLAG != 0 { others["priority"] = .integer(Int(source.priority)) }
        add("message_id", AMQP_BASIC_MESSAGE_ID_FLAG, source.message_id)
        if flags & AMQP_BASIC_TIMESTAMP_FLAG != 0 { others["timestamp"] = .integer(Int(clamping: source.timestamp)) }
        add("type", AMQP_BASIC_TYPE_FLAG, source.type)
        add("user_id", AMQP_BASIC_USER_ID_FLAG, source.user_id)
        add("app_id", AMQP_BASIC_APP_ID_FLAG, source.app_id)
        self.init(
            headers: flags & AMQP_BASIC_HEADERS_FLAG != 0 ? OrderedDictionary(source.headers) : [:], properties: others,
            contentType: flags & AMQP_BASIC_CONTENT_TYPE_FLAG != 0 ? String(repairing: source.content_type) : "",
            contentEncoding: flags & AMQP_BASIC_CONTENT_ENCODING_FLAG != 0 ? String(repairing: source.content_encoding) : "", body: [])
    }
}

extension Value {
    fileprivate static func longKey(_ members: OrderedDictionary<String, Value>) -> String? {
        for (key, value) in members {
            if key.utf8.count > FrameArena.shortLimit { return key }
            switch value {
            case .object(let inner): if !inner.isEmpty, let key = longKey(inner) { return key }
            case .array(let items): for case .object(let inner) in items { if let key = longKey(inner) { return key } }
            default: continue
            }
        }
        return nil
    }
}
