import CRabbitMQ
import CeleriacCore

/// A message whose frames come one after the other: the method, the properties, the body in pieces.
struct IncomingMessage {
    private enum Head {
        case delivery(consumer: String, tag: UInt64)
        case returned(reason: String)
    }

    private let head: Head
    private let exchange: String
    private let routingKey: String
    private let isRedelivered: Bool
    private var envelope = Envelope(body: [])
    private var missing: UInt64 = 0

    /// Memory is not set aside for what a sender only says that it will send.
    private static let trusted = 1 << 20

    init(_ deliver: amqp_basic_deliver_t) {
        head = .delivery(consumer: String(repairing: deliver.consumer_tag), tag: deliver.delivery_tag)
        exchange = String(repairing: deliver.exchange)
        routingKey = String(repairing: deliver.routing_key)
        isRedelivered = deliver.redelivered != 0
    }

    /// Its consumer has no name.
    init(_ got: amqp_basic_get_ok_t) {
        head = .delivery(consumer: "", tag: got.delivery_tag)
        exchange = String(repairing: got.exchange)
        routingKey = String(repairing: got.routing_key)
        isRedelivered = got.redelivered != 0
    }

    init(_ returned: amqp_basic_return_t) {
        head = .returned(reason: String(repairing: returned.reply_text))
        exchange = String(repairing: returned.exchange)
        routingKey = String(repairing: returned.routing_key)
        isRedelivered = false
    }

    /// Whether it is whole.
    mutating func begin(_ properties: UnsafePointer<amqp_basic_properties_t>, size: UInt64, isRaw: Bool) -> Bool {
        if isRaw {
            envelope.contentType = String(repairing: properties.pointee.content_type)
        } else {
            envelope = Envelope(properties, exchange: exchange, routingKey: routingKey, isRedelivered: isRedelivered)
        }
        missing = size
        envelope.body.reserveCapacity(min(Self.trusted, Int(clamping: size)))
        return missing == 0
    }

    /// Whether it is whole.
    mutating func add(_ fragment: amqp_bytes_t) -> Bool {
        if let base = fragment.bytes { envelope.body.append(contentsOf: UnsafeRawBufferPointer(start: base, count: fragment.len)) }
        missing -= min(missing, UInt64(fragment.len))
        return missing == 0
    }

    var event: ChannelEvent {
        switch head {
        case .delivery(let consumer, let tag): .delivery(consumer: consumer, tag: tag, envelope)
        case .returned(let reason): .returned(exchange: exchange, correlationID: envelope.correlationID, routingKey: routingKey, reason: reason)
        }
    }
}
