public import CeleriacBroker
import CeleriacCore
import Glibc
public import Logging
import Synchronization

/// Sends the tasks of a schedule when they are due, to workers in Swift and in Python; beside Celery's own beats, which it follows or leads.
///
/// Of all beats that share a store one leads and the others stand by. Edits of the store, by whomever, are followed within a second. A run is sent before
/// it is recorded: one that was due is never left out, and is sent twice only when beat is killed, or cut off from its store, in between; both messages have the same id.
public final class Beat: Sendable {
    private let state: BeatState
    private let entries: [ScheduleEntry]
    private let hasRun = Atomic(false)

    /// A beat that runs once. Its store is closed by whoever opened it.
    /// - Parameters:
    ///   - configuration: instead of the app's.
    /// - Throws: kind `.misconfigured` for a time zone that this machine does not know.
    public convenience init(
        app: App, schedules: any ScheduleStore, configuration: BeatConfiguration? = nil, log: Logger = Logger(label: "celeriac.beat")
    ) throws(TransportError) {
        try self.init(app: app, schedules: schedules, configuration: configuration, log: log, time: app.time)
    }

    init(
        app: App, schedules: any ScheduleStore, configuration: BeatConfiguration?, log: Logger, time: @escaping @Sendable () -> Double
    ) throws(TransportError) {
        let configuration = configuration ?? app.configuration.beat
        let zone: ZoneRules
        do { zone = try ZoneFiles.system.rules(configuration.zone) } catch {
            throw TransportError(.misconfigured, operation: "start", endpoint: "beat", cause: error.description)
        }
        var rules = Timetable.Rules(zone: zone, zones: { try ZoneFiles.system.rules($0) })
        rules.cronStartingDeadline = configuration.cronStartingDeadline?.seconds
        rules.startsAtOnce = schedules.features.contains(.startsAtOnce)
        rules.fault = { [app, time] entry in
            do {
                // Without options nothing can be wrong but the route, which is the configuration's fault.
                if !entry.options.isEmpty { _ = try app.sender.destination(of: BeatMessage.call(entry, id: "", now: time())) }
                return nil
            } catch {
                return "\(error)"
            }
        }
        let owner = "beat@\(WorkerClock.hostName())#\(getpid())-\(freshUUID().prefix(8))"
        let lead = BeatLead(schedules, owner: owner, log: log, time: time)
        state = BeatState(app: app, store: schedules, rules: rules, maxInterval: configuration.maxInterval, log: log, lead: lead, time: time)
        entries = configuration.entries
    }

    /// Asks a running beat to end: what is being sent is recorded, and the lead given up.
    public func shutdown() { state.end() }

    /// Beats until `shutdown`, or until the surrounding task is cancelled.
    /// - Throws: when the store cannot ever be of use: no such table, no permission, a URL that makes no sense. One that is away is waited for.
    public func run() async throws(TransportError) {
        guard !hasRun.exchange(true, ordering: .relaxed) else { return }
        // Not a child of the caller: what was sent has to be recorded also when the caller is cancelled.
        let life = Task { [self] in
            do throws(TransportError) {
                try await live()
                return Result<Void, TransportError>.success(())
            } catch {
                return .failure(error)
            }
        }
        let outcome = await withTaskCancellationHandler {
            await life.value
        } onCancel: {
            shutdown()
        }
        try outcome.get()
    }

    private func live() async throws(TransportError) {
        state.log.info("beat: Starting...")
        try await install()
        await withTaskGroup(of: Void.self) { group in
            let lead = state.lead
            group.addTask { await lead.keep() }
            var unrecorded: [String: RecordedRun] = [:]
            while let number = await lead.next(isEnding: { state.isEnding }) {
                unrecorded = await BeatTerm(state, number: number, unrecorded: unrecorded).run()
            }
            await lead.end()
        }
    }

    /// Puts the configuration's entries into the store; waits for it.
    private func install() async throws(TransportError) {
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(5)), isThere = false
        var rest = entries[...]
        while !state.isEnding {
            do throws(TransportError) {
                // To find out whether it is any good.
                if !isThere { _ = try await state.store.entry("") }
                isThere = true
                while let entry = rest.first {
                    if try await put(entry) { rest = rest.dropFirst() }
                }
                state.canReach(true, of: .store)
                return
            } catch {
                guard error.isTransient else { throw error }
                if state.canReach(false, of: .store) { state.log.error("beat: Connection error: \(ForeignText.safe(error.description)). Trying again.") }
                await state.lead.bell.wait(after: state.lead.bell.rings, atMost: backoff.next())
            }
        }
    }

    /// - Returns: `false` when somebody changed it meanwhile.
    private func put(_ entry: ScheduleEntry) async throws(TransportError) -> Bool {
        let stored = try await state.store.entry(entry.name)
        var entry = entry
        if let stored { (entry.lastRun, entry.runs) = (stored.entry.lastRun, stored.entry.runs) }
        if stored?.problem == nil, stored?.entry == entry { return true }
        if case .done = try await state.store.save(entry, replacing: stored) { return true }
        return false
    }
}
