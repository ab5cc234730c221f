import CeleriacBroker
import CeleriacCore
import Foundation
import TestSupport

/// Python with celery-redbeat, django-celery-beat and sqlalchemy-celery-beat, and a folder for one test.
final class PythonSchedules: Sendable {
    private static let python = ProcessInfo.processInfo.environment["CELERIAC_PYTHON"]
    static let isThere = RedisServer.isRequired || hasPackages
    static let missing = "CELERIAC_PYTHON names no Python with celery-redbeat, django-celery-beat and sqlalchemy-celery-beat: Tests/run interop brings it along"
    private static let hasPackages: Bool = {
        guard let python else { return false }
        let finished = try? Program([python, "-c", "import redbeat, django_celery_beat, sqlalchemy_celery_beat"]).finish()
        return finished?.status == 0
    }()

    let folder: URL
    private let preface: String

    /// - Parameter preface: what each program begins with; `FOLDER` stands for the folder.
    init(_ preface: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("beat-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.preface = "import json, sys, time, datetime\n" + preface.replacingOccurrences(of: "FOLDER", with: folder.path) + "\n"
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func start(_ code: String) throws -> Program { try Program([Self.python ?? "python3", "-W", "ignore", "-c", preface + code], in: folder) }

    /// Runs `code`; the last line that it prints, as JSON.
    @discardableResult
    func run(_ code: String) throws -> Value {
        let finished = try start(code).finish()
        guard finished.status == 0 else { throw Program.Missing(description: finished.text + finished.complaint) }
        guard let line = finished.text.split(separator: "\n").last else { return .null }
        return try JSON.decode(String(line))
    }
}

extension PythonSchedules {
    /// What each program can print of an entry.
    private static let show = """
        def show(e):
            return {"name": e.name, "task": e.task, "args": list(e.args or []), "kwargs": dict(e.kwargs or {}), "options": {k: str(v) for k, v in e.options.items()},
                "schedule": repr(e.schedule), "last": e.last_run_at and e.last_run_at.timestamp(), "runs": e.total_run_count}
        """

    static func redBeat(_ url: String) throws -> PythonSchedules {
        try PythonSchedules(
            """
            from celery import Celery
            from celery.schedules import schedule, crontab
            from redbeat import RedBeatSchedulerEntry as Entry, schedulers
            from redbeat.schedules import rrule
            app = Celery("shop", broker="\(url)")
            app.conf.update(redbeat_redis_url="\(url)", beat_max_loop_interval=1, task_ignore_result=True)
            \(show)
            """)
    }

    /// - Parameter time: `at`, in seconds since 1970.
    static func django(at time: Double) throws -> PythonSchedules {
        try PythonSchedules(
            """
            import django
            from django.conf import settings
            settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "FOLDER/db.sqlite3"}}, USE_TZ=True,
                INSTALLED_APPS=["django_celery_beat"], DEFAULT_AUTO_FIELD="django.db.models.AutoField", CELERY_TIMEZONE="UTC", TIME_ZONE="UTC")
            django.setup()
            from celery import Celery
            from django.core.management import call_command
            from django_celery_beat.models import PeriodicTask, IntervalSchedule
            from django_celery_beat.schedulers import DatabaseScheduler
            app = Celery("shop", broker="memory://")
            at = datetime.datetime.fromtimestamp(\(time), datetime.timezone.utc)
            def migrate(): call_command("migrate", verbosity=0)
            \(show)
            """)
    }

    /// - Parameter time: `at`, in seconds since 1970.
    static func sqlalchemy(at time: Double) throws -> PythonSchedules {
        try PythonSchedules(
            """
            from celery import Celery
            from sqlalchemy_celery_beat.models import PeriodicTask, IntervalSchedule
            from sqlalchemy_celery_beat.schedulers import DatabaseScheduler
            app = Celery("shop", broker="memory://")
            app.conf.update(beat_dburi="sqlite:///FOLDER/schedule.db")
            at = datetime.datetime.fromtimestamp(\(time), datetime.timezone.utc)
            \(show)
            """)
    }
}

extension ScheduleStore {
    /// Adds or edits; what is stored then.
    @discardableResult
    func put(_ entry: ScheduleEntry, over expected: StoredEntry? = nil) async throws -> StoredEntry {
        guard case .done(let stored) = try await save(entry, replacing: expected) else { throw Program.Missing(description: "\(entry.name): conflict") }
        return stored
    }
}
