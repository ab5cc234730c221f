import CeleriacBroker
import CeleriacCore
import GRDB
import Synchronization

/// The client's side of kombu's remote control: requests are broadcast to all nodes on the file, replies come into a queue made for the occasion.
final class Pidbox: Sendable {
    private let access: FileAccess
    private let permission: Permission
    /// `celery.pidbox`, unless the cluster's `control_exchange` differs.
    private let exchange: String
    private let now: @Sendable () -> Double
    /// Lamport time.
    private let clock = Atomic<Int>(0)

    /// How long after the end of a call a reply may still be on its way into a queue that nobody reads any more.
    private static let afterglow = Duration.milliseconds(500)

    init(_ access: FileAccess, _ permission: Permission, exchange: String, now: @escaping @Sendable () -> Double) {
        self.access = access
        self.permission = permission
        self.exchange = exchange
        self.now = now
    }

    private var replyExchange: String { "reply." + exchange }

    /// Broadcasts without asking for replies; returns how many nodes listened.
    func send(_ request: ControlRequest) async throws(TransportError) -> Int {
        try ControlGuard.check(request, permission, access.endpoint)
        return try await broadcast(request, reply: nil, expires: 0)
    }

    /// Broadcasts, then hands over replies as they come. Returns when all receivers, or all destinations, have answered, else `timeout` after the last reply,
    /// or when its task is cancelled. Whichever way it ends, what was made for it is removed, the last of it when the replies have ended.
    func ask(_ request: ControlRequest, timeout: Duration, replies: AsyncThrowingStream<ControlReply, any Error>.Continuation) async throws(TransportError) {
        try ControlGuard.check(request, permission, access.endpoint)
        let oid = freshUUID()
        let box = QueueName("\(oid).\(replyExchange)")
        let address = ReplyAddress(ticket: freshUUID(), exchange: replyExchange, routingKey: oid)
        var failure: TransportError?
        var isAnswered = false
        do throws(TransportError) {
            // The binding must be there before the first node answers, or its reply is dropped.
            try await access.write("open reply box") { database in
                _ = try database.makeQueue(box.rawValue)
                try database.run(OwnTables.bind, [address.exchange, Queue.ExchangeType.direct.rawValue, oid, box.rawValue])
            }
            isAnswered = try await gather(request, address, box, timeout) { replies.yield($0) }
        } catch {
            failure = error
        }
        await sweep(box)
        if let failure { throw failure }
        replies.finish()
        guard !isAnswered else { return }
        // A node that looked up the binding just before it was removed writes into the box just after.
        try? await Task.sleep(for: Self.afterglow)
        await sweep(box)
    }

    /// - Returns: whether nothing more can come.
    private func gather(
        _ request: ControlRequest, _ address: ReplyAddress, _ box: QueueName, _ timeout: Duration, _ handOver: (ControlReply) -> Void
    ) async throws(TransportError) -> Bool {
        let receivers = try await broadcast(request, reply: address, expires: now() + timeout.seconds)
        let expected = min(receivers, request.destination?.count ?? receivers)
        var answers = 0
        var deadline = ContinuousClock.now + timeout
        while answers < expected {
            let mark = access.wakeups.mark
            let payloads = try await take(from: box)
            for payload in payloads {
                answers += 1
                // What cannot be read was an answer all the same: nobody needs to wait for it any more.
                guard let envelope = try? Envelope(decoding: Array(payload.utf8)), let (ticket, answered) = try? ControlReply.decode(envelope),
                    ticket == address.ticket
                else { continue }
                for reply in answered { handOver(reply) }
            }
            if !payloads.isEmpty {
                deadline = .now + timeout
            } else if !(await access.wakeups.wait(for: .messages, past: mark, until: deadline)) {
                return false
            }
        }
        return true
    }

    /// All that waits in a reply box, and takes it out.
    private func take(from box: QueueName) async throws(TransportError) -> [String] {
        guard try await access.read("read replies", { try $0.isAnyWaiting(in: [box]) }) else { return [] }
        return try await access.write("read replies") { database in
            guard let id = try database.queueID(box.rawValue) else { return [] }
            let payloads = try database.rows(KombuTables.waiting, [id, -1]).compactMap { row in
                try database.first(String.self, KombuTables.payload, [row[0] as Int64])
            }
            try database.run(KombuTables.deleteMessages, [id])
            return payloads
        }
    }

    private func broadcast(_ request: ControlRequest, reply: ReplyAddress?, expires: Double) async throws(TransportError) -> Int {
        let time = clock.add(1, ordering: .relaxed).newValue
        let envelope = request.envelope(reply: reply, clock: time, expires: expires, deliveryTag: freshUUID(), exchange: exchange)
        return try await Broadcasting(access: access, exchange: exchange, now: now).send([(routingKey: "", envelope: envelope)])
    }

    private func sweep(_ box: QueueName) async {
        // Nothing can be done about a file that is gone.
        try? await access.write("remove reply box") { try $0.deleteQueue(box) }
    }
}
