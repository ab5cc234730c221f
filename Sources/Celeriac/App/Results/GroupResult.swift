public import CeleriacBroker
public import CeleriacCore

/// The results of calls that were sent together.
public struct GroupResult<Member: Decodable & Sendable>: Sendable {
    public let applied: AppliedResult
    let app: App

    init(_ applied: AppliedResult, app: App) {
        self.applied = applied
        self.app = app
    }

    /// Of the group.
    public var id: String {
        switch applied {
        case .group(let id, _, _): id
        case .task(let id, _): id.rawValue
        }
    }

    /// Celery's form of a result inside other results: `[[id, parent], [member, …]]`, from which Python makes a `GroupResult` again.
    public var tuple: Value { applied.tuple }

    /// In the order of the calls.
    public var members: [AsyncResult<Member>] {
        switch applied {
        case .group(_, let members, _): members.map { AsyncResult<Member>($0, app: app) }
        case .task: [AsyncResult<Member>(applied, app: app)]
        }
    }

    /// Waits for all, and returns their results in the order of the calls.
    /// - Throws: as `AsyncResult.get`; as soon as one member failed.
    public func get(timeout: Duration? = nil) async throws -> [Member] {
        try ValueDecoder().decode([Member].self, from: await ResultWait(results: app.resultStore).value(of: applied, timeout: timeout))
    }

    /// How many tasks have succeeded so far.
    public var completedCount: Int {
        get async throws(TransportError) { try await app.resultStore.records(of: applied.tasks).values.count { $0.state == .success } }
    }

    /// Whether all tasks have ended, in whatever way.
    public var isReady: Bool {
        get async throws(TransportError) {
            let tasks = Set(applied.tasks)
            return try await app.resultStore.records(of: applied.tasks).values.count { $0.state.isFinal } == tasks.count
        }
    }

    /// Keeps what the group is made of, so that anybody can `App.restoreGroup` it by its id.
    public func save() async throws(TransportError) {
        try await app.resultStore.saveGroup(id, members: applied.tuple, lifetime: app.configuration.resultLifetime)
    }

    /// Removes what is stored of the members and of the group.
    public func forget() async throws(TransportError) {
        try await app.resultStore.forget(applied.tasks)
        try await app.resultStore.forgetGroup(id)
    }

    /// Asks all workers to run none of them any more.
    public func revoke(terminate signal: String? = nil) async throws(TransportError) { try await app.revoke(applied.tasks, terminate: signal) }
}

extension App {
    /// A group that was saved, by this program or a Python one; `nil` when there is none of that id.
    public func restoreGroup<Member>(_ id: String, as type: Member.Type = Value.self) async throws(TransportError) -> GroupResult<Member>? {
        try await resultStore.group(id).flatMap { AppliedResult($0) }.map { GroupResult($0, app: self) }
    }
}
