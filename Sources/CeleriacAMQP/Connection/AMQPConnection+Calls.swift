import CRabbitMQ
import CeleriacBroker
import CeleriacCore
import OrderedCollections

extension AMQPConnection {
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
        let answer = amqp_queue_declare(
            state, channel, arena.bytes(name), isPassive ? 1 : 0, isDurable ? 1 : 0, isExclusive ? 1 : 0, isAutoDelete ? 1 : 0, arena.table(arguments))
        let counts = answer.map { (Int($0.pointee.message_count), Int($0.pointee.consumer_count)) } ?? (0, 0)
        try check("declare queue", channel)
        return counts
    }

    func bind(_ queue: String, to exchange: String, _ routingKey: String, arguments: [String: Value] = [:], on channel: Channel) throws(TransportError) {
        try checkAlive("bind queue", short: queue, exchange, routingKey)
        amqp_queue_bind(state, channel, arena.bytes(queue), arena.bytes(exchange), arena.bytes(routingKey), arena.table(arguments))
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

    func consume(
        _ queue: String, consumer: String, isAcknowledging: Bool, arguments: [String: Value] = [:], on channel: Channel
    ) throws(TransportError) {
        try checkAlive("consume", short: queue)
        amqp_basic_consume(state, channel, arena.bytes(queue), arena.bytes(consumer), 0, isAcknowledging ? 0 : 1, 0, arena.table(arguments))
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
}
