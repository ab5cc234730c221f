import CeleriacCore
import Foundation
import TestSupport
import Testing

/// What is done to beat's entries by keys alone, Python's beat follows; what Python does shows on the screen.
@Suite(.serialized, .timeLimit(.minutes(4)), .enabled(if: PythonSchedules.isThere && RedisServer.isThere, Comment(rawValue: PythonSchedules.missing)))
struct BeatOnScreenTests {
    /// A running beat of Python's over one of its stores, and what a test needs of it.
    final class Beat {
        enum Kind: String, CaseIterable, CustomTestStringConvertible {
            case redbeat, django, sqlalchemy
            var testDescription: String { rawValue }
        }

        let server: RedisServer
        let python: PythonSchedules
        let store: String
        private let beat: Program

        /// Entries `tick` and `pace` each second, and `rare` each hour.
        init(_ kind: Kind) async throws {
            server = try await RedisServer.start()
            let url = "redis://127.0.0.1:\(server.port)/0"
            let scheduler: String
            switch kind {
            case .redbeat:
                (store, scheduler) = ("redbeat+\(url)", "redbeat.RedBeatScheduler")
                python = try PythonSchedules(
                    """
                    from celery import Celery
                    from celery.schedules import schedule
                    from redbeat import RedBeatSchedulerEntry as Entry
                    app = Celery("shop", broker="\(url)")
                    app.conf.update(redbeat_redis_url="\(url)", task_ignore_result=True, result_expires=None)
                    def add(name, seconds): Entry(name, "shop." + name, schedule(seconds), args=[1], app=app).save()
                    def change(name, task):
                        e = Entry.from_key("redbeat:" + name, app=app)
                        e.task = task
                        e.save()
                    def setup(): pass
                    """)
            case .django:
                scheduler = "django_celery_beat.schedulers:DatabaseScheduler"
                python = try PythonSchedules(
                    """
                    import django
                    from django.conf import settings
                    settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "FOLDER/db.sqlite3", "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}}, USE_TZ=True,
                        INSTALLED_APPS=["django_celery_beat"], DEFAULT_AUTO_FIELD="django.db.models.AutoField", CELERY_TIMEZONE="UTC", TIME_ZONE="UTC")
                    django.setup()
                    from celery import Celery
                    from django_celery_beat.models import PeriodicTask, IntervalSchedule
                    app = Celery("shop", broker="\(url)")
                    app.conf.update(task_ignore_result=True, result_expires=None)
                    def setup():
                        from django.core.management import call_command
                        call_command("migrate", verbosity=0)
                    def add(name, seconds):
                        every, _ = IntervalSchedule.objects.get_or_create(every=seconds, period="seconds")
                        PeriodicTask.objects.create(name=name, task="shop." + name, interval=every, args="[1]")
                    def change(name, task):
                        e = PeriodicTask.objects.get(name=name)
                        e.task = task
                        e.save()
                    """)
                store = "django+sqlite:///\(python.folder.path)/db.sqlite3"
            case .sqlalchemy:
                scheduler = "sqlalchemy_celery_beat.schedulers:DatabaseScheduler"
                python = try PythonSchedules(
                    """
                    from celery import Celery
                    from sqlalchemy_celery_beat.models import PeriodicTask, IntervalSchedule
                    from sqlalchemy_celery_beat.schedulers import DatabaseScheduler
                    app = Celery("shop", broker="\(url)")
                    app.conf.update(beat_dburi="sqlite:///FOLDER/schedule.db", task_ignore_result=True, result_expires=None)
                    def session(): return DatabaseScheduler(app=app, lazy=True).Session()
                    def setup(): session().close()
                    def add(name, seconds):
                        s = session()
                        every = IntervalSchedule(every=seconds, period="seconds")
                        s.add(every)
                        s.commit()
                        s.add(PeriodicTask(schedule_model=every, name=name, task="shop." + name, args="[1]"))
                        s.commit()
                    def change(name, task):
                        s = session()
                        s.query(PeriodicTask).filter_by(name=name).one().task = task
                        s.commit()
                    """)
                store = "sqlalchemy+sqlite:///\(python.folder.path)/schedule.db"
            }
            try python.run("setup()\nadd('tick', 1)\nadd('pace', 1)\nadd('rare', 3600)\nprint(1)")
            beat = try python.start("app.Beat(scheduler='\(scheduler)', max_interval=1, loglevel='INFO').run()")
            guard try eventually(within: 40, { try sent("tick") > 0 }) else { throw Program.Missing(description: "beat does not run: \(beat.complained)") }
        }

        deinit { beat.end() }

        private func cli(_ arguments: String...) throws -> String { try Program(["redis-cli", "-s", server.socket] + arguments).finish().text }

        /// Messages in the queue that call `task`.
        func messages(_ task: String) throws -> [Value] {
            try cli("LRANGE", "celery", "0", "-1").split(separator: "\n").compactMap { try? JSON.decode(String($0)) }.filter { $0["headers"]?["task"]?.string == "shop." + task }
        }

        func sent(_ task: String) throws -> Int { try messages(task).count }
        func forget() throws { _ = try cli("DEL", "celery") }

        /// After beat has had its time to see an edit: `pace` runs three times more, and `task` not once.
        func staysSilent(_ task: String) throws -> Bool {
            try eventually(within: 20) {
                try forget()
                return try eventually(within: 6) { try sent("pace") >= 3 } && sent(task) == 0
            }
        }
    }

    private func dashboard(_ beat: Beat) throws -> OperatedDashboard {
        let dashboard = try OperatedDashboard("redis://127.0.0.1:\(beat.server.port)/0", ["-S", beat.store])
        try #require(dashboard.waits(for: "live", within: .seconds(20)), "\(dashboard.screen)")
        dashboard.press("5")
        try #require(dashboard.waits(within: .seconds(20)) { $0.text.contains("Beat 3") && $0.text.contains("shop.tick") }, "\(dashboard.screen)")
        return dashboard
    }

    private func select(_ name: String, in dashboard: OperatedDashboard) throws {
        dashboard.press(Typed.escape)
        dashboard.press("/name:\(name)\(Typed.enter)")
        try #require(dashboard.waits { screen in screen.text.contains("Beat 1 of") && screen.lines.contains { $0.contains("▶") && $0.contains(name) } }, "\(dashboard.screen)")
    }

    @Test(arguments: Beat.Kind.allCases) func whatKeysDoToTheScheduleBeatFollows(_ kind: Beat.Kind) async throws {
        let beat = try await Beat(kind)
        let dashboard = try dashboard(beat)
        defer { dashboard.quit() }

        // Suspended, and resumed by the same key.
        try select("tick", in: dashboard)
        try dashboard.open("s", shows: "Suspend 1 entry")
        try dashboard.agree(to: "Suspend 1 entry")
        try #require(dashboard.waits(for: "suspended tick"), "\(dashboard.screen)")
        #expect(dashboard.waits { $0.lines.contains { $0.contains("tick") && $0.contains(" off ") } }, "\(dashboard.screen)")
        #expect(try beat.staysSilent("tick"))
        try dashboard.open("s", shows: "Resume 1 entry")
        try dashboard.agree(to: "Resume 1 entry")
        try #require(dashboard.waits(for: "resumed tick"), "\(dashboard.screen)")
        #expect(try eventually { try beat.sent("tick") > 0 })

        // Suspended again, and that taken back.
        try dashboard.open("s", shows: "Suspend 1 entry")
        try dashboard.agree(to: "Suspend 1 entry")
        try #require(dashboard.waits(for: "suspended tick"))
        try dashboard.open("u", shows: "Take back: suspended tick")
        try dashboard.agree(to: "Take back: suspended tick")
        try #require(dashboard.waits(for: "taken back for tick"), "\(dashboard.screen)")
        try beat.forget()
        #expect(try eventually { try beat.sent("tick") > 0 })
        // RedBeat writes each run down at once: then it is known who has taken what up.
        if kind == .redbeat {
            #expect(dashboard.waits(for: "taken back for tick; taken up by beat at"), "\(dashboard.screen)")
            dashboard.press("8")
            #expect(dashboard.waits { $0.text.contains("suspended tick") && !$0.text.contains("suspended tick;") }, "the edit that was taken back: \(dashboard.screen)")
            dashboard.press("5")
        }

        // Sent now, once, as beat sends it.
        try select("rare", in: dashboard)
        let before = try beat.sent("rare")
        try dashboard.open("T", shows: "Send the task of 1 entry now")
        try dashboard.agree(to: "Send the task of 1 entry now")
        try #require(dashboard.waits(for: "for rare"), "\(dashboard.screen)")
        let sent = try beat.messages("rare")
        #expect(sent.count == before + 1 && sent.contains { $0["headers"]?["periodic_task_name"] == "rare" && $0["headers"]?["argsrepr"] == "[1]" })

        // Removed.
        try select("tick", in: dashboard)
        try dashboard.open("x", shows: "Remove 1 entry")
        try dashboard.agree(to: "Remove 1 entry")
        try #require(dashboard.waits(for: "removed tick"), "\(dashboard.screen)")
        #expect(try beat.staysSilent("tick"))
        dashboard.press(Typed.escape)
        #expect(dashboard.waits { $0.text.contains("Beat 2") && !$0.text.contains("shop.tick") }, "\(dashboard.screen)")
        // All of it stands in the log, with the command that does the same.
        dashboard.press("8")
        #expect(dashboard.waits { $0.text.contains("suspend tick") && $0.text.contains("remove tick") && $0.text.contains("trigger rare") }, "\(dashboard.screen)")
        // The newest is on top, wherever the cursor was.
        dashboard.press("g" + Typed.enter)
        #expect(dashboard.waits(for: "schedule remove tick"), "\(dashboard.screen)")
    }

    @Test(arguments: Beat.Kind.allCases) func entriesAddedAndEditedInTheFormBeatFollows(_ kind: Beat.Kind) async throws {
        let beat = try await Beat(kind)
        let dashboard = try dashboard(beat)
        defer { dashboard.quit() }

        try dashboard.open("a", shows: "New entry")
        try #require(dashboard.insist("f") { $0.lines.contains { $0.contains("Name") && $0.contains("f_") } }, "\(dashboard.screen)")
        dashboard.press("resh" + Typed.tab + "shop.fresh" + Typed.tab + Typed.tab + Typed.backspace + Typed.backspace + "1s" + Typed.control("s"))
        try #require(dashboard.waits(for: "Add fresh"), "\(dashboard.screen)")
        try dashboard.agree(to: "Add fresh")
        try #require(dashboard.waits(for: "added fresh"), "\(dashboard.screen)")
        #expect(try eventually(within: 30) { try beat.sent("fresh") > 0 })

        try select("fresh", in: dashboard)
        try dashboard.open("e", shows: "Entry fresh")
        try #require(dashboard.insist(Typed.tab) { $0.lines.contains { $0.contains("▶ Task") } }, "\(dashboard.screen)")
        dashboard.press("er" + Typed.control("s"))
        try #require(dashboard.waits(for: "Task: shop.fresh → shop.fresher"), "\(dashboard.screen)")
        try dashboard.agree(to: "Save fresh")
        try #require(dashboard.waits(for: "edited fresh"), "\(dashboard.screen)")
        #expect(try eventually(within: 30) { try beat.sent("fresher") > 0 })
        #expect(try beat.staysSilent("fresh"))
    }

    @Test(arguments: Beat.Kind.allCases) func whatPythonChangesShowsWithinTwoSeconds(_ kind: Beat.Kind) async throws {
        let beat = try await Beat(kind)
        let dashboard = try dashboard(beat)
        defer { dashboard.quit() }
        for task in ["first", "second"] {
            // Python tells when it has written, by a file: its start takes longer than the rest.
            let mark = beat.python.folder.appendingPathComponent(task)
            let writer = try beat.python.start("change('rare', 'other.\(task)')\nopen('\(mark.path)', 'w').close()")
            try #require(eventually { FileManager.default.fileExists(atPath: mark.path) }, "\(writer.complained)")
            #expect(dashboard.waits(for: "other.\(task)", within: .seconds(2)), "\(dashboard.screen)")
        }
        try beat.python.run("add('new one', 3600)\nprint(1)")
        #expect(dashboard.waits(for: "shop.new one", within: .seconds(2)), "\(dashboard.screen)")
    }

    @Test func pausingTheWholeBeatStopsEverythingAndUResumesIt() async throws {
        let beat = try await Beat(.redbeat)
        let dashboard = try dashboard(beat)
        defer { dashboard.quit() }
        try dashboard.open("B", shows: "Pause the whole beat: suspend 3 entries")
        try dashboard.agree(to: "Pause the whole beat", typing: "default")
        try #require(dashboard.waits(for: "suspended 3 entries"), "\(dashboard.screen)")
        #expect(dashboard.waits(for: "all suspended"))
        try beat.forget()
        // Nothing tells that nothing comes: three seconds are three runs of each.
        try await Task.sleep(for: .seconds(3))
        #expect(try beat.sent("tick") + beat.sent("pace") == 0)
        try dashboard.open("u", shows: "Take back: suspended 3 entries")
        try dashboard.agree(to: "Take back: suspended 3 entries", typing: "3")
        try #require(dashboard.waits(for: "taken back for 3 entries"), "\(dashboard.screen)")
        #expect(try eventually { try beat.sent("tick") > 0 && beat.sent("pace") > 0 })
    }

    @Test func aReadOnlyDashboardChangesNoEntry() async throws {
        let beat = try await Beat(.redbeat)
        let dashboard = try OperatedDashboard("redis://127.0.0.1:\(beat.server.port)/0", ["-S", beat.store, "--read-only"])
        defer { dashboard.quit() }
        dashboard.press("5")
        try #require(dashboard.waits(for: "shop.tick", within: .seconds(20)), "\(dashboard.screen)")
        for key in ["s", "x", "T", "S", "B"] {
            dashboard.press(key)
            #expect(dashboard.waits(for: "read-only: nothing can be changed"), "\(key): \(dashboard.screen)")
        }
        try beat.forget()
        #expect(try eventually { try beat.sent("tick") > 0 })
    }
}
