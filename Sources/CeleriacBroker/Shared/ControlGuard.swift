package import CeleriacCore

/// Which remote-control methods a permission allows.
package enum ControlGuard {
    /// Methods that change nothing on a worker, with their old names (celery.worker.control, `@inspect_command`). `memsample` is left out: it forces a sample.
    package static let reading: Set<String> = [
        "active", "active_queues", "clock", "conf", "dump_active", "dump_conf", "dump_reserved", "dump_revoked", "dump_schedule", "dump_tasks", "ping",
        "query_task", "registered", "report", "reserved", "revoked", "scheduled", "stats",
    ]

    /// - Throws: kind `.readOnly`, in words for the status line.
    package static func check(_ request: ControlRequest, _ permission: Permission, _ endpoint: String) throws(TransportError) {
        switch permission {
        case .act: return
        case .readOnly where reading.contains(request.method): return
        case .readOnly: throw TransportError(.readOnly, operation: request.method, endpoint: endpoint, cause: "not sent: this session is read-only")
        case .passive:
            throw TransportError(.readOnly, operation: request.method, endpoint: endpoint, cause: "not sent: this session is passive and asks workers nothing")
        }
    }

    /// For what changes queues.
    /// - Throws: kind `.readOnly`, unless the permission is to act.
    package static func check(_ operation: String, _ permission: Permission, _ endpoint: String, cause: String = "nothing is changed") throws(TransportError) {
        guard permission != .act else { return }
        let name = permission == .passive ? "passive" : "read-only"
        throw TransportError(.readOnly, operation: operation, endpoint: endpoint, cause: "\(cause): this session is \(name)", hint: "start without --\(name)")
    }
}
