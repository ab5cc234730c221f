import CRabbitMQ
import CeleriacBroker
import CeleriacCore
import OrderedCollections

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One connection as long as it lasts, by librabbitmq. Used on one thread, which waits at its calls.
final class AMQPConnection {
    typealias Channel = UInt16

    let address: AMQPAddress
    let state: amqp_connection_state_t
    let arena = FrameArena()
    var frame = amqp_frame_t()
    var openChannels: Set<Channel> = []
    /// Of the channel opened last.
    var number: Channel = 0
    var rawChannels: Set<Channel> = []
    /// Messages of which parts have come.
    var incoming: [Channel: IncomingMessage] = [:]
    /// Why it is over.
    var failure: TransportError?
    /// When bytes came last, within a second.
    var heardAt = ContinuousClock.now
    /// When `look` has to send a heartbeat, if the library does not.
    var beatAt = ContinuousClock.now
    /// Why the broker takes no messages at the moment; `nil` when it does.
    var blockedReason: String?
    /// Whether the levels of `DelayedDelivery` have been declared here.
    var hasDelayedDelivery = false
    /// Major and minor number of the server's version.
    var serverVersion = (0, 0)

    /// Seconds that one answer may take. A quorum queue's declaration is voted on.
    private static let patience = 30

    /// Connects and logs in.
    /// - Parameter purpose: what the broker's lists of connections say beside our name.
    init(_ address: AMQPAddress, purpose: String) throws(TransportError) {
        self.address = address
        state = amqp_new_connection()
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        amqp_set_rpc_timeout(state, &patience)
        var handshake = timeval(tv_sec: max(2, Int(address.connectTimeout) * 2), tv_usec: 0)
        amqp_set_handshake_timeout(state, &handshake)
        try connect()
        try logIn(purpose)
        limitSending()
    }

    deinit {
        amqp_destroy_connection(state)
    }

    /// Says farewell, for a second at most.
    func close() {
        guard failure == nil else { return }
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        amqp_set_rpc_timeout(state, &patience)
        amqp_connection_close(state, Int32(AMQP_REPLY_SUCCESS))
        failure = error(.unreachable, "close", "the connection was closed")
    }

    var descriptor: Int32 { amqp_get_sockfd(state) }
    /// Seconds; 0 = none.
    var heartbeat: Int { Int(amqp_get_heartbeat(state)) }
    func isOpen(_ channel: Channel) -> Bool { openChannels.contains(channel) }

    /// Whether the server may have been silent for too long: asked to publish then, the library (0.11) waits for its next word without end. Whoever looks first
    /// is told instead.
    var mayBeSilent: Bool { heartbeat > 0 && heardAt < .now - .seconds(2 * heartbeat - 1) }

    /// Whether the socket takes nothing more at the moment: what is sent then is waited for, and no heartbeat missed meanwhile, until the other side reads again.
    var isFull: Bool {
        // The library has given up the socket of a connection that is over.
        guard failure == nil else { return false }
        var socket = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&socket, 1, 0) == 0
    }

    // MARK: - Channels

    func openChannel() throws(TransportError) -> Channel {
        try checkAlive("open a channel")
        let limit = Channel(clamping: amqp_get_channel_max(state))
        guard openChannels.count < limit else { throw error(.refused, "open a channel", "all \(limit) channels of the connection are in use") }
        // In turn: what came for a channel that was closed must not be taken for its successor's.
        repeat { number = number % limit + 1 } while openChannels.contains(number)
        amqp_channel_open(state, number)
        try check("open a channel", number)
        openChannels.insert(number)
        rawChannels.remove(number)
        return number
    }

    /// What it held unacknowledged goes back to its queues.
    func close(_ channel: Channel) {
        guard failure == nil, openChannels.remove(channel) != nil else { return }
        incoming[channel] = nil
        let reply = amqp_channel_close(state, channel, Int32(AMQP_REPLY_SUCCESS))
        // What came for it meanwhile lies in the library's queue, and is passed over.
        try? check(reply, "close a channel", channel: channel)
    }

    // MARK: - Errors

    func error(_ kind: TransportError.Kind, _ operation: String, _ cause: String, hint: String? = nil) -> TransportError {
        TransportError(kind, operation: operation, endpoint: address.shown, cause: address.masking(cause), hint: hint)
    }

    func checkAlive(_ operation: String, short names: String...) throws(TransportError) {
        if let failure { throw failure }
        for name in names where name.utf8.count > FrameArena.shortLimit {
            throw error(.refused, operation, "\(ForeignText.safe(String(name.prefix(20))))… is longer than \(FrameArena.shortLimit) bytes")
        }
    }

    func check(status: Int32, _ operation: String) throws(TransportError) {
        guard status < 0 else { return }
        let failure = statusError(status, operation)
        self.failure = failure
        throw failure
    }

    /// Of the call just made.
    func check(_ operation: String, _ channel: Channel) throws(TransportError) {
        defer { arena.recycle() }
        try check(amqp_get_rpc_reply(state), operation, channel: channel)
    }

    func check(_ reply: amqp_rpc_reply_t, _ operation: String, channel: Channel) throws(TransportError) {
        switch reply.reply_type {
        case AMQP_RESPONSE_NORMAL: return
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            guard let arguments = UnsafeRawPointer(reply.reply.decoded) else { break }
            if reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD {
                let close = arguments.load(as: amqp_channel_close_t.self)
                throw closed(channel, Int(close.reply_code), String(repairing: close.reply_text), operation)
            }
            let close = arguments.load(as: amqp_connection_close_t.self)
            throw over(Int(close.reply_code), String(repairing: close.reply_text), operation)
        case AMQP_RESPONSE_LIBRARY_EXCEPTION: try check(status: reply.library_error, operation)
        default: break
        }
        let failure = error(.garbled, operation, "the server's answer makes no sense")
        self.failure = failure
        throw failure
    }

    /// Answers the broker's closing of a channel, which is over then; all others go on.
    func closed(_ channel: Channel, _ code: Int, _ text: String, _ operation: String) -> TransportError {
        openChannels.remove(channel)
        incoming[channel] = nil
        var answer = amqp_channel_close_ok_t()
        amqp_send_method(state, channel, amqp_method_number_t(AMQP_CHANNEL_CLOSE_OK_METHOD), &answer)
        return serverError(code, text, operation)
    }

    func over(_ code: Int, _ text: String, _ operation: String) -> TransportError {
        var answer = amqp_connection_close_ok_t()
        amqp_send_method(state, 0, amqp_method_number_t(AMQP_CONNECTION_CLOSE_OK_METHOD), &answer)
        let error = serverError(code, text, operation)
        failure = error
        return error
    }
}
