import Celeriac
import CeleriacBroker
import CeleriacCore

/// Runs `body` beside a monitor of the session's cluster; the monitor ends with it. A result backend that cannot be opened is the monitor's `groupProblem`.
func watching<Answer: Sendable>(_ session: Session, _ body: @Sendable (any BrokerConnection, ClusterMonitor) async throws -> Answer) async throws -> Answer {
    let broker = try session.openBroker()
    var results: (any ResultBackend)?
    var problem: String?
    // Most can be seen without it.
    do { results = try session.openResultBackend() } catch { problem = error.description }
    let monitor = session.monitor(broker, results: results, groupProblem: problem)
    let running = Task { await monitor.run() }
    let answer: Swift.Result<Answer, any Error>
    do { answer = .success(try await body(broker, monitor)) } catch { answer = .failure(error) }
    running.cancel()
    await broker.close()
    return try answer.get()
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
