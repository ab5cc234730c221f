import Celeriac
import CeleriacCore
import Dashboard

/// Remembers what was revoked from here, and tells those workers of it that come online later: a worker knows only what it has heard itself.
actor RevokedAgain {
    private let monitor: ClusterMonitor
    /// Tells one worker of these; `false`: it does not listen yet.
    private let tell: @Sendable (WorkerName, [TaskID]) async -> Bool
    private var ids: [TaskID] = []
    /// Workers that were online at the last look.
    private var online: Set<WorkerName> = []
    /// Workers that are to be told, and how often that was tried: they send heartbeats before they listen.
    private var untold: [WorkerName: Int] = [:]
    private var watching: Task<Void, Never>?

    /// Ids remembered: those revoked last.
    private static let limit = 10_000
    /// Times that a worker is tried; some never answer.
    private static let tries = 20

    init(_ monitor: ClusterMonitor, tell: @escaping @Sendable (WorkerName, [TaskID]) async -> Bool) {
        self.monitor = monitor
        self.tell = tell
    }

    func close() { watching?.cancel() }

    func note(_ revoked: [TaskID]) async {
        let known = Set(ids)
        ids += revoked.filter { !known.contains($0) }
        ids.removeFirst(max(0, ids.count - Self.limit))
        guard watching == nil else { return }
        online = await workersOnline
        // Unstructured on purpose: it looks on as long as the dashboard runs.
        watching = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(500))
                await self.look()
            }
        }
    }

    private func look() async {
        let now = await workersOnline
        untold = untold.filter { now.contains($0.key) && $0.value < Self.tries }
        for worker in now.subtracting(online) { untold[worker] = 0 }
        online = now
        guard !untold.isEmpty else { return }
        var open: [TaskID] = []
        for id in ids {
            if let row = await monitor.task(id), row.state.isFinal { continue }
            open.append(id)
        }
        for worker in untold.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            let isTold = if open.isEmpty { true } else { await tell(worker, open) }
            if isTold { untold[worker] = nil } else { untold[worker, default: 0] += 1 }
        }
    }

    private var workersOnline: Set<WorkerName> {
        get async {
            var request = PictureRequest()
            request.workers = ListQuery(count: 10_000)
            let rows = await monitor.picture(request).workers?.rows ?? []
            return Set(rows.filter { $0.state == .online || $0.state == .late }.map(\.name))
        }
    }
}
