import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections
import Synchronization

/// One time of leading: reads the store and what changes in it, sends what is due, records what was sent.
///
/// A run is sent first and recorded then. What dies in between is sent again by whoever leads next, under the same id; nothing that was due is left out.
final class BeatTerm: Sendable {
    private let beat: BeatState
    private let number: Int
    private let timetable: Mutex<Timetable>
    /// Sent, and not yet in the store.
    private let unrecorded = Mutex<OrderedDictionary<String, RecordedRun>>([:])
    /// Rings when there is something to send, or when it is over.
    private let bell = Bell()
    /// Rings when there is something to record.
    private let recordBell = Bell()
    private let hasStopped = Atomic(false)

    /// Messages sent at once.
    private static let batch = 1000
    /// How long the last runs may take to be recorded.
    private static let farewell = Duration.seconds(5)

    /// - Parameter unrecorded: of the term before.
    init(_ beat: BeatState, number: Int, unrecorded: [String: RecordedRun]) {
        self.beat = beat
        self.number = number
        timetable = Mutex(Timetable(beat.rules, unrecorded: unrecorded))
    }

    private var goesOn: Bool { !beat.isEnding && beat.lead.term == number }

    /// Until the lead is lost, or beat ends.
    /// - Returns: what could not be recorded.
    func run() async -> [String: RecordedRun] {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in await read() }
            group.addTask { [self] in await record() }
            group.addTask { [self] in await wakeAtEnd() }
            await send()
            hasStopped.store(true, ordering: .relaxed)
            recordBell.ring()
            group.cancelAll()
        }
        return Dictionary(uniqueKeysWithValues: unrecorded.withLock { $0.map { ($0.key, $0.value) } })
    }

    private func wakeAtEnd() async {
        while goesOn, !Task.isCancelled {
            let heard = beat.lead.bell.rings
            if goesOn { await beat.lead.bell.wait(after: heard, atMost: .seconds(1)) }
        }
        bell.ring()
    }

    // MARK: - Reading

    /// Until cancelled.
    private func read() async {
        let mailbox = ScheduleMailbox()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [beat] in
                // The first one is that anything may have changed.
                for await change in beat.store.edits() { mailbox.put(change) }
            }
            group.addTask { [beat] in
                // Should a change have gone unheard.
                while (try? await Task.sleep(for: beat.maxInterval)) != nil { mailbox.put(.anything) }
            }
            for await change in mailbox.stream() { await take(change) }
            group.cancelAll()
        }
    }

    private func take(_ change: ScheduleChange) async {
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))
        while !Task.isCancelled {
            do throws(TransportError) {
                switch change {
                case .anything: try await readAll()
                case .entry(let name): try await readOne(name)
                }
                beat.canReach(true, of: .store)
                return
            } catch {
                let pause = backoff.next()
                if beat.canReach(false, of: .store) { beat.log.error("beat: The schedule cannot be read: \(ForeignText.safe(error.description)). Trying again.") }
                try? await Task.sleep(for: pause)
            }
        }
    }

    private func readAll() async throws(TransportError) {
        let began = timetable.withLock { $0.beginReading() }
        try await beat.store.pages { [self] page in
            let now = beat.time()
            timetable.withLock { timetable in for stored in page { timetable.put(stored, began: began, at: now) } }
            heed()
        }
        let (isFirst, count) = timetable.withLock { timetable in
            let isFirst = !timetable.isComplete
            timetable.endReading()
            return (isFirst, timetable.count)
        }
        if isFirst { beat.log.info("beat: Leading \(count) \(count == 1 ? "entry" : "entries") at \(beat.store.endpoint).") }
        heed()
    }

    private func readOne(_ name: String) async throws(TransportError) {
        let began = timetable.withLock { $0.moment() }
        let stored = try await beat.store.entry(name), now = beat.time()
        timetable.withLock { timetable in
            if let stored { timetable.put(stored, began: began, at: now) } else { timetable.remove(name) }
        }
        heed()
    }

    /// After something was read.
    private func heed() {
        let (writes, complaints) = timetable.withLock { $0.takeNotes() }
        for complaint in complaints where beat.isNew(complaint) {
            beat.log.error("beat: \(ForeignText.safe(complaint.name)) is left out: \(ForeignText.safe(complaint.reason))")
        }
        note(writes)
        bell.ring()
    }

    // MARK: - Sending

    private func send() async {
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(10)), watch = ClockWatch()
        while goesOn {
            let heard = bell.rings, now = beat.time()
            if let jump = watch.jump(wall: now, steady: ContinuousClock.steady) {
                beat.log.warning("beat: The clock was put \(jump > 0 ? "forward" : "back") by \(Int(jump.magnitude.rounded())) s.")
                timetable.withLock { $0.clockJumped(by: jump, to: now) }
                // Leases that end by the time of day may have ended.
                await beat.lead.ask()
                continue
            }
            let (dues, next) = timetable.withLock { ($0.takeDue(at: now, atMost: Self.batch), $0.nextDue()) }
            if dues.isEmpty {
                // Never long: somebody may set the clock.
                await bell.wait(after: heard, atMost: .seconds(min(1, max(0, (next ?? .infinity) - now))))
            } else if await deliver(dues, at: now) {
                backoff.reset()
            } else {
                await bell.wait(after: bell.rings, atMost: backoff.next())
            }
        }
    }

    /// Sends them; `false` when the broker is away, and they are due as before.
    private func deliver(_ dues: [Timetable.Due], at now: Double) async -> Bool {
        let made = await mapMany(dues) { [store = beat.store.endpoint] due in
            Result { () throws(CanvasError) in try BeatMessage.call(due.entry, id: BeatMessage.id(due.entry, store: store), now: now) }
        }
        var sent: [Timetable.Due] = [], calls: [TaskCall] = []
        for (due, call) in zip(dues, made) {
            do throws(CanvasError) {
                calls.append(try call.get())
                sent.append(due)
            } catch {
                refuse(due, "\(error)", at: now)
            }
        }
        do throws(TransportError) {
            try await beat.app.send(calls)
        } catch {
            guard error.kind == .refused || error.kind == .misconfigured else {
                timetable.withLock { $0.failed(sent, at: now) }
                if beat.canReach(false, of: .broker) { beat.log.error("beat: Connection error: \(ForeignText.safe(error.description)). Trying again.") }
                return false
            }
            // One of them may be what the broker does not take.
            if sent.count > 1 {
                var isThere = true
                for due in sent { isThere = await deliver([due], at: now) && isThere }
                return isThere
            }
            for due in sent { refuse(due, error.description, at: now) }
            return true
        }
        beat.canReach(true, of: .broker)
        for due in sent { beat.log.info("Scheduler: Sending due task \(ForeignText.safe(due.entry.name)) (\(ForeignText.safe(due.entry.task)))") }
        note(timetable.withLock { $0.sent(sent, at: now) })
        return true
    }

    private func refuse(_ due: Timetable.Due, _ reason: String, at now: Double) {
        timetable.withLock { $0.refused([due], at: now) }
        if beat.isNew(Timetable.Complaint(name: due.entry.name, reason: reason)) {
            beat.log.error("Message Error: Couldn't apply scheduled task \(ForeignText.safe(due.entry.name)): \(ForeignText.safe(reason))")
        }
    }

    // MARK: - Recording

    private func note(_ runs: [RecordedRun]) {
        guard !runs.isEmpty else { return }
        unrecorded.withLock { unrecorded in for run in runs { unrecorded[run.name] = run } }
        recordBell.ring()
    }

    /// Until all is recorded after the end.
    private func record() async {
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
        var deadline: ContinuousClock.Instant?
        while true {
            let heard = recordBell.rings, isOver = hasStopped.load(ordering: .relaxed)
            if isOver, deadline == nil { deadline = .now + Self.farewell }
            let runs = unrecorded.withLock { Array($0.values) }
            if runs.isEmpty {
                if isOver { return }
                await recordBell.wait(after: heard)
                continue
            }
            // After the lead is lost, another one records.
            if isOver, beat.lead.term != number || deadline.map({ $0 < .now }) == true { return }
            if await recorded(runs) {
                backoff.reset()
            } else {
                await recordBell.wait(after: recordBell.rings, atMost: backoff.next())
            }
        }
    }

    private func recorded(_ runs: [RecordedRun]) async -> Bool {
        // Of its own: what ends the term must not end this in its midst.
        let store = beat.store
        let outcome = await Task {
            do throws(TransportError) {
                try await store.record(runs)
                return Result<Void, TransportError>.success(())
            } catch {
                return .failure(error)
            }
        }.value
        if case .failure(let error) = outcome {
            if beat.canReach(false, of: .store) { beat.log.error("beat: Runs cannot be recorded: \(ForeignText.safe(error.description)). Trying again.") }
            return false
        }
        beat.canReach(true, of: .store)
        timetable.withLock { $0.recorded(runs) }
        unrecorded.withLock { unrecorded in for run in runs where unrecorded[run.name] == run { unrecorded[run.name] = nil } }
        return true
    }
}
