import Celeriac
import CeleriacBroker
import CeleriacCore

/// Opens the session's broker for `body`, however that ends.
func withBroker<Answer>(_ session: Session, _ body: (any BrokerConnection) async throws -> Answer) async throws -> Answer {
    let broker = try session.openBroker()
    let answer: Swift.Result<Answer, any Error>
    do { answer = .success(try await body(broker)) } catch { answer = .failure(error) }
    await broker.close()
    return try answer.get()
}

/// Runs `body` beside a monitor of the session's cluster; the monitor ends with it. A result backend that cannot be opened is the monitor's `groupProblem`.
func watching<Answer: Sendable>(_ session: Session, _ body: @Sendable (any BrokerConnection, ClusterMonitor) async throws -> Answer) async throws -> Answer {
    try await withBroker(session) { broker in
        var results: (any ResultBackend)?
        var problem: String?
        // Most can be seen without it.
        do throws(TransportError) { results = try session.openResultBackend() } catch { problem = error.description }
        let monitor = session.monitor(broker, results: results, groupProblem: problem)
        let running = Task { await monitor.run() }
        defer { running.cancel() }
        return try await body(broker, monitor)
    }
}

/// What `request` shows of the session's cluster after watching it for `span`, and what keeps the queues, or the groups of workflows, from being shown.
func look(at session: Session, _ request: PictureRequest, after span: Duration) async throws -> (picture: Picture, problem: String?) {
    try await watching(session) { broker, monitor in
        try await monitor.firstLookOrFail(broker.endpoint)
        try await monitor.watch(for: span, groups: request.workflows != nil)
        let picture = await monitor.picture(request), problem = await monitor.problem
        return (picture: picture, problem: request.workflows == nil ? problem : picture.header.groupProblem)
    }
}

extension ClusterMonitor {
    /// Goes on for `span`. For who wants to see `groups` the result backend is asked again and again, and once more at the end: one look is at a few hundred
    /// tasks only.
    func watch(for span: Duration, groups: Bool) async throws {
        guard groups else { return try await Task.sleep(for: span) }
        let end = ContinuousClock.now + span
        while true {
            await lookAtGroupsOnce()
            let left = end - ContinuousClock.now
            guard left > .zero else { return }
            try await Task.sleep(for: min(left, .milliseconds(500)))
        }
    }

    /// Waits for the first look.
    /// - Throws: `Failure` 69 when the broker cannot be reached.
    func firstLookOrFail(_ endpoint: String) async throws {
        await firstLook()
        if case .reconnecting(_, _, let reason) = linkState { throw Failure(.unavailable, ForeignText.safe("connection to \(endpoint) failed: \(reason)")) }
    }
}

/// Everything, unsorted, that matches.
func everything(_ filter: Filter?) -> ListQuery { ListQuery(filter: filter, count: 1_000_000) }

/// The filter that the user typed.
func readFilter(_ text: String?) throws -> Filter? {
    guard let text else { return nil }
    do { return try Filter(text) } catch { throw Failure(.wrongUsage, "--match: \(error)") }
}
