import CeleriacCore

extension TaskEvent {
    static func received(_ task: Reservation) -> TaskEvent {
        let message = task.message
        var event = TaskEvent("task-received", message.id)
        event.add("name", task.shownName)
        event.add("args", message.argsrepr ?? PythonRepr.text(.array(task.args)))
        event.add("kwargs", message.kwargsrepr ?? PythonRepr.text(.object(task.kwargs)))
        event.add("root_id", message.root?.rawValue)
        event.add("parent_id", message.parent?.rawValue)
        event.add("retries", .integer(message.retries))
        event.add("eta", message.eta.flatMap { ISOTime.text($0) })
        event.add("expires", message.expires.flatMap { ISOTime.text($0) })
        return event
    }

    static func started(_ id: TaskID) -> TaskEvent { TaskEvent("task-started", id) }

    /// A task that is not registered here: always sent, without a traceback.
    static func unregistered(_ id: TaskID, name: String) -> TaskEvent {
        var event = TaskEvent("task-failed", id)
        event.add("exception", "NotRegistered(\(PythonRepr.text(.string(name))))")
        return event
    }

    /// - Parameter runtime: of the run.
    static func of(_ announcement: Ending.Announcement, _ id: TaskID, runtime: Duration) -> TaskEvent {
        switch announcement {
        case .succeeded(let result):
            var event = TaskEvent("task-succeeded", id)
            event.add("result", PythonRepr.text(result))
            event.add("runtime", .number(runtime.seconds))
            return event
        case .failed(let exception, let traceback): return failure("task-failed", id, exception, traceback)
        case .retried(let exception, let traceback): return failure("task-retried", id, exception, traceback)
        case .revoked(let isTerminated, let signal, let isExpired):
            var event = TaskEvent("task-revoked", id)
            event.add("terminated", .bool(isTerminated))
            event.add("signum", signal.map { .integer(Int($0)) } ?? .null)
            event.add("expired", .bool(isExpired))
            return event
        case .rejected(let requeue):
            var event = TaskEvent("task-rejected", id)
            event.add("requeue", .bool(requeue))
            return event
        case .cancelled: return TaskEvent("task-cancelled", id)
        }
    }

    private static func failure(_ type: StaticString, _ id: TaskID, _ exception: String, _ traceback: String) -> TaskEvent {
        var event = TaskEvent(type, id)
        event.add("exception", exception)
        event.add("traceback", traceback)
        return event
    }
}
