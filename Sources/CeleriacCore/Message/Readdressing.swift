import OrderedCollections

extension Envelope {
    /// For another queue, by the anonymous exchange: whoever gives it back puts it there.
    public func readdressed(to queue: QueueName) -> Envelope {
        var envelope = self
        var info = envelope.properties["delivery_info"]?.object ?? [:]
        (info["exchange"], info["routing_key"]) = ("", .string(queue.rawValue))
        envelope.properties["delivery_info"] = .object(info)
        return envelope
    }
}

extension KeptMessage {
    /// For another queue; what is no envelope goes as it is.
    public func readdressed(to target: QueueName) -> KeptMessage {
        // As kombu writes it, and once only: then nothing has to be decoded.
        let old = Self.address(queue)
        if let place = bytes.firstPlace(of: old), bytes.firstPlace(of: old, from: place.upperBound) == nil {
            var bytes = bytes
            bytes.replaceSubrange(place, with: Self.address(target))
            return KeptMessage(queue: target, bytes: bytes)
        }
        guard let envelope = try? Envelope(decoding: bytes) else { return KeptMessage(queue: target, bytes: bytes) }
        return KeptMessage(queue: target, bytes: envelope.readdressed(to: target).encoded())
    }

    /// With what kombu's virtual transports expect of an envelope, where it is missing.
    package func tagged(_ tag: @autoclosure () -> String) -> KeptMessage {
        guard bytes.firstPlace(of: Self.tagMark) == nil, var envelope = try? Envelope(decoding: bytes), envelope.deliveryTag == nil else { return self }
        envelope.properties["delivery_tag"] = .string(tag())
        if envelope.properties["body_encoding"] == nil { envelope.properties["body_encoding"] = "base64" }
        return KeptMessage(queue: queue, place: place, bytes: envelope.encoded())
    }

    private static let tagMark = Array("\"delivery_tag\": \"".utf8)

    private static func address(_ queue: QueueName) -> [UInt8] {
        Array("\"delivery_info\": {\"exchange\": \"\", \"routing_key\": ".utf8) + JSON.encode(.string(queue.rawValue)) + [UInt8(ascii: "}")]
    }
}

extension [UInt8] {
    /// Where `text`, not empty, begins and ends for the first time from `start` on.
    func firstPlace(of text: [UInt8], from start: Int = 0) -> Range<Int>? {
        withUnsafeBytes { whole in
            text.withUnsafeBytes { text in
                guard let first = text.first, let last = text.last, start <= whole.count - text.count else { return nil }
                for index in start...(whole.count - text.count) where whole[index] == first && whole[index + text.count - 1] == last {
                    if UnsafeRawBufferPointer(rebasing: whole[index..<index + text.count]).elementsEqual(text) { return index..<index + text.count }
                }
                return nil
            }
        }
    }
}
