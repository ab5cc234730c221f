import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// What the parts of a running beat share.
final class BeatState: Sendable {
    enum Server: Hashable, Sendable { case broker, store }

    let app: App
    let store: any ScheduleStore
    let rules: Timetable.Rules
    let maxInterval: Duration
    let log: Logger
    let lead: BeatLead
    /// Seconds since 1970.
    let time: @Sendable () -> Double
    private let ending = Atomic(false)
    private let away = Mutex<Set<Server>>([])
    /// Hashes: what was told of broken entries is not told again.
    private let told = Mutex<Set<Int>>([])

    init(app: App, store: any ScheduleStore, rules: Timetable.Rules, maxInterval: Duration, log: Logger, lead: BeatLead, time: @escaping @Sendable () -> Double) {
        self.app = app
        self.store = store
        self.rules = rules
        self.maxInterval = maxInterval
        self.log = log
        self.lead = lead
        self.time = time
    }

    var isEnding: Bool { ending.load(ordering: .relaxed) }

    func end() {
        ending.store(true, ordering: .relaxed)
        lead.bell.ring()
    }

    /// - Returns: whether that is news.
    @discardableResult
    func canReach(_ isThere: Bool, of server: Server) -> Bool {
        away.withLock { away in
            if !isThere { return away.insert(server).inserted }
            return away.isEmpty ? false : away.remove(server) != nil
        }
    }

    func isNew(_ complaint: Timetable.Complaint) -> Bool { told.withLock { $0.insert(complaint.hashValue).inserted } }
}
