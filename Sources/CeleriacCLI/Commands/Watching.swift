import Celeriac
import CeleriacBroker
import CeleriacCore

/// Runs `body` beside a monitor of the session's cluster; the monitor ends with it.
func watching<Answer: Sendable>(_ session: Session, _ body: @Sendable (any BrokerConnection, ClusterMonitor) async throws -> Answer) async throws -> Answer {
    let broker = try session.openBroker()
    let monitor = session.monitor(broker)
    let running = Task { await monitor.run() }
    let answer: Swift.Result<Answer, any Error>
    do { answer = .success(try await body(broker, monitor)) } catch { answer = .failure(error) }
    running.cancel()
    await broker.close()
    return try answer.get()
}

extension ClusterMonitor {
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
