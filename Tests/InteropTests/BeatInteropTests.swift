import CeleriacCore
import Foundation
import TestSupport
import Testing

/// `celeriac beat` beside Python's workers, beats and stores.
@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: PythonSchedules.isThere, Comment(rawValue: PythonSchedules.missing)))
struct BeatInteropTests {
    /// 2026-11-30 00:00:00.25 UTC.
    private static let time = 1_795_996_800.25

    private static func url(_ server: RedisServer) -> String { "redis://127.0.0.1:\(server.port)/0" }

    private static func beat(_ server: RedisServer, _ scheduler: String? = nil) throws -> Program {
        try Celeriac.start(["beat", "-b", url(server), "-S", scheduler ?? "redbeat+" + url(server), "-l", "info"], limit: 120)
    }

    /// The headers of all messages in the queue, the oldest first; removes them.
    private static func sent(_ server: RedisServer) async throws -> [Value] {
        let texts = try await server.cli("EVAL", "local all = redis.call('LRANGE', 'celery', 0, -1) redis.call('DEL', 'celery') return all", "0")
        return try texts.split(separator: "\n").reversed().map { try JSON.decode(String($0))["headers"] ?? .null }
    }

    @Test func itDrivesAPythonWorkerByEntriesThatPythonMade() async throws {
        let server = try await RedisServer.start()
        let python = try PythonSchedules.redBeat(Self.url(server))
        try python.run(
            """
            Entry("tick", "shop.note", schedule(0.3), args=[1], kwargs={"k": "ü"}, options={"queue": "python", "priority": 3, "headers": {"own": 1}}, app=app).save()
            Entry("each minute", "shop.note", crontab(), options={"queue": "python"}, app=app).save()
            """)
        let worker = try python.start(
            """
            @app.task(name="shop.note", bind=True)
            def note(self, *args, **kwargs):
                names = ["periodic_task_name", "celery_beat_task", "own"]
                schedulers.get_redis(app).rpush("ran", json.dumps([self.request.id, args, kwargs] + [self.request.get(name) for name in names]))
            app.worker_main(["worker", "-P", "solo", "-Q", "python", "--without-gossip", "--without-mingle"])
            """)
        defer { worker.end() }
        let beat = try Self.beat(server)
        #expect(try eventually(within: 60) { Int(try Program(["redis-cli", "-s", server.socket, "LLEN", "ran"]).finish().text.dropLast()) ?? 0 >= 5 }, "\(beat.complained)")
        beat.end()
        #expect(try beat.finish().status == 0)
        #expect(beat.complained.contains("Scheduler: Sending due task tick (shop.note)"))
        let ran = try await server.cli("LRANGE", "ran", "0", "-1").split(separator: "\n").map { try JSON.decode(String($0)) }
        let ticks = ran.filter { $0.array?[3] == "tick" }
        #expect(Set(ticks.compactMap { $0.array?[0].string }).count == ticks.count)
        #expect(ticks.allSatisfy { $0.array?.dropFirst() == [[1], ["k": "ü"], "tick", true, 1] }, "\(ticks)")
        // And Python finds its entry again, with its runs.
        let shown = try python.run(
            """
            print(json.dumps({"entry": show(Entry.from_key("redbeat:tick", app=app)), "lock": schedulers.get_redis(app).get("redbeat::lock"),
                "score": schedulers.get_redis(app).zscore("redbeat::schedule", "redbeat:tick")}))
            """)
        let last = shown["entry"]?["last"]?.double ?? 0
        #expect(shown["entry"]?["runs"]?.integer ?? 0 >= ticks.count)
        #expect(shown["score"]?.double == (last + 0.3).rounded(.down))
        #expect(shown["lock"]?.isNull == true)
    }

    @Test func itFollowsPythonsBeatAndIsFollowedByIt() async throws {
        let server = try await RedisServer.start()
        let python = try PythonSchedules.redBeat(Self.url(server))
        try python.run(#"Entry("tick", "shop.add", schedule(0.25), app=app).save()"#)
        let leading = { try python.start("app.Beat(scheduler='redbeat.RedBeatScheduler', max_interval=1, loglevel='INFO').run()") }
        let first = try leading()
        var count = 0
        /// Waits for messages of ours, or of Python's, which do not name the entry.
        func expect(ours: Bool, _ program: Program) async throws {
            let deadline = ContinuousClock.now + .seconds(30)
            var found = false
            while !found, ContinuousClock.now < deadline {
                let sent = try await Self.sent(server)
                count += sent.count
                found = sent.contains { ($0["periodic_task_name"] == "tick") == ours }
            }
            #expect(found, "\(program.complained)")
        }
        try await expect(ours: false, first)
        let ours = try Self.beat(server)
        #expect(eventually { ours.complained.contains("Standing by") }, "\(ours.complained)")
        first.end()
        _ = try first.finish()
        try await expect(ours: true, ours)
        let second = try leading()
        try await Task.sleep(for: .seconds(3))
        let meanwhile = try await Self.sent(server)
        count += meanwhile.count
        #expect(meanwhile.count > 5 && meanwhile.allSatisfy { $0["periodic_task_name"] == "tick" })
        ours.end()
        #expect(try ours.finish().status == 0)
        try await expect(ours: false, second)
        second.end()
        _ = try second.finish()
        // Whoever led: each run was sent once.
        count += try await Self.sent(server).count
        #expect(try python.run(#"print(json.dumps(show(Entry.from_key("redbeat:tick", app=app))))"#)["runs"] == .integer(count))
    }

    /// Of both packages: what Python made runs, and Python finds its runs.
    private static func check(_ python: PythonSchedules, _ scheduler: String, _ make: String, _ show: String) async throws {
        let server = try await RedisServer.start()
        try python.run(make)
        let beat = try beat(server, scheduler)
        var sent: [Value] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline, sent.count(where: { $0["periodic_task_name"] == "made" }) < 2 || !sent.contains(where: { $0["periodic_task_name"] == "once" }) {
            sent += try await Self.sent(server)
        }
        beat.end()
        #expect(try beat.finish().status == 0, "\(beat.complained)")
        sent += try await Self.sent(server)
        #expect(beat.complained.contains("broken is left out"), "\(beat.complained)")
        #expect(sent.allSatisfy { $0["celery_beat_task"] == true })
        #expect(sent.count(where: { $0["periodic_task_name"] == "once" }) == 1)
        let made = sent.filter { $0["periodic_task_name"] == "made" }
        #expect(made.count >= 2 && made.allSatisfy { $0["task"] == "shop.add" && $0["argsrepr"] == "[1]" && $0["own"] == "yes" })
        let shown = try python.run(show)
        #expect(shown["runs"] == .integer(made.count))
        #expect(shown["last"]?.double.map { abs($0 - Date().timeIntervalSince1970) < 20 } == true, "\(shown)")
        #expect(shown["once"] == false)
        #expect(shown["loaded"] == true)
    }

    @Test func itRunsWhatDjangoMade() async throws {
        let python = try PythonSchedules.django(at: Self.time)
        try await Self.check(
            python, "django+sqlite:///\(python.folder.path)/db.sqlite3",
            """
            migrate()
            every, _ = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
            PeriodicTask.objects.create(name="made", task="shop.add", interval=every, args="[1]", headers='{"own": "yes"}')
            PeriodicTask.objects.create(name="once", task="shop.add", interval=every, one_off=True)
            PeriodicTask.objects.create(name="broken", task="shop.add", interval=every, args="[1")
            """,
            """
            made = PeriodicTask.objects.get(name="made")
            print(json.dumps({"runs": made.total_run_count, "last": made.last_run_at.timestamp(), "once": PeriodicTask.objects.get(name="once").enabled,
                "loaded": "made" in DatabaseScheduler(app=app, lazy=True).all_as_schedule()}))
            """)
    }

    @Test func itRunsWhatSQLAlchemyMade() async throws {
        let python = try PythonSchedules.sqlalchemy(at: Self.time)
        try await Self.check(
            python, "sqlalchemy+sqlite:///\(python.folder.path)/schedule.db",
            """
            s = DatabaseScheduler(app=app, lazy=True)
            session = s.Session()
            every = IntervalSchedule(every=1, period="seconds")
            session.add(every)
            session.commit()
            session.add(PeriodicTask(schedule_model=every, name="made", task="shop.add", args="[1]", headers='{"own": "yes"}'))
            session.add(PeriodicTask(schedule_model=every, name="once", task="shop.add", one_off=True))
            session.add(PeriodicTask(schedule_model=every, name="broken", task="shop.add", args="[1"))
            session.commit()
            """,
            """
            s = DatabaseScheduler(app=app, lazy=True)
            session = s.Session()
            task = lambda name: session.query(PeriodicTask).filter_by(name=name).one()
            print(json.dumps({"runs": task("made").total_run_count, "last": task("made").last_run_at.replace(tzinfo=datetime.timezone.utc).timestamp(),
                "once": task("once").enabled, "loaded": "made" in s.all_as_schedule()}))
            """)
    }

    // MARK: - The command line

    @Test func misuseIsToldInWords() throws {
        let url = "redis://127.0.0.1:1/0"
        for (arguments, words) in [
            (["-b", url], "no schedule store"), (["-b", url, "-S", "redbeat+redsi://h"], "did you mean redbeat+redis?"),
            (["-b", url, "-S", "memory://", "--timezone", "Atlantis"], "Atlantis"), (["-b", url, "-S", "memory://", "--read-only"], "read-only"),
            (["-b", url, "-S", "memory://", "--max-interval", "0"], "--max-interval"),
        ] {
            let finished = try Celeriac.start(["beat"] + arguments).finish()
            #expect(finished.status == 2, "\(arguments): \(finished)")
            #expect(finished.complaint.contains(words), "\(arguments): \(finished)")
        }
        // A file without Django's tables: none of them are made.
        let empty = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).db")
        try Data().write(to: empty)
        defer { try? FileManager.default.removeItem(at: empty) }
        let missing = try Celeriac.start(["beat", "-b", url, "-S", "django+sqlite:///\(empty.path)"]).finish()
        #expect(missing.status == 1 && missing.complaint.contains("manage.py migrate"), "\(missing)")
    }
}
