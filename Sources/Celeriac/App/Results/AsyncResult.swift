public import CeleriacBroker
public import CeleriacCore

/// The result of a sent call: there already, or to come.
public struct AsyncResult<Output: Decodable & Sendable>: Sendable {
    /// What it is known by, earlier steps of its chain included.
    public let applied: AppliedResult
    let app: App

    init(_ applied: AppliedResult, app: App) {
        self.applied = applied
        self.app = app
    }

    /// Of the task; of the first member when it stands for a group.
    public var id: TaskID { applied.tasks.first ?? "" }

    /// Celery's form of a result inside other results: `[[id, parent], null]`, from which Python makes an `AsyncResult` again.
    public var tuple: Value { applied.tuple }

    /// Of the step before in its chain, or of the header of its chord.
    public var parent: AsyncResult<Value>? { applied.parent.map { AsyncResult<Value>($0, app: app) } }

    /// Waits for the result. Told by the backend where it can (Redis), else by looking every 0.5 s. Within a task it holds a place in the pool.
    ///
    /// - Parameter timeout: `nil` waits for ever.
    /// - Throws: `TaskError` when the task, or an earlier step of its chain, failed or was revoked; `TransportError`, of kind `.timedOut` when it took longer;
    ///   `DecodingError` when the result is no `Output`.
    public func get(timeout: Duration? = nil) async throws -> Output {
        try ValueDecoder().decode(Output.self, from: await ResultWait(results: app.resultStore).value(of: applied, timeout: timeout))
    }

    /// PENDING also for a task that the backend has never heard of.
    public var state: TaskState { get async throws { try await record?.state ?? .pending } }

    /// What the task told last: the result, the exception's map, or what came with `TaskContext.updateState`; null when there is nothing.
    public var info: Value { get async throws { try await record?.result ?? .null } }

    /// All that is stored of the task; `nil` when nothing is.
    public var record: ResultRecord? { get async throws { try await app.resultStore.record(of: id) } }

    /// Results of the tasks that it sent; known once it has ended.
    public var children: [AsyncResult<Value>] {
        get async throws { (try await record?.children.array ?? []).compactMap { AppliedResult($0).map { AsyncResult<Value>($0, app: app) } } }
    }

    /// What is stored now, then each change, until the task has ended or nobody listens any more: for progress.
    public func updates() throws(TransportError) -> AsyncThrowingStream<ResultRecord, any Error> { try app.resultStore.updates(of: applied.tasks) }

    /// Removes what is stored.
    public func forget() async throws(TransportError) { try await app.resultStore.forget(applied.tasks) }

    /// Asks all workers not to run it.
    /// - Parameter terminate: also ends it where it runs already: by this signal in a `process` pool, by cancellation in an `async` one.
    public func revoke(terminate signal: String? = nil) async throws(TransportError) { try await app.revoke(applied.tasks, terminate: signal) }

    /// The same task's result, decoded as something else.
    public func returning<Other>(_ type: Other.Type) -> AsyncResult<Other> { AsyncResult<Other>(applied, app: app) }
}

extension App {
    /// The result of a task that was sent some time, by anybody.
    public func result<Output>(of id: TaskID, as type: Output.Type = Value.self) -> AsyncResult<Output> { AsyncResult(.task(id, parent: nil), app: self) }

    /// - Throws: kind `.misconfigured` when the app has no result backend.
    var resultStore: any ResultStore {
        get throws(TransportError) {
            if let results { return results }
            throw TransportError(
                .misconfigured, operation: "look for a result", endpoint: transport.endpoint, cause: "the app \(name) has no result backend",
                hint: "give App a resultBackend")
        }
    }
}
