import CRabbitMQ
import CeleriacBroker
import CeleriacCore

extension AMQPConnection {
    /// Takes the next message off a queue, to be settled; waits for it. `nil` when there is none.
    /// - Returns: how many are left in the queue, too.
    func get(_ queue: String, on channel: Channel) throws(TransportError) -> (envelope: Envelope, left: Int)? {
        try checkAlive("get", short: queue)
        defer { arena.recycle() }
        let reply = amqp_basic_get(state, channel, arena.bytes(queue), 0)
        try check(reply, "get", channel: channel)
        guard reply.reply.id == AMQP_BASIC_GET_OK_METHOD, let arguments = UnsafeRawPointer(reply.reply.decoded) else { return nil }
        let answer = arguments.load(as: amqp_basic_get_ok_t.self)
        let exchange = String(repairing: answer.exchange), routingKey = String(repairing: answer.routing_key)
        let isRedelivered = answer.redelivered != 0, left = Int(answer.message_count)
        var message = amqp_message_t()
        try check(amqp_read_message(state, channel, &message, 0), "get", channel: channel)
        defer {
            amqp_destroy_message(&message)
            amqp_maybe_release_buffers_on_channel(state, channel)
        }
        var envelope = Envelope(&message.properties, exchange: exchange, routingKey: routingKey, isRedelivered: isRedelivered)
        if let base = message.body.bytes { envelope.body = Array(UnsafeRawBufferPointer(start: base, count: message.body.len)) }
        return (envelope, left)
    }

    /// Asks for the next message of a queue, to be settled; does not wait for it. What is told is a delivery to a consumer without a name, or that there is none.
    func ask(for queue: String, on channel: Channel) throws(TransportError) {
        try checkAlive("get", short: queue)
        defer { arena.recycle() }
        var question = amqp_basic_get_t(ticket: 0, queue: arena.bytes(queue), no_ack: 0)
        try check(status: amqp_send_method(state, channel, amqp_method_number_t(AMQP_BASIC_GET_METHOD), &question), "get")
    }

    /// Asks how many messages of a queue are ready; does not wait for it, for which all that is on its way would have to be kept at once.
    func askSize(of queue: String, on channel: Channel) throws(TransportError) {
        try checkAlive("declare queue", short: queue)
        defer { arena.recycle() }
        var question = amqp_queue_declare_t()
        question.queue = arena.bytes(queue)
        question.passive = 1
        try check(status: amqp_send_method(state, channel, amqp_method_number_t(AMQP_QUEUE_DECLARE_METHOD), &question), "declare queue")
    }
}
