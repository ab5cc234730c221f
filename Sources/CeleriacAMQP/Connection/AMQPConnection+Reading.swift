import CRabbitMQ
import CeleriacBroker
import CeleriacCore

/// What a channel hears without having asked.
enum ChannelEvent {
    case delivery(consumer: String, tag: UInt64, Envelope)
    /// Nothing was left for one of those who asked.
    case empty
    /// How many messages of a queue are ready: the answer to `askSize`.
    case counted(Int)
    /// The broker has it (`basic.ack`), or says that it could not take it (`basic.nack`).
    case confirmed(UInt64, multiple: Bool, isTaken: Bool)
    /// No queue was bound for a mandatory message.
    case returned(exchange: String, correlationID: String?, routingKey: String, reason: String)
    /// The queue of this consumer is gone.
    case cancelled(consumer: String)
    /// By the broker, which says why.
    case closed(TransportError)
}

extension AMQPConnection {
    /// Of what comes over this channel, bodies and their content types are all that is wanted.
    func readBodiesOnly(on channel: Channel) { rawChannels.insert(channel) }

    /// Reads what has come, and sends a heartbeat when one is due.
    /// - Parameter limit: events that are taken at most, about.
    /// - Returns: whether more may have come.
    /// - Throws: why the connection is over.
    func look(upTo limit: Int = .max, _ take: (Channel, ChannelEvent) -> Void) throws(TransportError) -> Bool {
        var count = 0
        let now = ContinuousClock.now
        try beat(now)
        while count < limit {
            if let failure { throw failure }
            let status = cr_next_frame(state, &frame)
            if status == AMQP_STATUS_TIMEOUT.rawValue {
                amqp_maybe_release_buffers(state)
                return false
            }
            try check(status: status, "read")
            heardAt = now
            try self.take { channel, event in
                count += 1
                take(channel, event)
            }
        }
        return true
    }

    /// The library sends heartbeats as it reads the socket: not while it has frames left that came during a call, of which there may be many.
    private func beat(_ now: ContinuousClock.Instant) throws(TransportError) {
        guard heartbeat > 0, now >= beatAt, amqp_frames_enqueued(state) != 0, !isFull else { return }
        beatAt = now + .milliseconds(500 * heartbeat)
        var beat = amqp_frame_t()
        beat.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
        try check(status: amqp_send_frame(state, &beat), "read")
    }

    private func take(_ take: (Channel, ChannelEvent) -> Void) throws(TransportError) {
        let channel = frame.channel
        switch Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            guard let arguments = cr_arguments(&frame) else { return }
            if channel == 0 { return try takeConnectionMethod(arguments) }
            guard openChannels.contains(channel) else { return }
            try takeMethod(arguments, channel, take)
        case AMQP_FRAME_HEADER:
            guard incoming[channel] != nil, let properties = cr_properties(&frame) else { return }
            if incoming[channel]?.begin(properties, size: cr_body_size(&frame), isRaw: rawChannels.contains(channel)) == true { finish(channel, take) }
        case AMQP_FRAME_BODY:
            if incoming[channel]?.add(cr_fragment(&frame)) == true { finish(channel, take) }
        default: break
        }
    }

    private func finish(_ channel: Channel, _ take: (Channel, ChannelEvent) -> Void) {
        guard let message = incoming.removeValue(forKey: channel) else { return }
        amqp_maybe_release_buffers_on_channel(state, channel)
        take(channel, message.event)
    }

    private func takeMethod(_ arguments: UnsafeRawPointer, _ channel: Channel, _ take: (Channel, ChannelEvent) -> Void) throws(TransportError) {
        switch cr_method(&frame) {
        case AMQP_BASIC_DELIVER_METHOD: incoming[channel] = IncomingMessage(arguments.load(as: amqp_basic_deliver_t.self))
        case AMQP_BASIC_RETURN_METHOD: incoming[channel] = IncomingMessage(arguments.load(as: amqp_basic_return_t.self))
        case AMQP_BASIC_GET_OK_METHOD: incoming[channel] = IncomingMessage(arguments.load(as: amqp_basic_get_ok_t.self))
        case AMQP_BASIC_GET_EMPTY_METHOD: take(channel, .empty)
        case AMQP_QUEUE_DECLARE_OK_METHOD: take(channel, .counted(Int(arguments.load(as: amqp_queue_declare_ok_t.self).message_count)))
        case AMQP_BASIC_ACK_METHOD:
            let ack = arguments.load(as: amqp_basic_ack_t.self)
            take(channel, .confirmed(ack.delivery_tag, multiple: ack.multiple != 0, isTaken: true))
        case AMQP_BASIC_NACK_METHOD:
            let nack = arguments.load(as: amqp_basic_nack_t.self)
            take(channel, .confirmed(nack.delivery_tag, multiple: nack.multiple != 0, isTaken: false))
        case AMQP_BASIC_CANCEL_METHOD:
            take(channel, .cancelled(consumer: String(repairing: arguments.load(as: amqp_basic_cancel_t.self).consumer_tag)))
        case AMQP_CHANNEL_CLOSE_METHOD:
            let close = arguments.load(as: amqp_channel_close_t.self)
            take(channel, .closed(closed(channel, Int(close.reply_code), String(repairing: close.reply_text), "use a channel")))
        case AMQP_CHANNEL_FLOW_METHOD:
            var answer = amqp_channel_flow_ok_t(active: arguments.load(as: amqp_channel_flow_t.self).active)
            try check(status: amqp_send_method(state, channel, amqp_method_number_t(AMQP_CHANNEL_FLOW_OK_METHOD), &answer), "read")
        default: break
        }
    }

    private func takeConnectionMethod(_ arguments: UnsafeRawPointer) throws(TransportError) {
        switch cr_method(&frame) {
        case AMQP_CONNECTION_BLOCKED_METHOD:
            blockedReason = ForeignText.safe(String(repairing: arguments.load(as: amqp_connection_blocked_t.self).reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD: blockedReason = nil
        case AMQP_CONNECTION_CLOSE_METHOD:
            let close = arguments.load(as: amqp_connection_close_t.self)
            throw over(Int(close.reply_code), String(repairing: close.reply_text), "read")
        default: break
        }
    }
}
