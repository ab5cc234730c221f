import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

/// `celeriac schedule …` over real stores, without a broker.
@Suite(.timeLimit(.minutes(3)), .enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)))
struct ScheduleVerbTests {
    static let fields = ["name", "task", "kind", "schedule", "args", "kwargs", "options", "enabled", "last_run", "next_run", "total_runs", "last_state", "last_runtime"]

    /// A store of each kind, empty, and what keeps it alive.
    final class Place: Sendable {
        let url: String
        let server: RedisServer?
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("verbs-\(UUID().uuidString.prefix(8))")

        init(_ kind: String) async throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            server = kind == "redbeat" ? try await RedisServer.start() : nil
            url = switch kind {
            case "redbeat": "redbeat+redis://127.0.0.1:\(server?.port ?? 0)/0"
            case "sqlite": "sqlite:///\(folder.path)/beat.db"
            default: "file:\(folder.path)/schedule.toml"
            }
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func schedule(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Finished {
            try Celeriac.start(["schedule"] + arguments + ["-S", url], environment: environment).finish()
        }

        func row(_ name: String) throws -> Value {
            let finished = try schedule("show", name, "--json")
            guard finished.status == 0 else { throw Program.Missing(description: "\(finished)") }
            return try finished.json()
        }
    }

    static let kinds = ["redbeat", "sqlite", "file"]

    // MARK: - Looking and editing

    @Test(arguments: kinds) func anEntryIsAddedListedEditedAndRemoved(kind: String) async throws {
        let place = try await Place(kind)
        let added = try place.schedule(
            "add", "nightly", "--task", "shop.nightly", "--crontab", "30 2 * * mon-fri", "-a", "[\"eu\", 7]", "-k", "{\"deep\": {\"k\": null}}", "--queue", "reports", "--priority", "3",
            "--expires", "1h", "--options", "{\"headers\": {\"x\": 1}}")
        #expect(added.status == 0 && added.controls.isEmpty, "\(added)")
        #expect(added.text.contains("  Crontab: 30 2 * * mon-fri"), "\(added.text)")
        #expect(try place.schedule("add", "every", "--task", "t", "--every", "1h30m", "--disabled").status == 0)
        let listed = try place.schedule("list", "--json")
        #expect(listed.status == 0, "\(listed)")
        let rows = try #require(try listed.json().array)
        #expect(rows.map { $0["name"] } == ["every", "nightly"])
        for row in rows { #expect(row.names == Self.fields) }
        let row = rows[1]
        #expect(row["task"] == "shop.nightly" && row["kind"] == "crontab" && row["schedule"] == "every weekday at 02:30 UTC" && row["enabled"] == true)
        #expect(row["args"] == ["eu", 7] && row["kwargs"] == ["deep": ["k": nil]] && row["total_runs"] == 0 && row["last_state"] == .some(.null))
        #expect(row["options"]?.object.map { Set($0.keys) } == ["queue", "priority", "expires", "headers"] && row["options"]?["expires"] == 3600)
        let next = try #require(row["next_run"]?.double)
        #expect(next > Date().timeIntervalSince1970 && next.truncatingRemainder(dividingBy: 86_400) == 9000, "\(next)")
        #expect(rows[0]["kind"] == "interval" && rows[0]["schedule"] == "every 90 min" && rows[0]["enabled"] == false && rows[0]["next_run"] == .some(.null))
        let table = try place.schedule("list")
        #expect(table.text.contains("every weekday at 02:30 UTC") && table.text.contains("every 90 min"), "\(table.text)")
        #expect(try place.row("nightly")["crontab"] == "30 2 * * mon-fri")

        let edited = try place.schedule("edit", "nightly", "--crontab", "0 4 * * *", "-Q", "other")
        #expect(edited.status == 0 && edited.text.contains("  Crontab: 30 2 * * mon-fri → 0 4 * * *") && edited.text.contains("  Queue: reports → other"), "\(edited.text) \(edited)")
        #expect(try place.row("nightly")["options"]?["headers"] == ["x": 1], "what was not named stays")
        #expect(try place.schedule("edit", "nightly", "--rename", "daily").status == 0)
        #expect(try place.schedule("enable", "every").status == 0)
        #expect(try place.row("every")["enabled"] == true)
        #expect(try place.schedule("disable", "every").status == 0)
        #expect(try place.row("every")["enabled"] == false)

        let asking = try place.schedule("remove", "daily")
        #expect(asking.status == 2 && asking.complaint.contains("--yes"), "\(asking)")
        #expect(try place.schedule("remove", "daily", "--yes").status == 0)
        #expect(try place.schedule("list", "--json").json().array?.map { $0["name"] } == ["every"])
    }

    @Test func everyKindCanBeAddedWhereTheStoreHoldsIt() async throws {
        let place = try await Place("sqlite")
        for (name, options, field, text) in [
            ("a", ["--solar", "sunset", "--at", "-33.9,151.2"], "at", "-33.9, 151.2"), ("b", ["--clocked", "2030-01-31T12:00+01:00"], "clocked", "2030-01-31T11:00:00+00:00"),
            ("c", ["--rrule", "FREQ=WEEKLY;BYDAY=MO;DTSTART=2026-01-05T09:00+01:00"], "rrule", "FREQ=WEEKLY;BYDAY=MO;DTSTART=2026-01-05T09:00:00+01:00"),
            ("d", ["--every", "90", "--relative", "--one-off", "--start", "1900000000", "--end", "2031-01-01", "--note", "why", "--timezone", "Europe/Berlin"], "every", "1m30s"),
        ] {
            let added = try Celeriac.start(["schedule", "add", name, "--task", "t", "-S", place.url] + options).finish()
            #expect(added.status == 0, "\(added)")
            #expect(try place.row(name)[field]?.string == text, "\(name)")
        }
        let whole = try place.row("d")
        #expect(whole["relative"] == true && whole["one_off"] == true && whole["start"] == 1_900_000_000 && whole["note"] == "why" && whole["timezone"] == "Europe/Berlin")
    }

    @Test func theEditorGetsADocumentAndItsChangesAreSaved() async throws {
        let place = try await Place("file")
        #expect(try place.schedule("add", "it's", "--task", "t", "--every", "5m", "-a", "[\"a'b\"]", "--note", "x").status == 0)
        let edited = try place.schedule("edit", "it's", environment: ["EDITOR": "sed -i -e s/^every.*/every=600/ -e s/^enabled.*/enabled=false/", "VISUAL": ""])
        #expect(edited.status == 0 && edited.text.contains("Every: 5m → 10m") && edited.text.contains("Enabled: yes → no"), "\(edited.text) \(edited)")
        #expect(try place.row("it's")["args"] == ["a'b"])
        let same = try place.schedule("edit", "it's", environment: ["EDITOR": "true", "VISUAL": ""])
        #expect(same.status == 0 && same.complaint.contains("nothing was changed"), "\(same)")
        let wrong = try place.schedule("edit", "it's", environment: ["EDITOR": "sed -i -e s/^every.*/every=\\'soon\\'/", "VISUAL": ""])
        #expect(wrong.status == 2 && wrong.complaint.contains(".toml:") && wrong.complaint.contains("every: a time above 0"), "\(wrong)")
        let unknown = try place.schedule("edit", "it's", environment: ["EDITOR": "sed -i -e s/^every/evry/", "VISUAL": ""])
        #expect(unknown.status == 2 && unknown.complaint.contains("did you mean every?"), "\(unknown)")
        let failed = try place.schedule("edit", "it's", environment: ["EDITOR": "false", "VISUAL": ""])
        #expect(failed.status == 1, "\(failed)")
        #expect(try place.row("it's")["every"] == "10m")
    }

    @Test(arguments: kinds) func anEditOverSomebodyElsesIsRefusedWithTheDifference(kind: String) async throws {
        let place = try await Place(kind)
        #expect(try place.schedule("add", "a", "--task", "t", "--every", "5m").status == 0)
        let meanwhile = "env -u EDITOR \(Celeriac.path) schedule edit a --every 7m -S \(place.url) >/dev/null && sed -i s/^every.*/every=600/"
        let refused = try place.schedule("edit", "a", environment: ["EDITOR": meanwhile, "VISUAL": ""])
        #expect(refused.status == 1, "\(refused)")
        #expect(refused.complaint.contains("theirs  Every: 5m → 7m") && refused.complaint.contains("yours   Every: 5m → 10m"), "\(refused.complaint)")
        #expect(try place.row("a")["every"] == "7m")
        let taken = try place.schedule("add", "a", "--task", "other", "--every", "1m")
        #expect(taken.status == 1 && taken.complaint.contains("there is an entry a already") && taken.complaint.contains("theirs  Every: 7m"), "\(taken)")
    }

    @Test(arguments: kinds) func rehearsalsChangeNothing(kind: String) async throws {
        let place = try await Place(kind)
        #expect(try place.schedule("add", "a", "--task", "t", "--every", "5m").status == 0)
        let before = try place.row("a")
        for arguments in [["add", "b", "--task", "t", "--every", "1m"], ["edit", "a", "--every", "9m"], ["remove", "a"], ["disable", "a"]] {
            let finished = try Celeriac.start(["schedule"] + arguments + ["--dry-run", "-S", place.url]).finish()
            #expect(finished.status == 0 && finished.text.contains("would be"), "\(arguments): \(finished.text) \(finished)")
        }
        let after = try place.schedule("list", "--json").json().array
        #expect(after?.count == 1 && after?.first?["schedule"] == before["schedule"] && after?.first?["enabled"] == true)
    }

    // MARK: - Exit codes

    @Test func wrongUsageIs2AndNamesTheField() async throws {
        let place = try await Place("redbeat")
        for (arguments, words) in [
            (["add", "a", "--task", "t", "--every", "0"], "--every: "), (["add", "a", "--every", "5"], "--task: "), (["add", "a", "--task", "t"], "--crontab"),
            (["add", "a", "--task", "t", "--every", "5", "-a", "{}"], "--args: a list"), (["add", "a", "--task", "t", "--every", "5", "-k", "["], "--kwargs: "),
            (["add", "a", "--task", "t", "--every", "5", "--priority", "999"], "--priority: "), (["add", "a", "--task", "t", "--crontab", "60 * * * *"], "--crontab: minute: 60"),
            (["add", "a", "--task", "t", "--every", "5", "--crontab", "* * * * *"], "give one of"), (["add", "a", "--task", "t", "--solar", "sunset"], "--at: "),
            (["add", "a", "--task", "t", "--clocked", "2030-01-01"], "this store cannot hold clocked schedules"),
            (["add", "a", "--task", "t", "--every", "5", "--timezone", "Europe/Berlin"], "--timezone: this store cannot hold time zones"),
            (["add", "a", "--task", "t", "--every", "5", "--note", "n"], "--note: this store cannot hold notes"), (["edit", "a"], "no entry a"), (["remove"], "<names>"),
        ] {
            let finished = try Celeriac.start(["schedule"] + arguments + ["-S", place.url], environment: ["EDITOR": "", "VISUAL": ""]).finish()
            #expect(finished.status == (arguments == ["edit", "a"] ? 1 : 2), "\(arguments): \(finished)")
            #expect(finished.complaint.contains(words), "\(arguments): \(finished.complaint)")
        }
        #expect(try place.schedule("list", "--json").json() == [])
        #expect(try Celeriac.run("schedule", "list").status == 2, "no store is named")
        #expect(try Celeriac.run("schedule", "list", "-S", "redbeet+redis://127.0.0.1/0").complaint.contains("did you mean redbeat+redis"))
        let reading = try place.schedule("add", "a", "--task", "t", "--every", "5", "--read-only")
        #expect(reading.status == 2 && reading.complaint.contains("read-only"), "\(reading)")
    }

    @Test func aStoreThatIsNotThereIs69() throws {
        let port = try freePort()
        for arguments in [["list"], ["show", "a"], ["add", "a", "--task", "t", "--every", "5"], ["remove", "a", "--yes"], ["next", "a"]] {
            let finished = try Celeriac.start(["-S", "redbeat+redis://:secret@127.0.0.1:\(port)/0", "schedule"] + arguments).finish()
            #expect(finished.status == 69 && finished.output.isEmpty && !finished.complaint.contains("secret"), "\(arguments): \(finished)")
        }
    }

    @Test func aMisspeltNameGetsTheNearestOne() async throws {
        let place = try await Place("file")
        #expect(try place.schedule("add", "nightly-report", "--task", "t", "--every", "5m").status == 0)
        for arguments in [["show"], ["edit", "--every", "1"], ["remove", "--yes"], ["enable"], ["skip"], ["next"]] {
            let finished = try Celeriac.start(["schedule", arguments[0], "nightly-reprot"] + arguments.dropFirst() + ["-S", place.url]).finish()
            #expect(finished.status == 1 && finished.complaint.contains("did you mean nightly-report?"), "\(arguments): \(finished)")
        }
    }

    @Test func severalAreAskedAbout() async throws {
        let place = try await Place("file")
        for name in ["a", "b"] { #expect(try place.schedule("add", name, "--task", "t", "--every", "5m").status == 0) }
        #expect(try place.schedule("disable", "a", "b").status == 2)
        #expect(try place.row("a")["enabled"] == true)
        #expect(try place.schedule("disable", "a", "b", "--yes").status == 0)
        #expect(try place.row("a")["enabled"] == false && place.row("b")["enabled"] == false)
    }

    @Test func brokenEntriesAreListedWithTheirReason() async throws {
        let place = try await Place("redbeat"), server = try #require(place.server)
        #expect(try place.schedule("add", "good", "--task", "t", "--every", "5m").status == 0)
        for (name, definition) in [("json", "{"), ("kind", "{\"task\": \"t\", \"schedule\": {\"__type__\": \"lunar\"}}"), ("task\u{1B}[2J", "{\"schedule\": {\"__type__\": \"interval\", \"every\": 1, \"relative\": false}}")] {
            _ = try await server.cli("HSET", "redbeat:" + name, "definition", definition)
            _ = try await server.cli("ZADD", "redbeat::schedule", "1", "redbeat:" + name)
        }
        let rows = try #require(try place.schedule("list", "--json").json().array)
        #expect(rows.count == 4 && rows.filter { $0["problem"] != nil }.allSatisfy { $0["kind"] == .some(.null) && $0["next_run"] == .some(.null) })
        #expect(rows.first { $0["name"] == "kind" }?["problem"]?.string?.contains("lunar") == true)
        let table = try place.schedule("list")
        #expect(table.status == 0 && table.controls.isEmpty && table.text.contains("broken: the definition is no JSON"), "\(table.text)")
        #expect(try place.schedule("disable", "kind").status == 1)
        #expect(try place.schedule("edit", "kind", "--every", "5m").status == 0)
        #expect(try place.row("kind")["problem"] == nil)
    }

    @Test func infoNamesTheStoreMasked() throws {
        let finished = try Celeriac.run("-S", "redbeat+redis://:secret@cache:6379/0", "info", "--json")
        #expect(!finished.text.contains("secret"))
        #expect(try finished.json()["scheduler"] == "redbeat+redis://:***@cache:6379/0")
    }

    // MARK: - Running and skipping

    @Test func runSendsTheTaskAsBeatWould() async throws {
        let place = try await Place("redbeat"), server = try #require(place.server)
        #expect(try place.schedule("add", "a", "--task", "shop.add", "--every", "1h", "-a", "[1, 2]", "-k", "{\"x\": 3}", "-Q", "mail", "--priority", "0", "--options", "{\"headers\": {\"y\": 4}}").status == 0)
        let before = try place.row("a")
        #expect(try place.schedule("run", "a").status == 2, "a broker is needed here")
        let sent = try place.schedule("run", "a", "-b", "redis://127.0.0.1:\(server.port)/0")
        #expect(sent.status == 0, "\(sent)")
        let message = try JSON.decode(try await server.cli("LINDEX", "mail", "0"))
        let headers = try #require(message["headers"])
        #expect(headers["task"] == "shop.add" && headers["celery_beat_task"] == true && headers["periodic_task_name"] == "a" && headers["y"] == 4)
        #expect(headers["id"]?.string == sent.text.split(separator: "\n").first.map(String.init))
        let body = try JSON.decode(String(decoding: try #require(Data(base64Encoded: message["body"]?.string ?? "")), as: UTF8.self))
        #expect(body.array?.prefix(2) == [[1, 2], ["x": 3]])
        #expect(try place.row("a")["last_run"] == before["last_run"], "its schedule goes on as before")
    }

    @Test(arguments: kinds) func oneRunIsSkippedAndOnlyThat(kind: String) async throws {
        let place = try await Place(kind)
        #expect(try place.schedule("add", "a", "--task", "t", "--crontab", "17 3 * * *").status == 0)
        let next = try #require(try place.row("a")["next_run"]?.double)
        let skipped = try place.schedule("skip", "a", "--json")
        #expect(skipped.status == 0, "\(skipped)")
        #expect(try skipped.json()["skipped"]?.double == next && skipped.json()["next_run"]?.double == next + 86_400)
        #expect(try place.row("a")["next_run"]?.double == next + 86_400)
        #expect(try place.schedule("disable", "a").status == 0)
        #expect(try place.schedule("skip", "a").complaint.contains("disabled"))
    }

    @Test func whatCannotBeSkippedSaysWhy() async throws {
        let place = try await Place("sqlite")
        for (name, options, words) in [
            ("a", ["--every", "5m"], "has never run"), ("b", ["--clocked", "2035-01-01"], "no run would follow"), ("c", ["--clocked", "2001-01-01"], "due now"),
            ("d", ["--crontab", "0 0 1 1 *", "--end", "2001-01-01"], "no run is to come"),
        ] {
            #expect(try Celeriac.start(["schedule", "add", name, "--task", "t", "-S", place.url] + options).finish().status == 0)
            let refused = try place.schedule("skip", name)
            #expect(refused.status == 1 && refused.complaint.contains(words), "\(refused)")
        }
    }

    /// The judge of what a skip is: RedBeat itself.
    @Test(.enabled(if: PythonSchedules.isThere, Comment(rawValue: PythonSchedules.missing))) func pythonsBeatWaitsForTheRunAfterASkippedOne() async throws {
        let place = try await Place("redbeat"), server = try #require(place.server)
        let url = "redis://127.0.0.1:\(server.port)/0"
        let python = try PythonSchedules(
            """
            from celery import Celery
            from redbeat import RedBeatSchedulerEntry as Entry
            app = Celery("shop", broker="\(url)")
            app.conf.update(redbeat_redis_url="\(url)")
            """)
        for (name, when) in [("interval", ["--every", "2h"]), ("crontab", ["--crontab", "17 3 * * *"])] {
            #expect(try Celeriac.start(["schedule", "add", name, "--task", "t", "-S", place.url] + when).finish().status == 0)
            let skipped = try place.schedule("skip", name, "--json")
            #expect(skipped.status == 0, "\(skipped)")
            let due = try python.run("print(json.dumps([*Entry.from_key('redbeat:\(name)', app=app).is_due(), time.time()]))").array ?? []
            #expect(due.first == false, "\(name): \(due)")
            let wait = try #require(due.count == 3 ? due[1].double : nil), now = try #require(due[2].double), next = try #require(try skipped.json()["next_run"]?.double)
            #expect(abs(now + wait - next) < 2, "\(name): Python waits until \(now + wait), we said \(next)")
        }
    }

    /// The same of django-celery-beat, in the tables that it made.
    @Test(.enabled(if: PythonSchedules.isThere, Comment(rawValue: PythonSchedules.missing))) func djangosBeatFollowsWhatTheVerbsDo() throws {
        let python = try PythonSchedules(
            """
            import django
            from django.conf import settings
            settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "FOLDER/db.sqlite3", "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}}, USE_TZ=True,
                INSTALLED_APPS=["django_celery_beat"], DEFAULT_AUTO_FIELD="django.db.models.AutoField", CELERY_TIMEZONE="UTC", TIME_ZONE="UTC")
            django.setup()
            from celery import Celery
            from django.core.management import call_command
            from django_celery_beat.models import PeriodicTask
            from django_celery_beat.schedulers import ModelEntry
            app = Celery("shop", broker="memory://")
            """)
        try python.run("call_command('migrate', verbosity=0)")
        let store = "django+sqlite:///\(python.folder.path)/db.sqlite3"
        func schedule(_ arguments: String...) throws -> Program.Finished { try Celeriac.start(["schedule"] + arguments + ["-S", store]).finish() }
        let added = try schedule("add", "a", "--task", "shop.add", "--crontab", "17 3 * * *", "--timezone", "Europe/Berlin", "-a", "[1]", "-Q", "mail", "--note", "why")
        #expect(added.status == 0, "\(added)")
        let made = try python.run("m = PeriodicTask.objects.get(name='a'); print(json.dumps([m.task, m.args, m.queue, m.description, str(m.crontab.timezone), m.crontab.hour]))")
        #expect(made == ["shop.add", "[1]", "mail", "why", "Europe/Berlin", "3"])
        #expect(try schedule("edit", "a", "--crontab", "17 4 * * *", "--expires", "5m").status == 0)
        #expect(try python.run("m = PeriodicTask.objects.get(name='a'); print(json.dumps([m.expire_seconds, m.crontab.hour]))") == [300, "4"])
        let refused = try schedule("edit", "a", "--options", "{\"retry\": true}")
        #expect(refused.status == 2 && refused.complaint.contains("--options: this store cannot hold the option retry"), "\(refused)")
        let skipped = try schedule("skip", "a", "--json")
        #expect(skipped.status == 0, "\(skipped)")
        let due = try python.run("print(json.dumps([*ModelEntry(PeriodicTask.objects.get(name='a'), app=app).is_due(), time.time()]))").array ?? []
        let wait = try #require(due.count == 3 ? due[1].double : nil), now = try #require(due[2].double), next = try #require(try skipped.json()["next_run"]?.double)
        #expect(due.first == false && abs(now + wait - next) < 2, "Python waits until \(now + wait), we said \(next)")
    }
}
