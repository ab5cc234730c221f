import OrderedCollections
import TestSupport
import Testing

@testable import CeleriacCore

@Suite struct EntryDraftTests {
    // MARK: - Round trip

    @Test(arguments: UInt64(0)..<400) func anEntryComesBackAsItWas(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let entry = ScheduleEntry.random(&random)
        let reading = EntryDraft(entry).read()
        #expect(reading.faults == [:] && reading.entry == entry, "seed \(seed)")
        #expect(!EntryDraft(entry).isChanged)
    }

    /// Nothing is kept here: each text alone says what it stands for.
    @Test(arguments: UInt64(0)..<400) func theTextsTypedAnewGiveTheSameEntry(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var entry = ScheduleEntry.random(&random)
        let source = EntryDraft(entry)
        var typed = EntryDraft()
        for field in EntryDraft.Field.allCases { typed[field] = source[field] }
        // What beat writes is not typed, and options with fields of their own come last.
        (entry.lastRun, entry.runs) = (nil, 0)
        let reading = typed.read()
        #expect(reading.faults == [:], "seed \(seed)")
        #expect(reading.entry.map { Set($0.options.map { "\($0)" }) } == Set(entry.options.map { "\($0)" }), "seed \(seed)")
        entry.options = reading.entry?.options ?? [:]
        #expect(reading.entry == entry, "seed \(seed)")
    }

    @Test func whatNoTextSaysIsKeptWhereItWasNotTouched() throws {
        let crontab = try CrontabSchedule(minute: [0, 30], hour: "1, 2", dayOfMonth: "*", monthOfYear: "*", dayOfWeek: "*")
        var entry = ScheduleEntry("a", task: " t ", schedule: .crontab(crontab), start: 1e9 + 1e-7, lastRun: 5, runs: 7)
        entry.options = ["priority": "high", "expires": .number(60), "queue": "mail", "headers": ["a": 1]]
        var draft = EntryDraft(entry)
        draft[.note] = "new"
        draft[.queue] = "post"
        let new = try #require(draft.read().entry)
        #expect(new.schedule.redBeatValue?["minute"] == [0, 30] && new.schedule.redBeatValue?["hour"] == "1, 2")
        #expect(new.task == " t " && new.start == entry.start && new.lastRun == 5 && new.runs == 7 && new.note == "new")
        #expect(new.options == ["priority": "high", "expires": .number(60), "queue": "post", "headers": ["a": 1]])
    }

    @Test func anEmptiedOptionIsGone() throws {
        var draft = EntryDraft(ScheduleEntry("a", task: "t", options: ["expires": 60, "queue": "mail"], schedule: .clocked(0)))
        draft[.expires] = " "
        #expect(try #require(draft.read().entry).options == ["queue": "mail"])
    }

    @Test func theOtherKindsTextsWaitUntilItIsOneOfThemAgain() {
        var draft = EntryDraft(ScheduleEntry("a", task: "t", schedule: .interval(IntervalSchedule(every: 90))))
        draft[.kind] = "crontab"
        draft[.crontab] = "0 4 * * *"
        #expect(draft.read().entry?.schedule == (try? .crontab(CrontabSchedule("0 4 * * *"))))
        draft[.kind] = "interval"
        #expect(draft.read().entry?.schedule == .interval(IntervalSchedule(every: 90)))
    }

    // MARK: - Faults

    @Test(arguments: [
        (.name, "", "missing"), (.task, " ", "missing"), (.kind, "cronta", "did you mean crontab?"), (.every, "", "1h30m"), (.every, "0", "above 0"), (.every, "-5", "above 0"),
        (.every, "5x", "above 0"), (.every, "nan", "above 0"), (.every, "1e999", "above 0"), (.relative, "perhaps", "yes or no"), (.args, "{}", "list in JSON"),
        (.args, "[1,", "byte 3"), (.args, "", "list in JSON"), (.kwargs, "[]", "object in JSON"), (.options, "7", "object in JSON"), (.options, "{\"queue\": \"b\"}", "field of its own"),
        (.priority, "256", "0 to 255"), (.priority, "x", "0 to 255"), (.expires, "0", "above 0"), (.expires, "soon", "above 0"), (.start, "tomorrow", "2030-01-31"),
        (.end, "2020-01-01", "before the start"), (.enabled, "maybe", "yes or no"),
    ] as [(EntryDraft.Field, String, String)])
    func aFaultIsToldAtItsFieldInPlainWords(_ field: EntryDraft.Field, _ text: String, _ words: String) throws {
        var draft = EntryDraft(ScheduleEntry("a", task: "t", options: ["queue": "mail"], schedule: .interval(IntervalSchedule(every: 60)), start: 1.6e9))
        draft[field] = text
        let reading = draft.read()
        #expect(reading.entry == nil && Array(reading.faults.keys) == [field], "\(reading.faults)")
        #expect(try #require(reading.faults[field]).contains(words), "\(reading.faults)")
    }

    @Test(arguments: [
        (.crontab, .crontab, "60 * * * *", "minute: 60 is not from 0 to 59"), (.crontab, .crontab, "* * * *", "five fields"), (.crontab, .crontab, "* * 31 2 *", "no month"),
        (.solar, .solar, "moonrise", "sunrise"), (.solar, .place, "91,0", "-90 to 90"), (.solar, .place, "", "degrees"), (.clocked, .time, "", "UNIX seconds"),
        (.clocked, .time, "nan", "UNIX seconds"), (.rrule, .rrule, "", "FREQ is missing"), (.rrule, .rrule, "FREQ=DAYLY;DTSTART=2030", "one of"),
        (.rrule, .rrule, "FREQ=DAILY", "DTSTART is missing"), (.rrule, .rrule, "FREQ=DAILY;DTSTART=2030;BYHOURS=1", "did you mean BYHOUR"),
        (.rrule, .rrule, "FREQ=DAILY;DTSTART=2030;BYHOUR=24", "within 0 and 23"), (.rrule, .rrule, "FREQ=DAILY;DTSTART=2030;BYDAY=XX", "none of MO"),
        (.rrule, .rrule, "FREQ=DAILY;FREQ=DAILY;DTSTART=2030", "twice"), (.rrule, .rrule, "daily", "NAME=VALUE"),
    ] as [(EntryDraft.Kind, EntryDraft.Field, String, String)])
    func aScheduleThatIsNoneIsToldAtItsField(_ kind: EntryDraft.Kind, _ field: EntryDraft.Field, _ text: String, _ words: String) throws {
        var draft = EntryDraft(name: "a")
        (draft[.task], draft[.kind], draft[.place], draft[.solar]) = ("t", kind.rawValue, "52.5,13.4", "sunset")
        draft[field] = text
        let reading = draft.read()
        #expect(reading.plan == nil && Array(reading.faults.keys) == [field], "\(reading.faults)")
        #expect(try #require(reading.faults[field]).contains(words), "\(reading.faults)")
    }

    @Test func whatAStoreCannotHoldIsNotOfferedAndAFaultWhereItStands() throws {
        let redBeat: ScheduleFeatures = [.interval, .relativeInterval, .crontab, .recurrence, .anyOption, .leadership]
        let blank = EntryDraft(name: "a")
        #expect(blank.kinds(redBeat) == [.interval, .crontab, .rrule])
        #expect(blank.fields(redBeat) == [.name, .task, .kind, .every, .relative, .args, .kwargs, .queue, .priority, .expires, .options, .enabled])
        #expect(blank.fields(.everything).suffix(4) == [.oneOff, .start, .end, .note])
        var draft = EntryDraft(ScheduleEntry("a", task: "t", schedule: .clocked(1e9), zone: "Europe/Berlin", note: "n"))
        #expect(draft.kinds(redBeat) == [.interval, .crontab, .clocked, .rrule])
        #expect(draft.fields(redBeat).contains(.zone) && draft.fields(redBeat).contains(.note))
        #expect(draft.read(redBeat).faults == [.kind: "this store cannot hold clocked schedules"])
        draft[.kind] = "interval"
        draft[.every] = "5m"
        #expect(draft.read(redBeat).faults == [.zone: "this store cannot hold time zones"])
        draft[.zone] = ""
        #expect(draft.read(redBeat).faults == [.note: "this store cannot hold notes"])
        draft[.note] = ""
        #expect(draft.read(redBeat).entry?.schedule == .interval(IntervalSchedule(every: 300)))
        draft[.options] = "{\"retry\": true}"
        #expect(draft.read([.interval]).faults == [.options: "this store cannot hold the option retry"])
    }

    @Test func runsCanBeToldWhileTheRestIsAtFault() {
        var draft = EntryDraft()
        draft[.args] = "["
        #expect(draft.read().entry == nil && draft.read().plan?.schedule == .interval(IntervalSchedule(every: 60)))
        draft[.every] = "x"
        #expect(draft.read().plan == nil)
    }

    // MARK: - Differences

    @Test func aDifferenceNamesFieldOldAndNew() throws {
        let old = ScheduleEntry("a", task: "t", args: [1], options: ["queue": "mail"], schedule: .interval(IntervalSchedule(every: 5400)), lastRun: 1, runs: 1)
        var new = old
        #expect(new.differences(from: old) == [])
        (new.lastRun, new.runs) = (9, 9)
        #expect(new.differences(from: old) == [], "runs are no edit")
        new.schedule = .crontab(try CrontabSchedule("0 4 * * *"))
        new.options = [:]
        new.isEnabled = false
        #expect(
            new.differences(from: old).map(\.words) == [
                "Kind: interval → crontab", "Every: 1h30m → nothing", "Aligned: no → nothing", "Crontab: nothing → 0 4 * * *", "Queue: mail → nothing", "Enabled: yes → no",
            ])
        #expect(ScheduleEntry("b", task: "t", schedule: .clocked(0)).differences(from: nil).map(\.words) == [
            "Name: b", "Task: t", "Kind: clocked", "Time: 1970-01-01T00:00:00+00:00", "Enabled: yes",
        ])
    }

    // MARK: - Durations and times

    @Test(arguments: [
        ("90", 90), ("5m", 300), ("1h30m", 5400), ("1h 30 min", 5400), ("2d", 172_800), ("1w", 604_800), ("0.5", 0.5), ("1.5h", 5400), ("250ms", 0.25), ("1e3", 1000), ("90 S", 90),
    ]) func durationsAreReadAsTheyAreTyped(_ text: String, _ seconds: Double) { #expect(TypedDuration.seconds(text) == seconds) }

    @Test(arguments: ["", "m", "5x", "nan", "inf", "-5", "1h-5m", "5m5", "1..5s", "٣m"]) func whatIsNoDurationIsRefused(_ text: String) { #expect(TypedDuration.seconds(text) == nil) }

    @Test(arguments: UInt64(0)..<300) func durationsComeBack(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let seconds = seed % 2 == 0 ? Double(Int.random(in: 1...100_000_000, using: &random)) : Double.random(in: 0.000_001...1e8, using: &random)
        #expect(TypedDuration.seconds(TypedDuration.text(seconds)) == seconds)
    }

    @Test(arguments: [
        ("2026-03-29T01:00:00+00:00", 1_774_746_000), ("2026-03-29T03:00+02:00", 1_774_746_000), ("2026-03-29 01:00", 1_774_746_000), ("1774746000", 1_774_746_000),
        ("1774746000.5", 1_774_746_000.5), ("20260329", 1_774_742_400), ("2026", 1_767_225_600), ("-1000000000", -1e9),
    ]) func timesAreReadAsTheyAreTyped(_ text: String, _ seconds: Double) { #expect(TypedTime.seconds(text) == seconds) }

    @Test(arguments: ["", "soon", "1e99", "99999999999999", "12:00"]) func whatIsNoTimeIsRefused(_ text: String) { #expect(TypedTime.seconds(text) == nil) }

    @Test func rulesOfCalendarsAreUnderstood() throws {
        let rule = try RecurrenceRule("DTSTART:20300131T120000Z RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=3")
        #expect(rule.weekdays == [.init(4, ordinal: -1)] && rule.count == 3 && rule.startOffset == 0)
        #expect(try RecurrenceRule(rule.text) == rule)
        #expect(try RecurrenceRule("FREQ=DAILY;DTSTART=2030-01-31T12:00+05:30").startOffset == 330)
        #expect(try RecurrenceRule("FREQ=DAILY;DTSTART=2030-01-31T12:00").startOffset == nil)
    }
}

extension ScheduleEntry {
    /// Anything that fields can say.
    static func random(_ random: inout SeededGenerator) -> ScheduleEntry {
        func one<Choice>(_ choices: [Choice]) -> Choice { choices.randomElement(using: &random)! }
        func chance() -> Bool { Bool.random(using: &random) }
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
        let texts = ["nightly", "größer 🚀", "a\"b'c\\", "[x] = 1", "\u{202E}evil\u{1B}[2J", "0", "yes", "zwei\nZeilen"]
        let values: [Value] = [nil, true, 7, .number(1.5), .number(2), "x", ["a", [:]], .bigInteger("123456789012345678901234567890"), ["k": ["deep": nil]], .string(one(texts))]
        let schedule: Schedule
        switch number(0...4) {
        case 0: schedule = .interval(IntervalSchedule(every: one([1, 90, 0.25, 5400, 86_400, 1e9, 0.1]), isRelative: chance()))
        case 1: schedule = .crontab(try! CrontabSchedule(one(["* * * * *", "*/5 9-17 * * mon-fri", "0,30 0 1 jan,feb sun", "59 22-2/2 * * *"])))
        case 2: schedule = .solar(SolarSchedule(one(SolarSchedule.Event.allCases), latitude: one([0, 52.5, -33.87, 90]), longitude: one([0, 13.4, -180]))!)
        case 3: schedule = .clocked(one([0, 1.7e9, 1_774_746_000.5, -86_400]))
        default:
            var rule = RecurrenceRule(one([.yearly, .monthly, .weekly, .daily, .hourly, .minutely, .secondly]), start: one([1.7e9, 0, 1_774_746_000.25]), startOffset: one([nil, 0, 330, -90]))
            rule.interval = one([1, 2, 15])
            rule.weekStart = one([0, 6])
            rule.count = one([nil, 10])
            rule.weekdays = one([nil, [], [.init(0), .init(4, ordinal: -1)], [.init(6)]])
            rule.months = one([nil, [1, 12]])
            rule.monthDays = one([nil, [-1, 15], []])
            rule.setPositions = one([nil, [-1]])
            if chance() { (rule.until, rule.untilOffset) = (2e9, one([nil, 60])) }
            schedule = .recurrence(rule)
        }
        var entry = ScheduleEntry(one(texts), task: one(["shop.charge", "größe", "a.b.c"]), schedule: schedule)
        entry.args = (0..<number(0...3)).map { _ in one(values) }
        for _ in 0..<number(0...3) { entry.kwargs[one(texts)] = one(values) }
        if chance() { entry.options["queue"] = .string(one(texts)) }
        if chance() { entry.options["headers"] = ["a": one(values)] }
        if chance() { entry.options["priority"] = .integer(number(0...255)) }
        if chance() { entry.options["expires"] = one([60, .number(0.5), 86_400, "2030-01-31T12:00:00+00:00"]) }
        entry.zone = one([nil, "Europe/Berlin", "UTC"])
        entry.isEnabled = chance()
        entry.isOneOff = chance()
        entry.start = one([nil, 1.6e9, 0.5])
        entry.end = one([nil, 2e9])
        entry.lastRun = one([nil, 1.65e9])
        entry.runs = number(0...9)
        entry.note = one(["", "why", "two\nlines"])
        return entry
    }
}
