import CeleriacCore

extension ResultRecord {
    /// As Celery's workers store it.
    /// - Parameters:
    ///   - isExtended: `result_extended`: with the call.
    ///   - now: seconds since 1970.
    init(_ ending: Ending.Record, of task: Reservation, children: [Value], node: WorkerName, isExtended: Bool, now: Double) {
        let message = task.message
        self.init(id: message.id, state: ending.state, result: ending.result)
        traceback = ending.traceback
        self.children = .array(children)
        if ending.state == .success || ending.state == .failure || ending.state == .revoked { dateDone = ISOTime.text(now) }
        group = message.group
        parent = message.parent
        replyTo = message.replyTo
        guard isExtended else { return }
        name = message.name
        args = .array(task.args)
        kwargs = .object(task.kwargs)
        worker = node
        retries = message.retries
        queue = message.routingKey.map(QueueName.init(_:))
    }
}
