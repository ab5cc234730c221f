import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections
import Synchronization
import TestSupport
import Testing

@testable import Celeriac

/// A beat on a broker and a store in memory.
@Suite(.timeLimit(.minutes(1))) struct BeatTests {
    private static func entry(_ name: String, every: Double = 0.2, options: OrderedDictionary<String, Value> = [:]) -> ScheduleEntry {
        ScheduleEntry(name, task: "shop.\(name)", args: [1], options: options, schedule: .interval(IntervalSchedule(every: every)), lastRun: secondsSince1970() - every)
    }

    @Test func itSendsWhatIsDueAndRecordsIt() async throws {
        let place = Place()
        place.configuration.entries = [Self.entry("a"), Self.entry("b", every: 3600, options: ["queue": "other", "priority": 4])]
        try await place.beating {
            let first = try await place.app.waiting()
            #expect(first[0].name == "shop.a")
            #expect(first[0].headers["periodic_task_name"] == "a" && first[0].headers["celery_beat_task"] == true)
            let other = try await place.app.waiting(in: "other")
            #expect(other.map(\.name) == ["shop.b"] && other[0].priority == 4)
            try await place.until("three runs") { try await place.schedules.entry("a")?.entry.runs ?? 0 >= 3 }
        }
        // After its end everything is recorded, and nobody leads.
        let runs = try await place.schedules.entries().map(\.entry.runs)
        #expect(runs[1] == 1)
        #expect(place.sent("a") == runs[0] && place.sent("b") == 1)
        #expect(try await place.schedules.leader() == nil)
    }

    @Test func editsAreFollowedWithinASecond() async throws {
        let place = Place()
        try await place.beating {
            let added = try await place.put(Self.entry("a", every: 1000))
            try await place.until("the added one is sent", limit: .seconds(1)) { place.sent("a") == 1 }
            var edited = added.entry
            edited.schedule = .interval(IntervalSchedule(every: 0.05))
            let read = try await place.schedules.entry("a")
            var saved = try await place.put(edited, over: added)
            try await place.until("it is sent often", limit: .seconds(1)) { place.sent("a") > 3 }
            #expect(read?.entry.runs == 1)
            edited = saved.entry
            edited.isEnabled = false
            saved = try await place.put(edited, over: saved)
            try await Task.sleep(for: .milliseconds(100))
            let count = place.sent("a")
            try await Task.sleep(for: .milliseconds(200))
            #expect(place.sent("a") == count)
        }
    }

    @Test func whatIsDueWhileTheBrokerIsAwayIsSentOnceWhenItIsBack() async throws {
        let place = Place()
        place.broker.isAway.withLock { $0 = true }
        for name in ["a", "b", "c"] { try await place.put(Self.entry(name, every: 3600)) }
        try await place.beating {
            try await place.until("the broker is missed") { place.log.lines.contains { $0.contains("Connection error") } }
            try await Task.sleep(for: .milliseconds(300))
            #expect(place.sent("a") == 0)
            place.broker.isAway.withLock { $0 = false }
            try await place.until("all are sent") { place.broker.count == 3 }
            try await Task.sleep(for: .milliseconds(200))
            #expect(place.broker.count == 3)
        }
        #expect(place.log.lines.count { $0.contains("Connection error") } == 1)
        #expect(try await place.schedules.entries().map(\.entry.runs) == [1, 1, 1])
    }

    @Test func whatTheBrokerRefusesStopsNoOther() async throws {
        let place = Place()
        place.broker.refused.withLock { $0 = "b" }
        for name in ["a", "b", "c"] { try await place.put(Self.entry(name)) }
        try await place.put(Self.entry("d", options: ["priority": "high"]))
        try await place.beating {
            try await place.until("the others go on") { place.sent("a") > 2 && place.sent("c") > 2 }
        }
        #expect(place.sent("b") == 0)
        #expect(place.log.lines.count { $0.contains("b: ") && $0.contains("too large") } == 1)
        #expect(place.log.lines.count { $0.contains("d is left out") && $0.contains("priority") } == 1)
    }

    @Test func runsAreRecordedOnceTheStoreIsBackAndNoneIsSentTwice() async throws {
        let place = Place()
        try await place.put(Self.entry("a", every: 3600))
        place.store.cannotRecord.withLock { $0 = true }
        try await place.beating {
            try await place.until("it is sent") { place.sent("a") == 1 }
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await place.schedules.entry("a")?.entry.runs == 0)
            place.store.cannotRecord.withLock { $0 = false }
            try await place.until("it is recorded") { try await place.schedules.entry("a")?.entry.runs == 1 }
        }
        #expect(place.sent("a") == 1)
    }

    @Test func withoutTheLeadNothingIsSent() async throws {
        let place = Place()
        try await place.put(Self.entry("a", every: 0.1))
        #expect(try await place.schedules.lead("other", for: .seconds(60)) == .leading)
        try await place.beating {
            try await Task.sleep(for: .milliseconds(400))
            #expect(place.sent("a") == 0)
            try await place.schedules.resign("other")
            try await place.until("it took over") { place.sent("a") > 0 }
            // And another that takes it away by force is given way to.
            let owner = try await place.schedules.leader()?.owner ?? ""
            try await place.schedules.resign(owner)
            #expect(try await place.schedules.lead("other", for: .seconds(60)) == .leading)
            try await place.until("it noticed") { place.log.lines.contains { $0.contains("Lost the lead") } }
            let count = place.sent("a")
            try await Task.sleep(for: .milliseconds(400))
            #expect(place.sent("a") == count)
        }
        #expect(try await place.schedules.leader()?.owner == "other")
    }

    @Test func aStoreOutOfReachEndsTheLeadWithTheLease() async throws {
        let place = Place()
        try await place.put(Self.entry("a", every: 0.1))
        try await place.beating {
            try await place.until("it leads") { place.sent("a") > 0 }
            place.store.isAway.withLock { $0 = true }
            try await Task.sleep(for: BeatLead.lease + .milliseconds(300))
            let count = place.sent("a")
            try await Task.sleep(for: .milliseconds(500))
            #expect(place.sent("a") == count)
            place.store.isAway.withLock { $0 = false }
            try await place.until("it goes on") { place.sent("a") > count + 1 }
        }
        #expect(try await place.schedules.entry("a")?.entry.runs == place.sent("a"))
    }

    @Test func aClockThatIsSetCausesNoStorm() async throws {
        let place = Place()
        try await place.put(Self.entry("a", every: 0.5))
        var minutely = Self.entry("b")
        minutely.schedule = .crontab(try CrontabSchedule("* * * * *"))
        minutely.lastRun = secondsSince1970()
        try await place.put(minutely)
        try await place.beating {
            try await place.until("it beats") { place.sent("a") == 2 }
            for jump in [3600.0, -3600.0] {
                let count = place.sent("a")
                place.shift.withLock { $0 += jump }
                try await place.until("it is noticed") { place.log.lines.contains { $0.contains(jump > 0 ? "put forward by 3600 s" : "put back by 3600 s") } }
                try await Task.sleep(for: .milliseconds(600))
                // As before: two a second, whatever the clock says.
                #expect(1...4 ~= place.sent("a") - count)
            }
        }
        // One for the hour that was passed over, and one more if a full minute came meanwhile.
        #expect(1...2 ~= place.sent("b"))
    }

    @Test func aStoreThatIsNoneIsToldAtOnce() async throws {
        let place = Place()
        place.store.fault.withLock { $0 = TransportError(.refused, operation: "look up", endpoint: "s", cause: "no such table") }
        let beat = try Beat(app: place.app, schedules: place.store, configuration: place.configuration, log: place.log.logger)
        let error = await #expect(throws: TransportError.self) { try await beat.run() }
        #expect(error?.cause == "no such table")
    }
}

/// Where a test's beat is, and what goes wrong there.
private final class Place: @unchecked Sendable {
    // Set before the beat begins.
    var configuration = BeatConfiguration()
    let schedules = MemorySchedules()
    let store: FaultyStore
    let broker: FaultyBroker
    let app: App
    let log = LogLines()
    /// Seconds by which the clock is wrong.
    let shift = Mutex(0.0)

    init() {
        store = FaultyStore(schedules)
        broker = FaultyBroker()
        var configuration = AppConfiguration()
        configuration.publishRetries = 0
        app = App("beat", configuration: configuration, transport: broker, results: nil)
    }

    /// Runs `body` beside a beat, which is then ended.
    func beating(_ body: () async throws -> Void) async throws {
        let beat = try Beat(app: app, schedules: store, configuration: configuration, log: log.logger, time: { [self] in secondsSince1970() + shift.withLock { $0 } })
        async let end: Void = beat.run()
        do { try await body() } catch {
            beat.shutdown()
            try await end
            throw error
        }
        beat.shutdown()
        try await end
    }

    func sent(_ name: String) -> Int { broker.names.withLock { $0.count { $0 == .string(name) } } }

    @discardableResult
    func put(_ entry: ScheduleEntry, over expected: StoredEntry? = nil) async throws -> StoredEntry {
        guard case .done(let stored) = try await schedules.save(entry, replacing: expected) else { throw Late(what: "a conflict over \(entry.name)") }
        return stored
    }

    func until(_ what: String, limit: Duration = .seconds(10), _ claim: @escaping @Sendable () async throws -> Bool) async throws {
        try await within(what, limit: limit) { while !(try await claim()) { try await Task.sleep(for: .milliseconds(2)) } }
    }
}

/// A broker in memory that can be away, or refuse a message.
private final class FaultyBroker: Transport {
    private let transport = VirtualTransport(MemoryStore(), settings: BrokerSettings())
    let isAway = Mutex(false)
    /// Name of the entry whose messages are refused.
    let refused = Mutex<String?>(nil)
    /// Entries whose messages came.
    let names = Mutex<[Value?]>([])

    var count: Int { names.withLock { $0.count } }
    var endpoint: String { transport.endpoint }
    var features: TransportFeatures { transport.features }

    func publish(_ publications: [Publication]) async throws(TransportError) {
        if isAway.withLock({ $0 }) { throw TransportError(.unreachable, operation: "publish", endpoint: endpoint, cause: "away") }
        let headers = publications.map { $0.envelope.headers["periodic_task_name"] }
        if let refused = refused.withLock({ $0 }), headers.contains(.string(refused)) {
            throw TransportError(.refused, operation: "publish", endpoint: endpoint, cause: "too large")
        }
        try await transport.publish(publications)
        names.withLock { $0 += headers }
    }

    func declare(_ queues: [Queue]) async throws(TransportError) { try await transport.declare(queues) }
    func consumer(owner: WorkerName) -> any TaskConsumer { transport.consumer(owner: owner) }
    func broadcasts(of exchange: String, queue: String) -> AsyncStream<BroadcastElement> { transport.broadcasts(of: exchange, queue: queue) }
    func close() async { await transport.close() }
}

/// A store that can be away, or full.
private final class FaultyStore: ScheduleStore {
    private let store: MemorySchedules
    let isAway = Mutex(false)
    let cannotRecord = Mutex(false)
    let fault = Mutex<TransportError?>(nil)

    init(_ store: MemorySchedules) { self.store = store }

    var endpoint: String { store.endpoint }
    var features: ScheduleFeatures { store.features }

    private func check() throws(TransportError) {
        if let fault = fault.withLock({ $0 }) { throw fault }
        if isAway.withLock({ $0 }) { throw TransportError(.unreachable, operation: "ask", endpoint: endpoint, cause: "away") }
    }

    func entries() async throws(TransportError) -> [StoredEntry] {
        try check()
        return try await store.entries()
    }
    func entry(_ name: String) async throws(TransportError) -> StoredEntry? {
        try check()
        return try await store.entry(name)
    }
    func save(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async throws(TransportError) -> ScheduleWrite {
        try check()
        return try await store.save(entry, replacing: expected)
    }
    func remove(_ expected: StoredEntry) async throws(TransportError) -> ScheduleWrite { try await store.remove(expected) }
    func record(_ runs: [RecordedRun]) async throws(TransportError) {
        try check()
        if cannotRecord.withLock({ $0 }) { throw TransportError(.refused, operation: "record", endpoint: endpoint, cause: "full") }
        try await store.record(runs)
    }
    func changes() -> AsyncStream<ScheduleChange> { store.changes() }
    func edits() -> AsyncStream<ScheduleChange> { store.edits() }
    func lead(_ owner: String, for duration: Duration) async throws(TransportError) -> Leadership {
        try check()
        return try await store.lead(owner, for: duration)
    }
    func resign(_ owner: String) async throws(TransportError) { try await store.resign(owner) }
    func leader() async throws(TransportError) -> ScheduleLeader? { try await store.leader() }
    func close() async { await store.close() }
}

/// What a logger was told.
private final class LogLines: LogHandler {
    private let said = Mutex<[String]>([])
    var lines: [String] { said.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in self } }
    let logLevelKept = Logger.Level.info

    var metadata: Logger.Metadata { get { [:] } set {} }
    var logLevel: Logger.Level { get { logLevelKept } set {} }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? { get { nil } set {} }
    func log(event: LogEvent) { said.withLock { $0.append("\(event.message)") } }
}
