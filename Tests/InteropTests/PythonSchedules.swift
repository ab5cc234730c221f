import CeleriacBroker
import CeleriacCore
import TestSupport

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
            settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "FOLDER/db.sqlite3", "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}}, USE_TZ=True,
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
