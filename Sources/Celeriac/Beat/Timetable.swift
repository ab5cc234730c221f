import CeleriacBroker
import CeleriacCore
import HeapModule

/// What beat knows of its entries, when each is due, and what follows from that. Times are seconds since 1970.
///
/// Entries come in by `put`; their runs go through `takeDue`, then `sent` (or `failed`, `refused`), then `recorded`.
struct Timetable {
    struct Rules: Sendable {
        /// Of entries that name none.
        var zone = ZoneRules.utc
        /// The rules of a zone by its name.
        var zones: @Sendable (String) throws -> ZoneRules
        /// Seconds.
        var cronStartingDeadline: Double?
        /// Whether an entry that never ran is due at once; else it is counted from when it was first seen.
        var startsAtOnce = false
        /// Why an entry's message could not be made, in words; `nil` when it can.
        var fault: @Sendable (ScheduleEntry) -> String? = { _ in nil }
    }

    /// A run whose time has come.
    struct Due: Sendable {
        let entry: ScheduleEntry
        /// When it should have been sent.
        let planned: Double
        fileprivate let place: Int
        fileprivate let serial: Int
    }

    struct Complaint: Hashable, Sendable {
        var name: String
        var reason: String
    }

    private struct Slot {
        var entry: ScheduleEntry
        /// A hash of what is stored, but for its runs.
        var definition: Int
        /// From which the next run is counted, when it is not `entry.lastRun` any more: clocks are set, and runs left out.
        var base: Double?
        var due: Double?
        /// The node of the heap that counts is the one with this number.
        var turn = 0
        /// Of the entry: places are used again.
        let serial: Int
        /// The last reading that found it.
        var seen: Int
        /// The moment at which its last run was in the store; what was read before tells of an older one.
        var recordedAt = 0
        /// Its message is being sent.
        var isTaken = false
        /// How often the broker refused this run, and until when it is not tried again.
        var refusals = 0
        var notBefore = -Double.infinity
        var isBroken = false
    }

    private struct Node: Comparable {
        var time: Double
        var turn: Int
        var place: Int32

        static func < (one: Node, other: Node) -> Bool { one.time < other.time }
    }

    private let rules: Rules
    private var slots: [Slot?] = []
    private var places: [String: Int] = [:]
    private var free: [Int] = []
    private var heap = Heap<Node>()
    private var zones: [String: ZoneRules] = [:]
    /// Runs sent by the one who led before, which could not be recorded.
    private var unrecorded: [String: RecordedRun]
    private var serial = 0
    private var turn = 0
    private var reading = 0
    private var lastMoment = 0

    /// Whether all entries were read once. What is due before need not wait for the others.
    private(set) var isComplete = false
    /// To be recorded: the times from which entries that never ran are counted.
    private var writes: [RecordedRun] = []
    private var complaints: [Complaint] = []

    init(_ rules: Rules, unrecorded: [String: RecordedRun] = [:]) {
        self.rules = rules
        self.unrecorded = unrecorded
    }

    var count: Int { places.count }

    // MARK: - Reading

    /// Moments tell what was before what.
    mutating func moment() -> Int {
        lastMoment += 1
        return lastMoment
    }

    /// All entries are about to be `put`. Returns the moment.
    mutating func beginReading() -> Int {
        reading += 1
        return moment()
    }

    /// All entries were `put`: what was not among them is gone.
    mutating func endReading() {
        for (name, place) in places where slots[place]?.seen != reading { remove(name) }
        isComplete = true
        unrecorded = [:]
    }

    /// An entry as it was read after the moment `began`; one that did not change is not disturbed.
    mutating func put(_ stored: StoredEntry, began: Int, at time: Double) {
        let name = stored.entry.name
        let definition = EntryVersion.definitionHash(stored.version)
        var entry = stored.entry
        if let place = places[name], var slot = slots[place] {
            slots[place]?.seen = reading
            let isNewer = !slot.isTaken && slot.recordedAt < began
            let hasMoved = isNewer && !entry.hasRunAs(slot.entry)
            guard slot.definition != definition || hasMoved else { return }
            if hasMoved { slot.base = entry.lastRun } else { (entry.lastRun, entry.runs) = (slot.entry.lastRun, slot.entry.runs) }
            slot.definition = definition
            slot.entry = entry
            (slot.refusals, slot.notBefore) = (0, -.infinity)
            slot.seen = reading
            return settle(slot, at: place, stored.problem, time)
        }
        serial += 1
        var slot = Slot(entry: entry, definition: definition, base: entry.lastRun, serial: serial, seen: reading)
        if let run = unrecorded.removeValue(forKey: name), run.runs > entry.runs, run.lastRun > entry.lastRun ?? -.infinity {
            (slot.entry.lastRun, slot.entry.runs, slot.base, slot.recordedAt) = (run.lastRun, run.runs, run.lastRun, .max)
            writes.append(run)
        }
        let place = free.popLast() ?? slots.count
        if place == slots.count { slots.append(nil) }
        places[name] = place
        settle(slot, at: place, stored.problem, time)
    }

    mutating func remove(_ name: String) {
        guard let place = places.removeValue(forKey: name) else { return }
        slots[place] = nil
        free.append(place)
    }

    /// What is to be recorded and told since the last time.
    mutating func takeNotes() -> (writes: [RecordedRun], complaints: [Complaint]) {
        defer { (writes, complaints) = ([], []) }
        return (writes, complaints)
    }

    /// A new or edited entry takes its place.
    private mutating func settle(_ slot: Slot, at place: Int, _ problem: String?, _ time: Double) {
        var slot = slot
        let fault = problem ?? fault(slot.entry)
        slot.isBroken = fault != nil
        if let fault { complaints.append(Complaint(name: slot.entry.name, reason: fault)) }
        let entry = slot.entry
        if !slot.isBroken, entry.isEnabled, entry.lastRun == nil, entry.start == nil, !rules.startsAtOnce, !entry.schedule.isClocked {
            let first = Self.microseconds(time)
            (slot.entry.lastRun, slot.base, slot.recordedAt) = (first, first, .max)
            slots[place] = slot
            plan(place, time)
            writes.append(RecordedRun(name: entry.name, lastRun: first, runs: entry.runs, nextDue: slots[place]?.due))
        } else {
            slots[place] = slot
            plan(place, time)
        }
    }

    private mutating func fault(_ entry: ScheduleEntry) -> String? {
        if entry.task.isEmpty { return "it names no task" }
        if let name = entry.zone, zones[name] == nil {
            do { zones[name] = try rules.zones(name) } catch { return "\(error)" }
        }
        return rules.fault(entry)
    }

    // MARK: - Runs

    /// When to look again.
    mutating func nextDue() -> Double? {
        while let node = heap.min {
            if slots[Int(node.place)]?.turn == node.turn { return node.time }
            heap.removeMin()
        }
        return nil
    }

    /// The runs whose time has come, the longest overdue first. Each has to be told `sent`, `failed` or `refused`.
    mutating func takeDue(at time: Double, atMost limit: Int) -> [Due] {
        var dues: [Due] = []
        while dues.count < limit, let node = heap.min, node.time <= time {
            heap.removeMin()
            let place = Int(node.place)
            guard let slot = slots[place], slot.turn == node.turn, let planned = slot.due else { continue }
            if isTooLate(slot, time) {
                slots[place]?.base = time
                plan(place, time)
                continue
            }
            slots[place]?.isTaken = true
            dues.append(Due(entry: slot.entry, planned: planned, place: place, serial: slot.serial))
        }
        return dues
    }

    /// Whether the run is one that is not made good any more.
    private func isTooLate(_ slot: Slot, _ time: Double) -> Bool {
        if let end = slot.entry.end, time > end { return true }
        guard case .crontab(let crontab) = slot.entry.schedule, let deadline = rules.cronStartingDeadline, let base = slot.base else { return false }
        // What counts is the latest of all that were missed.
        return crontab.next(after: max(base, (time - deadline).nextDown), zone: zone(of: slot.entry)).map { $0 > time } ?? true
    }

    /// Their messages are in the broker.
    /// - Parameter time: at which they were sent.
    /// - Returns: what is to be recorded.
    mutating func sent(_ dues: [Due], at time: Double) -> [RecordedRun] {
        dues.compactMap { due in
            guard var slot = take(due) else { return nil }
            slot.entry.runs = slot.entry.runs < .max ? slot.entry.runs + 1 : .max
            slot.recordedAt = .max
            (slot.refusals, slot.notBefore) = (0, -.infinity)
            // On time, the next run is counted from when this one was planned, so that intervals do not drift. What runs more often than this one was
            // late has missed others, which are not made good.
            let isOnTime = time - due.planned < Self.punctuality
            ran(slot, at: due.place, last: isOnTime ? due.planned : time, time)
            if isOnTime, let next = slots[due.place]?.due, next <= time { ran(slot, at: due.place, last: time, time) }
            guard let entry = slots[due.place]?.entry, let last = entry.lastRun else { return nil }
            let next = slots[due.place]?.due, isOver = entry.isOneOff || next == nil && entry.end != nil
            if isOver { slots[due.place]?.entry.isEnabled = false }
            return RecordedRun(name: entry.name, lastRun: last, runs: entry.runs, nextDue: next, disables: isOver)
        }
    }

    private mutating func ran(_ slot: Slot, at place: Int, last: Double, _ time: Double) {
        var slot = slot
        slot.base = Self.microseconds(last)
        slot.entry.lastRun = slot.base
        slots[place] = slot
        plan(place, time)
    }

    /// Their messages could not be sent: they are due as before.
    mutating func failed(_ dues: [Due], at time: Double) {
        for due in dues {
            guard let slot = take(due) else { continue }
            slots[due.place] = slot
            plan(due.place, time)
        }
    }

    /// The broker did not take their messages, for what may be the fault of each: they stay due, and are tried again after growing pauses.
    mutating func refused(_ dues: [Due], at time: Double) {
        for due in dues {
            guard var slot = take(due) else { continue }
            slot.notBefore = time + Double(min(60, 1 << min(slot.refusals, 6)))
            slot.refusals += 1
            slots[due.place] = slot
            plan(due.place, time)
        }
    }

    mutating func recorded(_ runs: [RecordedRun]) {
        let moment = moment()
        for run in runs {
            guard let place = places[run.name], let slot = slots[place], slot.entry.runs == run.runs, slot.entry.lastRun == run.lastRun else { continue }
            slots[place]?.recordedAt = moment
        }
    }

    /// The clock was put forward by so many seconds, to `time`: what runs every so often goes on as if nothing had happened; what runs at a time of day
    /// is made good once when that was passed over, and does not come again when it was put back.
    mutating func clockJumped(by seconds: Double, to time: Double) {
        for place in slots.indices {
            if slots[place]?.refusals ?? 0 > 0 {
                slots[place]?.notBefore += seconds
                plan(place, time)
            }
            guard let slot = slots[place], case .interval(let interval) = slot.entry.schedule, !interval.isRelative, let base = slot.base else { continue }
            slots[place]?.base = base + seconds
            plan(place, time)
        }
    }

    // MARK: - Parts

    /// Seconds of delay with which a run still counts as on time.
    private static let punctuality = 1.0

    /// What stores keep of a time: the same run has the same name whoever read it.
    private static func microseconds(_ time: Double) -> Double { (time * 1e6).rounded() / 1e6 }

    /// The slot of a run, unless its entry is gone.
    private func take(_ due: Due) -> Slot? {
        guard var slot = slots[due.place], slot.serial == due.serial else { return nil }
        slot.isTaken = false
        return slot
    }

    private func zone(of entry: ScheduleEntry) -> ZoneRules { entry.zone.flatMap { zones[$0] } ?? rules.zone }

    /// Finds out when an entry is due and puts it on the heap; what was there of it counts no more.
    private mutating func plan(_ place: Int, _ time: Double) {
        guard var slot = slots[place] else { return }
        turn += 1
        slot.turn = turn
        slot.due = nil
        if !slot.isBroken, !slot.isTaken {
            var entry = slot.entry
            entry.lastRun = slot.base
            slot.due = entry.next(now: time, zone: zone(of: entry))
            if let due = slot.due { heap.insert(Node(time: max(due, slot.notBefore), turn: slot.turn, place: Int32(place))) }
        }
        slots[place] = slot
        // Edits and clocks leave nodes behind that count no more.
        if heap.count > 2 * places.count + 1000 {
            heap = Heap(heap.unordered.filter { node in slots[Int(node.place)]?.turn == node.turn })
        }
    }
}
