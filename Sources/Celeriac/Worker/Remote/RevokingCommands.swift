import CeleriacCore
import CeleriacBroker
import Logging
import OrderedCollections
import Synchronization

extension ControlCommand {
    /// What ends tasks, or keeps them from beginning.
    static let revoking: [ControlCommand] = [
        ControlCommand("revoke", required: ["task_id"]) { call throws(ControlFailure) in try await call.revoke(terminates: call["terminate"].isTrue) },
        ControlCommand("terminate", required: ["signal", "task_id"]) { call throws(ControlFailure) in try await call.revoke(terminates: true) },
        ControlCommand("revoke_by_stamped_headers", required: ["headers"]) { call throws(ControlFailure) in
            let stamps = call.stamps
            let signal = try call.signal()
            call.state.books.withLock { $0.stamps.insert(stamps) }
            let shown = PythonRepr.text(.object(stamps), limit: nil, levels: 100)
            guard call["terminate"].isTrue else { return .ok("headers \(shown) flagged as revoked, but not terminated") }
            let matched = call.terminate(stamps, signal)
            guard !matched.isEmpty else { return .ok("headers \(shown) were not terminated") }
            let sets = matched.map { "'\($0.key)': {\($0.value.map { PythonRepr.text($0) }.joined(separator: ", "))}" }
            return .ok("headers defaultdict(<class 'set'>, {\(sets.joined(separator: ", "))}) revoked")
        },
    ]
}

extension ControlCommand.Call {
    /// `SIGTERM` unless another is named.
    fileprivate func signal() throws(ControlFailure) -> Int32 {
        let given = self["signal"]
        guard !given.isNull else { return UnixSignal.terminate }
        guard let number = UnixSignal.number(given) else { throw ControlFailure("TypeError", "signal \(PythonRepr.text(given)) is not known") }
        return number
    }

    /// As a map; a list holds `key=value`.
    fileprivate var stamps: OrderedDictionary<String, Value> {
        if let map = self["headers"].object { return map }
        let pairs = self["headers"].texts.compactMap { text -> (String, Value)? in
            let parts = text.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), .string(String(parts[1]))) : nil
        }
        return OrderedDictionary(pairs) { _, last in last }
    }

    fileprivate func revoke(terminates: Bool) async throws(ControlFailure) -> Value {
        let ids = OrderedSet(self["task_id"].texts).map(TaskID.init(_:))
        let signal = terminates ? try self.signal() : UnixSignal.terminate
        let now = state.time()
        let running = state.books.withLock { books in
            for id in ids { books.revoked.insert(id, at: now) }
            return Set(books.active.values.map(\.reservation.id))
        }
        await markRevoked(ids.filter { !running.contains($0) })
        guard terminates else {
            state.log.info("Tasks flagged as revoked: \(ForeignText.safe(ids.map(\.rawValue).joined(separator: ", ")))")
            let set = ids.isEmpty ? "set()" : "{\(ids.map { PythonRepr.text(.string($0.rawValue)) }.joined(separator: ", "))}"
            return .ok("tasks \(set) flagged as revoked")
        }
        let known = Set(state.found(Set(ids.map(\.rawValue))).map(\.id))
        let ended = ids.filter(known.contains)
        for id in ended where running.contains(id) {
            state.log.info("Terminating \(ForeignText.safe(id.rawValue)) (\(signal))")
            state.pool.terminate(id, signal: signal)
        }
        return .ok(ended.isEmpty ? "terminate: tasks unknown" : "terminate: \(ended.map(\.rawValue).joined(separator: ", "))")
    }

    /// Stores REVOKED at once for what has no outcome yet and does not run anywhere, as 5.7 does, whoever has the task.
    private func markRevoked(_ ids: [TaskID]) async {
        guard let results = state.results, !ids.isEmpty else { return }
        do {
            let stored = try await results.records(of: ids)
            let open: Set<TaskState> = [.pending, .received, .retry, .rejected]
            let exception = StoredException(type: "TaskRevokedError", module: "celery.exceptions", arguments: ["revoked"])
            let done = ISOTime.text(state.time())
            let records = ids.filter { stored[$0].map { open.contains($0.state) } ?? true }.map { id in
                var record = ResultRecord(id: id, state: .revoked, result: exception.value)
                record.dateDone = done
                return record
            }
            if !records.isEmpty { try await results.store(records, lifetime: state.configuration.resultLifetime) }
        } catch { state.log.warning("Failed to mark tasks as revoked: \(ForeignText.safe("\(error)"))") }
    }

    /// The stamps by which running tasks were ended.
    fileprivate func terminate(_ stamps: OrderedDictionary<String, Value>, _ signal: Int32) -> OrderedDictionary<String, [Value]> {
        var matched: OrderedDictionary<String, [Value]> = [:]
        for run in state.runs() {
            for (name, wanted) in stamps {
                guard let own = run.reservation.message.stamps[name] else { continue }
                let common = RevokedStamps.list(own).filter(RevokedStamps.list(wanted).contains)
                guard !common.isEmpty else { continue }
                for value in common where matched[name]?.contains(value) != true { matched[name, default: []].append(value) }
                state.pool.terminate(run.reservation.id, signal: signal)
            }
        }
        return matched
    }
}

extension Value {
    /// As Python would take it for an argument: `true`, or a number other than 0.
    fileprivate var isTrue: Bool { bool ?? (integer.map { $0 != 0 } ?? false) }
}
