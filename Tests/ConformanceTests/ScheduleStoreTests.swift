import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct ScheduleStoreTests {
    /// 2026-11-30 00:00:00 UTC.
    static let midnight = 1_795_996_800.0

    static func entry(_ name: String, every seconds: Double = 60, args: [Value] = [], options: OrderedDictionary<String, Value> = [:]) -> ScheduleEntry {
        ScheduleEntry(name, task: "shop.add", args: args, options: options, schedule: .interval(IntervalSchedule(every: seconds)))
    }

    /// One of each sort that such a store can hold.
    static func samples(_ features: ScheduleFeatures) throws -> [ScheduleEntry] {
        var samples = [
            entry("an interval", every: 1921, args: [-881, 2.5, nil, "grüße 👋 \u{1}\n\"'"]),
            entry("b options", options: ["queue": "q", "priority": 3, "headers": ["x-own": "yes"], "expires": 30]),
            entry("c half a second", every: 0.5),
        ]
        samples[1].kwargs = ["k": ["nested": [1, [true]]], "": ""]
        samples[1].isEnabled = false
        var crontab = entry("d crontab")
        crontab.schedule = .crontab(try CrontabSchedule(minute: "*/15", hour: "1-5,22", dayOfMonth: "1,15", monthOfYear: "6", dayOfWeek: "mon,fri"))
        if features.contains(.zones) { crontab.zone = "Europe/Berlin" }
        samples.append(crontab)
        if features.contains(.relativeInterval) {
            var relative = entry("e relative")
            relative.schedule = .interval(IntervalSchedule(every: 3600, isRelative: true))
            samples.append(relative)
        }
        if features.contains(.solar), let sunset = SolarSchedule(.sunset, latitude: 52.5, longitude: 13.4) {
            var solar = entry("f solar")
            solar.schedule = .solar(sunset)
            samples.append(solar)
        }
        if features.contains(.clocked) {
            var clocked = entry("g clocked")
            clocked.schedule = .clocked(midnight + 0.25)
            clocked.isOneOff = true
            samples.append(clocked)
        }
        if features.contains(.start) { samples[0].start = midnight + 1.5 }
        if features.contains(.end) { samples[0].end = midnight + 86_400 }
        if features.contains(.oneOff) { samples[2].isOneOff = true }
        if features.contains(.note) { samples[0].note = "said twice\n\"so\" 'what' \\ ]]> ''' \"\"\"" }
        if features.contains(.anyOption) { samples[1].options["shadow"] = ["any": 1] }
        return samples
    }

    /// With the members of objects in the order of their names: not every store keeps another.
    static func ordered(_ entry: ScheduleEntry) -> ScheduleEntry {
        func ordered(_ value: Value) -> Value {
            switch value {
            case .array(let items): .array(items.map(ordered))
            case .object(let members): .object(OrderedDictionary(uniqueKeysWithValues: members.sorted { $0.key < $1.key }.map { ($0.key, ordered($0.value)) }))
            default: value
            }
        }
        var entry = entry
        entry.args = entry.args.map(ordered)
        entry.kwargs = ordered(.object(entry.kwargs)).object ?? [:]
        entry.options = ordered(.object(entry.options)).object ?? [:]
        return entry
    }

    /// Less what the store itself may say of an entry that never ran.
    static func settled(_ stored: StoredEntry?) -> ScheduleEntry? {
        var entry = stored?.entry
        if entry?.runs == 0 { entry?.lastRun = nil }
        return entry.map(ordered)
    }

    @Test(arguments: ScheduleKind.all) func entriesComeBackAsTheyWere(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        let samples = try Self.samples(store.features)
        for sample in samples.reversed() {
            let stored = try await store.put(sample)
            #expect(try await other.entry(sample.name) == stored)
            #expect(Self.settled(stored).map { Self.orNow($0, sample) } == Self.ordered(sample))
            #expect(stored.problem == nil)
        }
        let all = try await other.entries()
        #expect(all.map { Self.orNow(Self.settled($0) ?? $0.entry, $0.entry) } == samples.map(Self.ordered))
        #expect(try await store.entry("another") == nil)
        await place.close(store, other)
    }

    /// What differs from store to store by nature: UTC may stand for no zone.
    private static func orNow(_ entry: ScheduleEntry, _ sample: ScheduleEntry) -> ScheduleEntry {
        var entry = entry
        if sample.zone == nil || sample.lastRun != nil { entry.zone = entry.zone == "UTC" ? nil : entry.zone }
        return entry
    }

    @Test(arguments: ScheduleKind.all) func aNameIsTakenOnce(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        let first = try await store.put(Self.entry("n"))
        let second = try await other.save(Self.entry("n", every: 5), replacing: nil)
        #expect(second == .conflict(first))
        #expect(try await other.entries() == [first])
        let writes = try await withThrowingTaskGroup(of: ScheduleWrite.self) { group in
            for number in 0..<10 { group.addTask { try await (number.isMultiple(of: 2) ? store : other).save(Self.entry("m", every: Double(number + 1)), replacing: nil) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(writes.count { $0.done != nil } == 1)
        #expect(try await store.entry("m") == writes.compactMap(\.done).first)
        await place.close(store, other)
    }

    @Test(arguments: ScheduleKind.all) func anEditOfWhatIsAnotherByNowIsRefused(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        let first = try await store.put(Self.entry("n"))
        let second = try await other.put(Self.entry("n", every: 90, args: [1]), over: first)
        #expect(try await store.save(Self.entry("n", every: 30), replacing: first) == .conflict(second))
        #expect(try await store.remove(first) == .conflict(second))
        let third = try await store.put(Self.entry("n", every: 30), over: second)
        #expect(try await other.remove(third).done == third)
        #expect(try await other.save(Self.entry("n"), replacing: third) == .conflict(nil))
        #expect(try await other.remove(third) == .conflict(nil))
        #expect(try await store.entries().isEmpty)
        await place.close(store, other)
    }

    @Test(arguments: ScheduleKind.all) func anEditChangesWhatItSays(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        let samples = try Self.samples(store.features)
        // Each sort becomes each other sort.
        var current = try await store.put(samples[0])
        for sample in samples + samples.reversed() {
            var edited = sample
            edited.name = "an interval"
            edited.lastRun = current.entry.lastRun
            edited.runs = current.entry.runs
            current = try await store.put(edited, over: current)
            #expect(try await other.entry("an interval") == current)
            #expect(Self.settled(current).map { Self.orNow($0, edited) } == Self.settled(StoredEntry(edited, version: "")))
        }
        #expect(try await other.entries() == [current])
        await place.close(store, other)
    }

    @Test(arguments: ScheduleKind.all) func anEntryTakesAnotherName(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        let first = try await store.put(Self.entry("a", args: [1])), taken = try await store.put(Self.entry("b"))
        try await store.record([RecordedRun(name: "a", lastRun: Self.midnight, runs: 4, nextDue: Self.midnight + 60)])
        var renamed = first.entry
        renamed.name = "b"
        #expect(try await store.save(renamed, replacing: first) == .conflict(taken))
        renamed.name = "c: d/\u{E9} [x]"
        let stored = try await store.put(renamed, over: first)
        #expect(stored.entry.runs == 4)
        #expect(stored.entry.lastRun == Self.midnight)
        #expect(try await store.entry("a") == nil)
        #expect(try await store.entry("c: d/\u{E9} [x]") == stored)
        #expect(try await store.entries().map(\.entry.name) == ["b", "c: d/\u{E9} [x]"])
        await place.close(store)
    }

    @Test(arguments: ScheduleKind.all) func runsAreRecordedAndDoNotStandInTheWayOfEdits(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), beat = try place.open()
        let first = try await store.put(Self.entry("n"))
        try await beat.record([
            RecordedRun(name: "n", lastRun: Self.midnight + 0.25, runs: 7, nextDue: Self.midnight + 60),
            RecordedRun(name: "gone", lastRun: Self.midnight, runs: 1, nextDue: nil),
        ])
        let ran = try #require(try await store.entry("n"))
        #expect(ran.entry.runs == 7)
        #expect(ran.entry.lastRun == Self.midnight + 0.25)
        #expect(try await store.entry("gone") == nil)
        var edited = first.entry
        edited.args = [5]
        let second = try await store.put(edited, over: first)
        #expect(second.entry.runs == 7)
        #expect(second.entry.lastRun == Self.midnight + 0.25)
        #expect(second.entry.args == [5])
        // But one that says itself when it ran last must know.
        edited.lastRun = Self.midnight - 86_400
        edited.runs = 0
        var stale = second
        try await beat.record([RecordedRun(name: "n", lastRun: Self.midnight + 60, runs: 8, nextDue: nil)])
        #expect(try await store.save(edited, replacing: stale).isConflict)
        stale = try #require(try await store.entry("n"))
        let reset = try await store.put(edited, over: stale)
        #expect(reset.entry.lastRun == Self.midnight - 86_400)
        // And what has run meanwhile may be removed all the same.
        try await beat.record([RecordedRun(name: "n", lastRun: Self.midnight + 120, runs: 9, nextDue: nil)])
        #expect(try await store.remove(reset).done?.entry.runs == 9)
        await place.close(store, beat)
    }

    @Test(arguments: ScheduleKind.all) func theLastRunCanDisable(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        let first = try await store.put(Self.entry("n", args: [1]))
        try await store.record([RecordedRun(name: "n", lastRun: Self.midnight, runs: 1, nextDue: nil, disables: true)])
        let after = try #require(try await store.entry("n"))
        #expect(!after.entry.isEnabled)
        #expect(after.entry.args == [1])
        #expect(try await store.save(first.entry, replacing: first) == .conflict(after))
        await place.close(store)
    }

    @Test(arguments: ScheduleKind.all) func whatItCannotHoldIsRefused(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        var refused = [Self.entry(""), Self.entry("n", every: 0), Self.entry("n", every: -1), Self.entry("n", every: .infinity), Self.entry("n", every: .nan)]
        var base = Self.entry("n")
        base.lastRun = .nan
        refused.append(base)
        if !store.features.contains(.relativeInterval) {
            base = Self.entry("n")
            base.schedule = .interval(IntervalSchedule(every: 60, isRelative: true))
            refused.append(base)
        }
        if !store.features.contains(.oneOff) {
            base = Self.entry("n")
            base.isOneOff = true
            refused.append(base)
        }
        if !store.features.contains(.anyOption) { refused.append(Self.entry("n", options: ["shadow": "x"])) }
        for entry in refused {
            let error = await #expect(throws: TransportError.self) { try await store.save(entry, replacing: nil) }
            #expect(error?.kind == .refused)
        }
        #expect(try await store.entries().isEmpty)
        await place.close(store)
    }

    @Test(arguments: ScheduleKind.all) func ofManyEditorsNoneIsLost(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let stores = [try place.open(), try place.open(), try place.open()]
        try await stores[0].put(Self.entry("n", args: [0]))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for store in stores {
                group.addTask { for _ in 0..<20 { try await store.edit("n") { $0.args = [.integer(($0.args.first?.integer ?? 0) + 1)] } } }
            }
            // Beat goes on meanwhile.
            group.addTask { for run in 1...20 { try await stores[0].record([RecordedRun(name: "n", lastRun: Self.midnight + Double(run), runs: run, nextDue: nil)]) } }
            try await group.waitForAll()
        }
        let final = try await stores[1].entry("n")
        #expect(final?.entry.args == [60])
        #expect(final?.entry.runs == 20)
        for store in stores { await store.close() }
        await place.close()
    }

    @Test(arguments: ScheduleKind.all) func namesMayBeAnything(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        let names = ["'; DROP TABLE x; --", "a.b", "[x]", "\"", "*", "\\", "schedul", "ü", "日本", "\u{1F44B}\u{200D}", "a\nb", " ", "0"].sorted()
        for name in names { try await store.put(Self.entry(name, args: [.string(name)])) }
        #expect(try await store.entries().map(\.entry.name) == names)
        for name in names { #expect(try await store.entry(name)?.entry.args == [.string(name)]) }
        for entry in try await store.entries() { #expect(try await store.remove(entry).done == entry) }
        #expect(try await store.entries().isEmpty)
        await place.close(store)
    }

    @Test(arguments: ScheduleKind.all) func changesByOthersAreTold(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        var changes = store.changes().makeAsyncIterator()
        #expect(await changes.next() == .anything)
        var expected: StoredEntry?
        for seconds in [1.0, 2, 3] {
            expected = try await other.put(Self.entry("n", every: seconds), over: expected)
            // Nothing else happens here: whatever is told is this.
            while try await store.entry("n") != expected {}
            let change = await changes.next()
            #expect(change == .entry("n") || change == .anything)
        }
        try await other.record([RecordedRun(name: "n", lastRun: Self.midnight, runs: 1, nextDue: nil)])
        #expect(await changes.next() != nil)
        if let last = try await other.entry("n") { #expect(try await other.remove(last).done == last) }
        #expect(await changes.next() != nil)
        await store.close()
        while await changes.next() != nil {}
        await place.close(store, other)
    }

    /// But of what others do.
    @Test(arguments: ScheduleKind.all) func beatHearsNothingOfItsOwnRuns(kind: ScheduleKind) async throws {
        // A file is looked at as a whole.
        if kind.testDescription == ScheduleKind.file.testDescription { return }
        let place = try await kind.place()
        let beat = try place.open(), other = try place.open()
        try await other.put(Self.entry("n"))
        let heard = Mutex<[ScheduleChange]>([])
        let listening = Task { for await change in beat.edits() { heard.withLock { $0.append(change) } } }
        while heard.withLock({ $0.isEmpty }) { await Task.yield() }
        for run in 1...3 {
            try await beat.record([RecordedRun(name: "n", lastRun: Self.midnight + Double(run), runs: run, nextDue: nil), RecordedRun(name: "gone", lastRun: 1, runs: 1, nextDue: nil)])
        }
        #expect(try await other.entry("n")?.entry.runs == 3)
        #expect(try await other.entries().map(\.entry.name) == ["n"])
        try await Task.sleep(for: .milliseconds(200))
        #expect(heard.withLock { $0 } == [.anything])
        try await other.put(Self.entry("m"))
        while heard.withLock({ $0.count }) < 2 { await Task.yield() }
        #expect(heard.withLock { $0[1] == .entry("m") || $0[1] == .anything })
        listening.cancel()
        await place.close(beat, other)
    }

    @Test(arguments: ScheduleKind.all) func pagesTellWhatTheListTells(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        for number in 0..<30 { try await store.put(Self.entry("\(number)")) }
        let told = Mutex<[StoredEntry]>([])
        try await store.pages { page in told.withLock { $0 += page } }
        let listed = try await store.entries()
        #expect(told.withLock { $0.sorted { $0.entry.name < $1.entry.name } } == listed)
        await place.close(store)
    }

    @Test(arguments: ScheduleKind.all) func oneLeads(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let first = try place.open(), second = try place.open()
        guard first.features.contains(.leadership) else {
            #expect(try await first.lead("a", for: .seconds(60)) == .leading)
            #expect(try await second.lead("b", for: .seconds(60)) == .leading)
            return await place.close(first, second)
        }
        #expect(try await second.leader() == nil)
        #expect(try await first.lead("a", for: .seconds(60)) == .leading)
        guard case .following(let seconds) = try await second.lead("b", for: .seconds(60)) else {
            Issue.record("two lead")
            return
        }
        #expect(0...60 ~= seconds)
        #expect(try await first.lead("a", for: .seconds(90)) == .leading)
        let leader = try await second.leader()
        #expect(leader?.owner == "a")
        #expect(60...90 ~= leader?.remaining ?? 0)
        try await second.resign("b")
        #expect(try await second.leader()?.owner == "a")
        try await first.resign("a")
        #expect(try await second.leader() == nil)
        #expect(try await second.lead("b", for: .milliseconds(30)) == .leading)
        // A leader that is gone is followed once its lease has ended.
        while try await first.lead("a", for: .seconds(60)) != .leading {}
        #expect(try await second.leader()?.owner == "a")
        await place.close(first, second)
    }

    @Test(arguments: ScheduleKind.all) func manyEntriesAreListedInOrder(kind: ScheduleKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        let names = (0..<150).map { "entry \($0)" }.shuffled()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names { group.addTask { try await store.put(Self.entry(name)) } }
            try await group.waitForAll()
        }
        #expect(try await store.entries().map(\.entry.name) == names.sorted())
        await place.close(store)
    }
}
