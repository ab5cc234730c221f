import CeleriacBroker
import CeleriacCore

/// Waits until tasks have ended, told by the result backend.
struct ResultWait: Sendable {
    let results: any ResultStore

    /// The value of a task; of a group, the list of its members' values.
    ///
    /// - Parameter timeout: `nil` waits for ever.
    /// - Throws: `TaskError` for the first task that failed, be it an earlier step of the chain; `TransportError`, of kind `.timedOut` when it took
    ///   longer; `CancellationError`.
    func value(of result: AppliedResult, timeout: Duration?) async throws -> Value {
        let ended = try await limited(timeout) { try await records(of: result.tasks, watching: result.ancestors) }
        return try Self.value(of: result, in: ended)
    }

    private static func value(of result: AppliedResult, in records: [TaskID: ResultRecord]) throws -> Value {
        switch result {
        case .task(let id, _): records[id]?.result ?? .null
        case .group(_, let members, _): .array(try members.map { try value(of: $0, in: records) })
        }
    }

    /// The records of all of `tasks` once they have succeeded.
    private func records(of tasks: [TaskID], watching others: [TaskID]) async throws -> [TaskID: ResultRecord] {
        var missing = Set(tasks), found: [TaskID: ResultRecord] = [:]
        if missing.isEmpty { return found }
        for try await record in results.updates(of: tasks + others.filter { !missing.contains($0) }) where record.state.isFinal {
            if let error = TaskError(record) { throw error }
            if missing.remove(record.id) != nil { found[record.id] = record }
            if missing.isEmpty { return found }
        }
        try Task.checkCancellation()
        throw TransportError(.refused, operation: "wait", endpoint: results.endpoint, cause: "the backend ended its updates before the tasks had ended")
    }

    private func limited<Result: Sendable>(_ limit: Duration?, _ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        guard let limit else { return try await work() }
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let first else {
                throw TransportError(.timedOut, operation: "wait", endpoint: results.endpoint, cause: "no result within \(limit)")
            }
            return first
        }
    }
}
