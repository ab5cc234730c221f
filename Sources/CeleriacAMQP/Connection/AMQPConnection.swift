import CRabbitMQ
import CeleriacBroker
import CeleriacCore
import OrderedCollections

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a channel hears without having asked.
enum ChannelEvent {
    case delivery(consumer: String, tag: UInt64, Envelope)
    /// The broker has it (`basic.ack`), or says that it could not take it (`basic.nack`).
    case confirmed(UInt64, multiple: Bool, isTaken: Bool)
    /// No queue was bound for a mandatory message.
    case returned(exchange: String, correlationID: String?, routingKey: String, reason: String)
    /// The queue of this consumer is gone.
    case cancelled(consumer: String)
    /// By the broker, which says why.
    case closed(TransportError)
}

/// One connection as long as it lasts, by librabbitmq. Used on one thread, which waits at its calls.
final class AMQPConnection {
    typealias Channel = UInt16

    let address: AMQPAddress
    private let state: amqp_connection_state_t
    private let arena = FrameArena()
    private var frame = amqp_frame_t()
    private var openChannels: Set<Channel> = []
    /// Of the channel opened last.
    private var number: Channel = 0
    private var rawChannels: Set<Channel> = []
    /// Messages of which parts have come.
    private var incoming: [Channel: IncomingMessage] = [:]
    /// Why it is over.
    private(set) var failure: TransportError?
    /// Why the broker takes no messages at the moment; `nil` when it does.
    private(set) var blockedReason: String?
    /// Whether the levels of `DelayedDelivery` have been declared here.
    var hasDelayedDelivery = false
    /// Major and minor number of the server's version.
    private(set) var serverVersion = (0, 0)

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

    // MARK: - Opening

    private func connect() throws(TransportError) {
        let socket: OpaquePointer?
        if let tls = address.tls {
            socket = amqp_ssl_socket_new(state)
            if let socket { try encrypt(socket, tls) }
        } else {
            socket = amqp_tcp_socket_new(state)
        }
        guard let socket else { throw error(.unreachable, "connect", "no memory for a socket") }
        var limit = timeval(tv_sec: Int(address.connectTimeout), tv_usec: Int(address.connectTimeout.truncatingRemainder(dividingBy: 1) * 1e6))
        if limit.tv_sec == 0 && limit.tv_usec == 0 { limit.tv_usec = 1 }
        errno = 0
        let status = amqp_socket_open_noblock(socket, address.host, Int32(address.port), &limit)
        guard status == AMQP_STATUS_OK.rawValue else { throw openingError(status, errno) }
    }

    private func encrypt(_ socket: OpaquePointer, _ tls: AMQPTLS) throws(TransportError) {
        amqp_ssl_socket_set_verify_peer(socket, tls.verification == .none ? 0 : 1)
        amqp_ssl_socket_set_verify_hostname(socket, tls.verification == .full ? 1 : 0)
        amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST)
        if let path = tls.authorities ?? Self.systemAuthorities, tls.verification != .none || tls.authorities != nil {
            guard amqp_ssl_socket_set_cacert(socket, path) == AMQP_STATUS_OK.rawValue else {
                throw error(.misconfigured, "open", "\(ForeignText.safe(path)) holds no certificates of authorities", hint: "ssl_ca_certs names a PEM file")
            }
        }
        guard let certificate = tls.certificate, let key = tls.key else { return }
        if let password = tls.keyPassword { amqp_ssl_socket_set_key_passwd(socket, password) }
        guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
            throw error(
                .misconfigured, "open", "the certificate \(ForeignText.safe(certificate)) and its key cannot be used",
                hint: "ssl_certfile and ssl_keyfile name PEM files that belong together")
        }
    }

    /// Where Linux systems keep the authorities that they trust.
    private static var systemAuthorities: String? {
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"].first { access($0, R_OK) == 0 }
    }

    private func logIn(_ purpose: String) throws(TransportError) {
        defer { arena.recycle() }
        var properties = arena.table([
            "product": "Celeriac", "connection_name": .string("celeriac \(purpose)"),
            "capabilities": [
                "connection.blocked": true, "consumer_cancel_notify": true, "publisher_confirms": true, "basic.nack": true, "authentication_failure_close": true,
            ],
        ])
        let reply = cr_login(
            state, address.virtualHost, Int32(address.heartbeat), &properties, address.isExternal, address.user, address.isExternal ? "" : address.password)
        try check(reply, "log in", channel: 0)
        if let table = amqp_get_server_properties(state), case .string(let version)? = OrderedDictionary(table.pointee)["version"] {
            let numbers = version.split(separator: ".").map { Int($0) ?? 0 }
            if numbers.count > 1 { serverVersion = (numbers[0], numbers[1]) }
        }
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

    // MARK: - Calls that wait for their answer

    func declareExchange(_ name: String, type: String, isDurable: Bool, isPassive: Bool = false, on channel: Channel) throws(TransportError) {
        try checkAlive("declare exchange", short: name)
        amqp_exchange_declare(
            state, channel, arena.bytes(name), arena.bytes(type), isPassive ? 1 : 0, isDurable ? 1 : 0, 0, 0, amqp_table_t())
        try check("declare exchange", channel)
    }

    /// - Returns: messages that are ready, and consumers.
    @discardableResult
    func declareQueue(
        _ name: String, isPassive: Bool = false, isDurable: Bool = true, isExclusive: Bool = false, isAutoDelete: Bool = false, arguments: [String: Value] = [:],
        on channel: Channel
    ) throws(TransportError) -> (ready: Int, consumers: Int) {
        try checkAlive("declare queue", short: name)
        let table = arena.table(OrderedDictionary(uniqueKeysWithValues: arguments.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
        let answer = amqp_queue_declare(
            state, channel, arena.bytes(name), isPassive ? 1 : 0, isDurable ? 1 : 0, isExclusive ? 1 : 0, isAutoDelete ? 1 : 0, table)
        let counts = answer.map { (Int($0.pointee.message_count), Int($0.pointee.consumer_count)) } ?? (0, 0)
        try check("declare queue", channel)
        return counts
    }

    func bind(_ queue: String, to exchange: String, _ routingKey: String, on channel: Channel) throws(TransportError) {
        try checkAlive("bind queue", short: queue, exchange, routingKey)
        amqp_queue_bind(state, channel, arena.bytes(queue), arena.bytes(exchange), arena.bytes(routingKey), amqp_table_t())
        try check("bind queue", channel)
    }

    func bindExchange(_ destination: String, to source: String, _ routingKey: String, on channel: Channel) throws(TransportError) {
        try checkAlive("bind exchange", short: destination, source, routingKey)
        amqp_exchange_bind(state, channel, arena.bytes(destination), arena.bytes(source), arena.bytes(routingKey), amqp_table_t())
        try check("bind exchange", channel)
    }

    func deleteQueue(_ name: String, on channel: Channel) throws(TransportError) {
        try checkAlive("delete queue", short: name)
        amqp_queue_delete(state, channel, arena.bytes(name), 0, 0)
        try check("delete queue", channel)
    }

    func selectConfirms(on channel: Channel) throws(TransportError) {
        try checkAlive("select confirms")
        amqp_confirm_select(state, channel)
        try check("select confirms", channel)
    }

    func setPrefetch(_ count: Int, global: Bool, on channel: Channel) throws(TransportError) {
        try checkAlive("set prefetch")
        amqp_basic_qos(state, channel, 0, UInt16(clamping: count), global ? 1 : 0)
        try check("set prefetch", channel)
    }

    func consume(_ queue: String, consumer: String, isAcknowledging: Bool, on channel: Channel) throws(TransportError) {
        try checkAlive("consume", short: queue)
        amqp_basic_consume(state, channel, arena.bytes(queue), arena.bytes(consumer), 0, isAcknowledging ? 0 : 1, 0, amqp_table_t())
        try check("consume", channel)
    }

    func cancel(consumer: String, on channel: Channel) throws(TransportError) {
        try checkAlive("cancel")
        amqp_basic_cancel(state, channel, arena.bytes(consumer))
        try check("cancel", channel)
    }

    // MARK: - Calls without an answer

    /// - Returns: why not, in words, when AMQP cannot tell such a message; nothing is sent then.
    func publish(_ publication: Publication, isMandatory: Bool, on channel: Channel) throws(TransportError) -> String? {
        try checkAlive("publish")
        defer { arena.recycle() }
        var properties = amqp_basic_properties_t()
        var problem = arena.properties(publication.envelope, &properties)
        if publication.exchange.utf8.count > FrameArena.shortLimit || publication.routingKey.utf8.count > FrameArena.shortLimit {
            problem = "its exchange or routing key is longer than \(FrameArena.shortLimit) bytes"
        }
        // All properties travel in one frame.
        if arena.size > Int(amqp_get_frame_max(state)) - 4096 { problem = "its headers are larger than the frames that the broker takes" }
        if let problem { return problem }
        let exchange = arena.bytes(publication.exchange), routingKey = arena.bytes(publication.routingKey)
        let status = publication.envelope.body.withUnsafeBytes { body in
            amqp_basic_publish(
                state, channel, exchange, routingKey, isMandatory ? 1 : 0, 0, &properties,
                amqp_bytes_t(len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress)))
        }
        try check(status: status, "publish")
        return nil
    }

    func acknowledge(_ tag: UInt64, multiple: Bool, on channel: Channel) throws(TransportError) {
        try checkAlive("acknowledge")
        try check(status: amqp_basic_ack(state, channel, tag, multiple ? 1 : 0), "acknowledge")
    }

    func reject(_ tag: UInt64, requeue: Bool, on channel: Channel) throws(TransportError) {
        try checkAlive("reject")
        try check(status: amqp_basic_reject(state, channel, tag, requeue ? 1 : 0), "reject")
    }

    // MARK: - What comes by itself

    /// Of what comes over this channel, bodies and their content types are all that is wanted.
    func readBodiesOnly(on channel: Channel) { rawChannels.insert(channel) }

    /// Reads what has come, and sends a heartbeat when one is due.
    /// - Parameter limit: events that are taken at most, about.
    /// - Returns: whether more may have come.
    /// - Throws: why the connection is over.
    func look(upTo limit: Int = .max, _ take: (Channel, ChannelEvent) -> Void) throws(TransportError) -> Bool {
        var count = 0
        while count < limit {
            if let failure { throw failure }
            let status = cr_next_frame(state, &frame)
            if status == AMQP_STATUS_TIMEOUT.rawValue {
                amqp_maybe_release_buffers(state)
                return false
            }
            try check(status: status, "read")
            try self.take { channel, event in
                count += 1
                take(channel, event)
            }
        }
        return true
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

    // MARK: - Errors

    func error(_ kind: TransportError.Kind, _ operation: String, _ cause: String, hint: String? = nil) -> TransportError {
        TransportError(kind, operation: operation, endpoint: address.shown, cause: address.masking(cause), hint: hint)
    }

    private func checkAlive(_ operation: String, short names: String...) throws(TransportError) {
        if let failure { throw failure }
        for name in names where name.utf8.count > FrameArena.shortLimit {
            throw error(.refused, operation, "\(ForeignText.safe(String(name.prefix(20))))… is longer than \(FrameArena.shortLimit) bytes")
        }
    }

    private func check(status: Int32, _ operation: String) throws(TransportError) {
        guard status < 0 else { return }
        let failure = statusError(status, operation)
        self.failure = failure
        throw failure
    }

    /// Of the call just made.
    private func check(_ operation: String, _ channel: Channel) throws(TransportError) {
        defer { arena.recycle() }
        try check(amqp_get_rpc_reply(state), operation, channel: channel)
    }

    private func check(_ reply: amqp_rpc_reply_t, _ operation: String, channel: Channel) throws(TransportError) {
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
    private func closed(_ channel: Channel, _ code: Int, _ text: String, _ operation: String) -> TransportError {
        openChannels.remove(channel)
        incoming[channel] = nil
        var answer = amqp_channel_close_ok_t()
        amqp_send_method(state, channel, amqp_method_number_t(AMQP_CHANNEL_CLOSE_OK_METHOD), &answer)
        return serverError(code, text, operation)
    }

    private func over(_ code: Int, _ text: String, _ operation: String) -> TransportError {
        var answer = amqp_connection_close_ok_t()
        amqp_send_method(state, 0, amqp_method_number_t(AMQP_CONNECTION_CLOSE_OK_METHOD), &answer)
        let error = serverError(code, text, operation)
        failure = error
        return error
    }
}
