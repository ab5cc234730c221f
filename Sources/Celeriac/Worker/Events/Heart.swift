import CeleriacCore
import Glibc
import Synchronization

/// Tells the cluster that this worker is there: on coming, every few seconds, and on going.
struct Heart: Sendable {
    let state: WorkerState

    static let software: [(StaticString, Value)] = [("sw_ident", "swift-celeriac"), ("sw_ver", .string(version)), ("sw_sys", .string(system))]
    static let version = "0.1.0"
    static let system = "Linux"

    func online() { beat("worker-online") }
    func offline() { beat("worker-offline") }

    /// Beats until cancelled.
    func run() async {
        let configuration = state.configuration.worker
        guard configuration.sendsHeartbeats else { return }
        while !Task.isCancelled {
            guard (try? await Task.sleep(for: max(configuration.heartbeatInterval, .milliseconds(100)))) != nil else { return }
            beat("worker-heartbeat")
        }
    }

    /// As remote control asks for it: without what is being done.
    func beatOnRequest() { state.events.send("worker-heartbeat", members: [("freq", 5)] + Self.software) }

    private func beat(_ type: String) {
        state.events.refresh()
        let (active, processed) = state.books.withLock { ($0.active.count, $0.processed) }
        state.events.send(
            type,
            members: [
                ("freq", .number(state.configuration.worker.heartbeatInterval.seconds)), ("active", .integer(active)), ("processed", .integer(processed)),
                ("loadavg", .array(Self.load().map { .number(($0 * 100).rounded() / 100) })),
            ] + Self.software)
    }

    /// Of 1, 5 and 15 minutes.
    private static func load() -> [Double] {
        var averages = [0.0, 0, 0]
        guard getloadavg(&averages, 3) == 3 else { return [0, 0, 0] }
        return averages
    }
}
