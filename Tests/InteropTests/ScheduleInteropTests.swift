import CeleriacBroker
import CeleriacCore
import CeleriacRedis
import CeleriacSQL
import Foundation
import OrderedCollections
import TestSupport
import Testing

/// Entries go from Python's schedulers to ours and back.
@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: PythonSchedules.isThere, Comment(rawValue: PythonSchedules.missing)))
struct ScheduleInteropTests {
    /// 2026-11-30 00:00:00.25 UTC.
    private static let time = 1_795_996_800.25

    private static func interval(_ name: String, _ seconds: Double, args: [Value] = []) -> ScheduleEntry {
        ScheduleEntry(name, task: "shop.add", args: args, schedule: .interval(IntervalSchedule(every: seconds)))
    }

    // MARK: - RedBeat

    private static func redBeat(_ server: RedisServer) throws -> (PythonSchedules, RedBeatSchedules) {
        let url = "redis://127.0.0.1:\(server.port)/0"
        return (try .redBeat(url), try RedBeatSchedules(BrokerURL("redbeat+" + url)))
    }

    @Test func redBeatReadsWhatWeWrite() async throws {
        let server = try await RedisServer.start()
        let (python, store) = try Self.redBeat(server)
        var crontab = Self.interval("crontab ü", 1)
        crontab.schedule = .crontab(try CrontabSchedule(minute: "*/15", hour: "1-5,22", dayOfWeek: "mon,fri"))
        crontab.kwargs = ["k": ["x", nil]]
        crontab.options = ["queue": "q", "priority": 3]
        var rule = Self.interval("rrule", 1)
        rule.schedule = try Schedule(redBeat: ["__type__": "rrule", "freq": 3, "dtstart": 1_904_281_689, "byhour": [9]])
        let stored = [try await store.put(Self.interval("interval", 1921, args: [-881, 2])), try await store.put(crontab), try await store.put(rule)]
        try await store.record([RecordedRun(name: "interval", lastRun: Self.time, runs: 5, nextDue: Self.time + 1921)])
        let shown = try python.run(
            """
            r = schedulers.get_redis(app)
            print(json.dumps({"entries": [show(Entry.from_key("redbeat:" + name, app=app)) for name in ["interval", "crontab ü", "rrule"]],
                "score": r.zscore("redbeat::schedule", "redbeat:interval"), "due": r.zrangebyscore("redbeat::schedule", 0, time.time())}))
            """)
        let entries = shown["entries"]?.array ?? []
        #expect(entries.count == 3)
        #expect(entries.first?["args"] == [-881, 2])
        #expect(entries.first?["schedule"] == "<freq: 32.02 minutes>")
        #expect(entries.first?["last"]?.double == Self.time)
        #expect(entries.first?["runs"] == 5)
        #expect(shown["score"]?.double == (Self.time + 1921).rounded(.down))
        #expect(entries[1]["schedule"]?.string?.contains("*/15 1-5,22 * * mon,fri") == true, "\(entries[1])")
        #expect(entries[1]["kwargs"] == ["k": ["x", nil]])
        #expect(entries[1]["options"] == ["queue": "q", "priority": "3"])
        // New ones have a last run, so that they wait for their time.
        #expect(entries[1]["last"]?.double != nil)
        #expect(entries[2]["task"] == "shop.add")
        // Beat looks at them at once.
        #expect(shown["due"]?.array.map { $0.contains("redbeat:crontab ü") && $0.contains("redbeat:rrule") } == true)
        #expect(stored.allSatisfy { $0.problem == nil })
        await store.close()
    }

    @Test func weReadWhatRedBeatWrites() async throws {
        let server = try await RedisServer.start()
        let (python, store) = try Self.redBeat(server)
        try python.run(
            """
            from zoneinfo import ZoneInfo
            Entry("interval", "wire.add", schedule(datetime.timedelta(seconds=30)), args=[1, {"a": None}], app=app).save()
            Entry("crontab", "wire.echo", crontab(minute=[0, 30], hour=4), kwargs={"k": 1}, options={"expires": 60}, enabled=False, app=app).save()
            Entry("rrule", "wire.add", rrule("DAILY", dtstart=datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc), count=3), app=app).save()
            e = Entry("ran", "wire.add", schedule(60, relative=True), app=app).save().next()
            e = Entry("berlin", "wire.add", schedule(60), app=app).save()
            e.reschedule(datetime.datetime(2026, 11, 30, 1, 0, 0, 250000, tzinfo=ZoneInfo("Europe/Berlin")))
            schedulers.get_redis(app).sadd("redbeat::statics", "interval")
            """)
        let entries = try await store.entries()
        #expect(entries.map(\.entry.name) == ["berlin", "crontab", "interval", "ran", "rrule"])
        #expect(entries.allSatisfy { $0.problem == nil }, "\(entries.compactMap(\.problem))")
        #expect(entries.map(\.isStatic) == [false, false, true, false, false])
        #expect(entries[0].entry.lastRun == Self.time)
        #expect(entries[1].entry.schedule == .crontab(try CrontabSchedule(minute: "0,30", hour: "4")))
        #expect(!entries[1].entry.isEnabled)
        #expect(entries[1].entry.options == ["expires": 60])
        #expect(entries[2].entry.args == [1, ["a": nil]])
        #expect(entries[2].entry.schedule == .interval(IntervalSchedule(every: 30)))
        #expect(entries[3].entry.schedule == .interval(IntervalSchedule(every: 60, isRelative: true)))
        #expect(entries[3].entry.runs == 1)
        // An edit leaves alone what it does not say: the list of numbers, and args that are none.
        var edited = entries[1].entry
        edited.isEnabled = true
        try await store.put(edited, over: entries[1])
        let definition = try await server.cli("HGET", "redbeat:crontab", "definition")
        #expect(definition.contains(#""args": null"#))
        #expect(definition.contains(#""minute": [0, 30], "hour": 4"#))
        #expect(definition.contains(#""enabled": true"#))
        await store.close()
    }

    @Test func aRunningRedBeatSeesOurEdits() async throws {
        let server = try await RedisServer.start()
        let (python, store) = try Self.redBeat(server)
        #expect(try await store.lead("ours", for: .milliseconds(50)) == .leading)
        let beat = try python.start("app.Beat(scheduler='redbeat.RedBeatScheduler', max_interval=1, loglevel='INFO').run()")
        defer { beat.end() }
        // Beat waits for our lock, then leads itself.
        #expect(try eventually { try Program(["redis-cli", "-s", server.socket, "GET", "redbeat::lock"]).finish().text.count > 30 }, "\(beat.complained)")
        guard case .following(let seconds) = try await store.lead("ours", for: .seconds(5)) else {
            Issue.record("two lead")
            return
        }
        #expect(0...5 ~= seconds)
        var stored = try await store.put(Self.interval("live", 1, args: ["first"]))
        #expect(try eventually { try Program(["redis-cli", "-s", server.socket, "LLEN", "celery"]).finish().text != "0\n" }, "\(beat.complained)")
        try await server.cli("DEL", "celery")
        var edited = stored.entry
        edited.task = "shop.other"
        stored = try await store.put(edited, over: stored)
        #expect(
            try eventually { try Program(["redis-cli", "-s", server.socket, "LRANGE", "celery", "0", "-1"]).finish().text.contains("shop.other") }, "\(beat.complained)")
        let ran = try await store.entry("live")
        #expect((ran?.entry.runs ?? 0) > 0)
        edited = stored.entry
        edited.isEnabled = false
        // Runs that went on meanwhile are no conflict.
        try await store.put(edited, over: stored)
        await store.close()
    }

    // MARK: - The tables

    private static func samples() throws -> [ScheduleEntry] {
        var crontab = interval("crontab", 1)
        crontab.schedule = .crontab(try CrontabSchedule(minute: "*/15", hour: "1-5,22", dayOfWeek: "mon,fri"))
        crontab.zone = "Europe/Berlin"
        crontab.options = ["queue": "q", "priority": 3, "headers": ["x-own": "yes"], "expires": 30]
        var clocked = interval("clocked", 1)
        // Within the next minutes, else Django's scheduler does not load it.
        clocked.schedule = .clocked((Date().timeIntervalSince1970 + 60).rounded())
        clocked.isOneOff = true
        var solar = interval("solar", 1)
        if let sunset = SolarSchedule(.sunset, latitude: 52.5, longitude: 13.4) { solar.schedule = .solar(sunset) }
        var full = interval("interval", 1921, args: [-881, ["ü": nil]])
        full.start = time
        full.end = time + 1e9
        full.note = "note"
        return [full, crontab, clocked, solar]
    }

    /// Both packages alike: what Python shows of our entries, and what it wrote itself.
    private static func check(_ python: PythonSchedules, _ store: SQLiteSchedules, _ make: String, _ scheduler: String) async throws {
        try python.run(make)
        let made = try #require(try await store.entry("made"))
        #expect(made.problem == nil)
        #expect(made.entry.schedule == .interval(IntervalSchedule(every: 300)))
        #expect(made.entry.args == [1])
        #expect(made.entry.options == ["queue": "q"])
        #expect(made.entry.start == time)
        #expect(made.entry.lastRun == time)
        let watcher = try python.start(
            """
            \(scheduler)
            s.schedule_changed()
            print("ready", flush=True)
            while not s.schedule_changed(): time.sleep(0.02)
            print("changed", flush=True)
            while "last one" not in s.all_as_schedule(): time.sleep(0.02)
            print(json.dumps({k: show(v) for k, v in s.all_as_schedule().items()}))
            """)
        #expect(eventually { watcher.printed.contains("ready") }, "\(watcher.complained)")
        var edited = made.entry
        edited.schedule = .interval(IntervalSchedule(every: 1.5))
        edited.args = [2]
        try await store.put(edited, over: made)
        #expect(eventually { watcher.printed.contains("changed") }, "\(watcher.complained)")
        for sample in try samples() { try await store.put(sample) }
        try await store.record([RecordedRun(name: "solar", lastRun: time, runs: 5, nextDue: nil)])
        try await store.put(interval("last one", 60))
        let finished = try watcher.finish()
        let shown = try JSON.decode(String(finished.text.split(separator: "\n").last ?? ""))
        #expect(shown["made"]?["args"] == [2])
        #expect(shown["made"]?["schedule"] == "<freq: 1.50 seconds>")
        #expect(shown["interval"]?["args"] == [-881, ["ü": nil]])
        #expect(shown["interval"]?["schedule"] == "<freq: 32.02 minutes>")
        #expect(shown["crontab"]?["schedule"]?.string?.contains("*/15 1-5,22") == true, "\(shown["crontab"] ?? .null)")
        #expect(shown["crontab"]?["schedule"]?.string?.contains("Europe/Berlin") == true, "\(shown["crontab"] ?? .null)")
        #expect(shown["crontab"]?["options"]?["queue"] == "q")
        #expect(shown["crontab"]?["options"]?["expires"] == "30")
        #expect(shown["clocked"]?["schedule"]?.string?.contains("clocked") == true, "\(shown["clocked"] ?? .null)")
        #expect(shown["solar"]?["schedule"]?.string?.lowercased().contains("sunset") == true, "\(shown["solar"] ?? .null)")
        #expect(shown["solar"]?["runs"] == 5)
        #expect(shown["solar"]?["last"]?.double == time)
        await store.close()
    }

    @Test func djangoReadsOursAndWeItsOwn() async throws {
        let python = try PythonSchedules.django(at: Self.time)
        let store = try SQLiteSchedules(BrokerURL(scheme: "sqlite", path: python.folder.path + "/db.sqlite3"), layout: .django)
        try await Self.check(
            python, store,
            """
            migrate()
            every, _ = IntervalSchedule.objects.get_or_create(every=5, period="minutes")
            PeriodicTask.objects.create(name="made", task="shop.add", interval=every, args="[1]", queue="q", start_time=at, last_run_at=at)
            """, "s = DatabaseScheduler(app=app, lazy=True)")
    }

    @Test func sqlalchemyReadsOursAndWeItsOwn() async throws {
        let python = try PythonSchedules.sqlalchemy(at: Self.time)
        let store = try SQLiteSchedules(BrokerURL(scheme: "sqlite", path: python.folder.path + "/schedule.db"), layout: .sqlalchemy)
        try await Self.check(
            python, store,
            """
            s = DatabaseScheduler(app=app, lazy=True)
            session = s.Session()
            every = IntervalSchedule(every=5, period="minutes")
            session.add(every)
            session.commit()
            session.add(PeriodicTask(schedule_model=every, name="made", task="shop.add", args="[1]", queue="q", start_time=at, last_run_at=at))
            session.commit()
            """, "s = DatabaseScheduler(app=app, lazy=True)")
    }
}
