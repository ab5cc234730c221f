import CeleriacCore

/// The tables that django-celery-beat (2.9) or sqlalchemy-celery-beat (0.9) made, and all SQL on them.
struct BeatTables: Hashable, Sendable {
    /// The sorts of schedules, in the order in which a task that has several takes one. The raw value is Django's name for it.
    enum Sort: String, CaseIterable, Sendable {
        case interval, crontab, solar, clocked
        /// What sqlalchemy-celery-beat writes as the discriminator.
        var discriminator: String { rawValue + "schedule" }
    }

    enum Package: Hashable, Sendable { case django, sqlalchemy }

    let package: Package

    private var prefix: String { package == .django ? "django_celery_beat" : "celery" }
    private var task: String { prefix + "_periodictask" }
    private var changed: String { package == .django ? "django_celery_beat_periodictasks" : "celery_periodictaskchanged" }
    private var changedKey: String { package == .django ? "ident" : "id" }
    private func table(_ sort: Sort) -> String { "\(prefix)_\(sort.discriminator)" }

    // MARK: - Tasks

    /// Columns of the task that an edit writes, then those that beat does, then those of its schedule: the order of `BeatRow`.
    private static let columns =
        """
        t.id, t.name, t.task, t.args, t.kwargs, t.queue, t.exchange, t.routing_key, t.headers, t.priority, t.expires, t.expire_seconds, t.one_off, t.start_time,
        t.enabled, t.description, t.last_run_at, t.total_run_count, i.every, i.period, c.minute, c.hour, c.day_of_month, c.month_of_year, c.day_of_week,
        c.timezone, s.event, s.latitude, s.longitude, k.clocked_time
        """

    /// → `BeatRow`.
    var tasks: String {
        let joins = zip(Sort.allCases, ["i", "c", "s", "k"]).map { sort, alias in
            let condition =
                package == .django ? "\(alias).id = t.\(sort.rawValue)_id" : "t.discriminator = '\(sort.discriminator)' AND \(alias).id = t.schedule_id"
            return "LEFT JOIN \(table(sort)) \(alias) ON \(condition)"
        }
        return "SELECT \(Self.columns) FROM \(task) t " + joins.joined(separator: " ")
    }
    /// Name → `BeatRow`.
    var oneTask: String { tasks + " WHERE t.name = ?" }
    /// The columns' values in their order, which is that of `names`.
    func insert(_ names: [String]) -> String {
        "INSERT INTO \(task) (\(names.joined(separator: ", "))) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))"
    }
    /// The columns' values in their order, then the task's name.
    func update(_ names: [String]) -> String { "UPDATE \(task) SET \(names.map { $0 + " = ?" }.joined(separator: ", ")) WHERE name = ?" }
    /// Name.
    var delete: String { "DELETE FROM \(task) WHERE name = ?" }

    // MARK: - Schedules

    /// The columns' values → id.
    func schedule(_ sort: Sort, _ names: [String]) -> String {
        "SELECT id FROM \(table(sort)) WHERE \(names.map { $0 + " = ?" }.joined(separator: " AND ")) ORDER BY id LIMIT 1"
    }
    /// The columns' values → id.
    func insertSchedule(_ sort: Sort, _ names: [String]) -> String {
        "INSERT INTO \(table(sort)) (\(names.joined(separator: ", "))) VALUES (\(names.map { _ in "?" }.joined(separator: ", "))) RETURNING id"
    }

    /// The columns of a task that tell its schedule.
    func reference(_ sort: Sort, id: Int64) -> [(name: String, value: BeatColumn)] {
        switch package {
        case .django: Sort.allCases.map { ("\($0.rawValue)_id", $0 == sort ? .integer(Int(id)) : .null) }
        case .sqlalchemy: [("discriminator", .text(sort.discriminator)), ("schedule_id", .integer(Int(id)))]
        }
    }

    // MARK: - Changes

    /// → when anything was edited last, as text.
    var lastUpdate: String { "SELECT last_update FROM \(changed) WHERE \(changedKey) = 1" }
    /// Time as text.
    var raiseLastUpdate: String {
        "INSERT INTO \(changed) (\(changedKey), last_update) VALUES (1, ?) ON CONFLICT (\(changedKey)) DO UPDATE SET last_update = excluded.last_update"
    }
    /// → what is another after each change.
    var mark: String {
        "SELECT (\(lastUpdate)), count(*), max(id), sum(total_run_count), sum(enabled), max(date_changed), max(last_run_at) FROM \(task)"
    }

    /// → what is another after each edit.
    var editMark: String { "SELECT (\(lastUpdate)), count(*), max(id) FROM \(task)" }

    // MARK: - Times

    /// A naive UTC time: Django leaves out microseconds that are none, SQLAlchemy does not.
    func text(_ seconds: Double) -> String? {
        guard let text = SQLTime.text(seconds) else { return nil }
        return package == .django && text.hasSuffix(".000000") ? String(text.dropLast(7)) : text
    }
}

/// A value on its way into a column.
enum BeatColumn: Hashable, Sendable {
    case null
    case integer(Int)
    case number(Double)
    case text(String)
}
