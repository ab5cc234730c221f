import CeleriacCore

extension Books.Run {
    /// What `inspect` shows of a task that runs.
    func description(node: WorkerName, isSafe: Bool = false) -> Value {
        reservation.description(node: node, isSafe: isSafe, startedAt: startedAt, isAcknowledged: isAcknowledged, process: process)
    }
}

extension Reservation {
    /// What `inspect` shows of a task (`Request.info`).
    /// - Parameters:
    ///   - isSafe: arguments as texts.
    ///   - startedAt: seconds since 1970; `nil` when it has not begun.
    func description(node: WorkerName, isSafe: Bool = false, startedAt: Double? = nil, isAcknowledged: Bool = false, process: Int32? = nil) -> Value {
        [
            "id": .string(id.rawValue), "name": .string(shownName),
            "args": isSafe ? .string(message.argsrepr ?? PythonRepr.text(.array(args))) : .array(args),
            "kwargs": isSafe ? .string(message.kwargsrepr ?? PythonRepr.text(.object(kwargs))) : .object(kwargs), "type": .string(message.name),
            "hostname": .string(node.rawValue), "time_start": startedAt.map(Value.number) ?? .null, "acknowledged": .bool(isAcknowledged),
            "delivery_info": [
                "exchange": message.exchange.map(Value.string) ?? .null, "routing_key": message.routingKey.map(Value.string) ?? .null,
                "priority": .integer(message.priority), "redelivered": .bool(message.isRedelivered),
            ],
            "worker_pid": process.map { .integer(Int($0)) } ?? .null,
        ]
    }
}
