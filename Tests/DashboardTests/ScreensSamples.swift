import CeleriacCore
import Foundation
import TestSupport

@testable import Dashboard

/// A small cluster at work, always the same: 2026-11-22 14:32:05 UTC.
enum Sample {
    static let now = 1_795_357_925.0

    /// The keymap that ships, read as the program reads it: tables of quoted commands with lists of keys.
    static let keymap: Keymap = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../themes/keys.toml")
        var tables: [String: [String: [String]]] = [:]
        var scope = ""
        for line in ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n") {
            if line.hasPrefix("[") { scope = String(line.dropFirst().prefix { $0 != "]" }) }
            guard line.hasPrefix("\""), let sign = line.range(of: " = ") else { continue }
            let name = line[..<sign.lowerBound].dropFirst().dropLast()
            let keys = (try? JSONDecoder().decode([String].self, from: Data(line[sign.upperBound...].utf8))) ?? []
            tables[scope, default: [:]][String(name)] = keys
        }
        return (try? Keymap(tables: tables)) ?? (try! Keymap([:]))
    }()

    static func task(_ index: Int) -> TaskRow {
        let states: [TaskState] = [.success, .started, .failure, .success, .received, .retry, .success, .revoked, .pending]
        let names = ["shop.charge", "mail.send", "reports.nightly", "shop.refund"]
        let state = states[index % states.count]
        var task = TaskRow(
            id: TaskID(String(format: "%08x-1111-4222-8333-%012x", 0x8a1f_0c22 &+ index &* 77_777, index)), name: names[index % names.count], state: state,
            worker: state == .pending ? nil : WorkerName(["celery@web-1", "celery@web-2", "celery@batch-1"][index % 3]), timestamp: now - Double(index))
        task.queue = index % 4 == 2 ? .inferred("reports") : .known(index % 4 == 1 ? "mail" : "default")
        task.args = "(\(index), 'order-\(1000 + index)')"
        task.kwargs = index % 3 == 0 ? "{'retry': True}" : "{}"
        task.sentAt = now - Double(index) - 1.5
        task.receivedAt = now - Double(index) - 1.48
        task.retries = state == .retry ? 2 : 0
        if state != .pending, state != .received, state != .revoked {
            task.startedAt = now - Double(index) - 1.4
            task.wait = 0.1
        }
        if state == .success { (task.succeededAt, task.runtime, task.result) = (now - Double(index), 1.4, "{'paid': 42}") }
        if state == .started { task.runtime = 1.4 + Double(index) }
        if state == .failure {
            (task.failedAt, task.runtime, task.exception) = (now - Double(index), 0.041, "ConnectionError('db down')")
            task.traceback = "Traceback (most recent call last):\n  File \"/srv/shop/tasks.py\", line 41, in charge\n    db.execute(sql)\nConnectionError: db down"
        }
        if state == .revoked { task.revokedAt = now - Double(index) }
        return task
    }

    static let tasks = (0..<120).map(task)

    static let queues: [QueueRow] = {
        var `default` = QueueRow(name: "default"), mail = QueueRow(name: "mail"), reports = QueueRow(name: "reports"), odd = QueueRow(name: "odd")
        (`default`.ready, `default`.unacked, `default`.eta, `default`.consumers) = (.known(12482), .known(64), .known(0), .known(8))
        (`default`.inRate, `default`.outRate, `default`.drain, `default`.oldestAge) = (.known(410), .known(395), .known(.infinity), .known(83))
        `default`.history = (0..<60).map { Double($0 * $0) }
        (mail.ready, mail.unacked, mail.eta, mail.consumers) = (.known(3), .known(2), .known(0), .known(2))
        (mail.inRate, mail.outRate, mail.drain, mail.oldestAge) = (.known(12), .known(12), .known(0), .atLeast(2))
        mail.history = (0..<60).map { Double($0 % 7) }
        (reports.ready, reports.unacked, reports.eta, reports.consumers) = (.noAnswer(last: 188, at: now - 42), .inferred(4), .known(31), .known(0))
        (reports.inRate, reports.outRate, reports.drain) = (.known(2), .known(5), .known(63))
        odd.problem = "WRONGTYPE: the key is a hash"
        return [`default`, mail, reports, odd]
    }()

    static let workers: [WorkerRow] = {
        func worker(_ name: String, _ state: WorkerState, age: Double?) -> WorkerRow {
            var worker = WorkerRow(name: WorkerName("celery@" + name), state: state)
            worker.heartbeatAge = age
            (worker.active, worker.reserved, worker.scheduled, worker.processed) = (.known(8), .known(4), .known(0), .known(1_234_567))
            (worker.pool, worker.concurrency, worker.memory) = (.known("prefork"), .known(8), .known(45_200_000))
            (worker.load, worker.queues, worker.version) = ([3.2, 2.9, 2.1], .known(["default", "mail"]), "py-celery 5.7.0")
            (worker.sendsTaskEvents, worker.pid, worker.drift) = (.known(true), 4711, 0.012)
            return worker
        }
        var batch1 = worker("batch-1", .late, age: 14), batch2 = worker("batch-2", .lost, age: 185), web2 = worker("web-2", .online, age: 2)
        (batch1.active, batch1.concurrency, batch1.processed, batch1.load) = (.known(1), .known(2), .known(4112), [0.1, 0.1, 0])
        batch2.heldTasks = 2
        (web2.active, web2.problem, web2.sendsTaskEvents) = (.known(6), "alive, 2 free slots, nothing taken for 40 s", .known(false))
        var new = WorkerRow(name: "celery@web-3", state: .online)
        new.heartbeatAge = 0.4
        return [batch1, batch2, worker("web-1", .online, age: 1), web2, new]
    }()

    static let timings: [TimingRow] = {
        func timing(_ name: String, _ count: Int, failed: Int, _ histogram: [Int]) -> TimingRow {
            var row = TimingRow(name: name)
            (row.count, row.ok, row.failed, row.rate) = (count, count - failed, failed, Double(count) / 900)
            (row.waitP50, row.waitP95, row.runP50, row.runP95, row.runP99, row.runMax) = (0.012, 0.08, 0.041, 0.12, 1.1, 4.0)
            row.histogram = histogram
            return row
        }
        return [
            timing("shop.charge", 73800, failed: 664, [1, 20, 400, 900, 700, 60, 9, 0]), timing("mail.send", 9000, failed: 0, [0, 0, 90, 10, 0, 0, 0, 0]),
            timing("reports.nightly", 12, failed: 2, [0, 0, 0, 0, 0, 1, 5, 6]),
        ]
    }()

    static let failures = [
        failure("ConnectionError", "shop.charge", 41, of: 1_204, first: 7_300, last: 3) { Double($0 * $0 % 11) },
        failure("SoftTimeLimitExceeded", "reports.nightly", 2, of: 9, first: 86_000, last: 340) { $0 == 9 ? 2 : 0 },
    ]

    /// The same, and a group that has been quiet.
    static let errors = failures + [failure("KeyError", "mail.send", 0, of: 1, first: 4_000, last: 4_000) { _ in 0 }]

    private static func failure(_ exception: String, _ task: String, _ count: Int, of total: Int, first: Double, last: Double, _ history: (Int) -> Double) -> FailureRow {
        var row = FailureRow(exception: exception, task: task, count: count, newestAt: now - last)
        (row.total, row.firstAt, row.history) = (total, now - first, (0..<15).map(history))
        return row
    }

    static var header: HeaderFacts {
        var header = HeaderFacts()
        (header.link, header.eventsPerSecond, header.lag) = (.live, 2314, 0.012)
        (header.workersAlive, header.workersKnown, header.workersWithoutEvents, header.heardAt) = (4, 5, 1, now)
        return header
    }

    /// Answers a request as the cluster's state does: the anchor moved, then the window cut around it.
    static func picture(_ request: PictureRequest, tasks: [TaskRow] = tasks, queues: [QueueRow] = queues, workers: [WorkerRow] = workers, header: HeaderFacts = header, schedule: BeatTable = schedule, beatFacts: BeatFacts = beatFacts, now: Double = now) -> Picture {
        var picture = Picture(now: now, header: header)
        picture.tasks = request.tasks.map { page(tasks, $0) { $0.id.rawValue } }
        picture.queues = request.queues.map { page(queues, $0) { $0.name.rawValue } }
        picture.workers = request.workers.map { page(workers, $0) { $0.name.rawValue } }
        picture.workflows = request.workflows.map { page(workflows.map(\.row), $0) { $0.id.rawValue } }
        picture.workflow = request.workflow.flatMap { id in workflows.first { detail in detail.row.id == id || detail.nodes.contains { $0.task?.id == id } } ?? alone(id, tasks) }
        var table = schedule
        if beatFacts.hasStore {
            picture.beat = request.beat.map { table.page($0, now: now) }
            picture.entry = request.entry.flatMap { detail($0, table, now: now) }
        }
        picture.beatFacts = beatFacts
        picture.timings = request.timings.map { Array(timings.prefix($0)) }
        picture.failures = request.failures.map { Array(failures.prefix($0)) }
        picture.errors = request.errors.map { page(errors, $0) { $0.id } }
        if let id = request.detail, let task = tasks.first(where: { $0.id == id }) {
            let attempts = [
                TaskAttempt(worker: "celery@web-2", receivedAt: now - 70, startedAt: now - 69.9, endedAt: now - 69.2, state: .retry, exception: "ConnectionError"),
                TaskAttempt(worker: "celery@batch-2", receivedAt: now - 61, startedAt: now - 60.5, state: .started, retries: 1, isLost: true),
                TaskAttempt(worker: task.worker, receivedAt: task.receivedAt, startedAt: task.startedAt, endedAt: task.finishedAt, state: task.state, retries: 1),
            ]
            picture.detail = TaskDetail(task: task, family: [.init(depth: 0, task: task), .init(depth: 1, task: Self.task(3)), .init(depth: 2, task: Self.task(5))], attempts: attempts)
        }
        picture.worker = request.worker.flatMap { name in workers.first { $0.name == name } }
        picture.workerTasks = request.worker.map { name in tasks.filter { $0.worker == name && !$0.state.isFinal } }
        picture.readyHistory = (0..<60).map { 30 + 25 * sin(Double($0) / 6) }
        return picture
    }

    private static func page<Row>(_ all: [Row], _ query: ListQuery, id: (Row) -> String) -> ListPage<Row> {
        let wanted = query.filter.flatMap { $0.text.split(separator: ":").last }.map { $0.lowercased() } ?? ""
        let rows = wanted.isEmpty ? all : all.filter { row in
            (row as? TaskRow).map { $0.state.rawValue.lowercased() == wanted || $0.name?.contains(wanted) == true } ?? id(row).contains(wanted)
        }
        let anchor = query.anchor.flatMap { wanted in rows.firstIndex { id($0) == wanted } }.map { max(0, min(rows.count - 1, $0 + query.move)) }
        guard !rows.isEmpty else { return ListPage(total: all.count) }
        let first = max(0, min(anchor.map { $0 - query.anchorRow } ?? query.first, rows.count - query.count))
        return ListPage(rows: Array(rows[first..<min(rows.count, first + query.count)]), first: first, matching: rows.count, total: all.count, anchorIndex: anchor.map { $0 - first })
    }
}

/// A dashboard at a terminal of that size: presses keys as the runner does.
struct Session {
    var state: DashboardState
    var now = Sample.now
    var tasks = Sample.tasks
    var queues = Sample.queues
    var workers = Sample.workers
    var header = Sample.header
    var schedule = Sample.schedule
    var beatFacts = Sample.beatFacts
    private(set) var effects: [Effect] = []

    init(columns: Int = 80, rows: Int = 24, permission: Permission = .act, isProduction: Bool = false) {
        state = DashboardState(rows: rows, columns: columns, context: "prod", endpoint: "redis://cache:6379/0", permission: permission, isProduction: isProduction)
        state.themes = ["default", "dark", "mono"]
        look()
        look()
    }

    var picture: Picture { Sample.picture(state.request(), tasks: tasks, queues: queues, workers: workers, header: header, schedule: schedule, beatFacts: beatFacts, now: now) }
    var grid: Grid { state.render(picture, keymap: Sample.keymap) }

    /// Request, picture, settle.
    mutating func look() { state.settle(picture) }

    @discardableResult
    mutating func press(_ key: Key, after seconds: Double = 1) -> [Effect] {
        now += seconds
        let new = state.handle(key, keymap: Sample.keymap, picture: picture, now: now)
        effects += new
        look()
        return new
    }

    /// Presses the keys named by the words: `j`, `enter`, `ctrl-s`.
    @discardableResult
    mutating func press(_ names: String) -> [Effect] {
        names.split(separator: " ").reduce([]) { all, name in all + (Key(name: String(name)).map { press($0) } ?? []) }
    }

    @discardableResult
    mutating func type(_ text: String) -> [Effect] {
        text.reduce([]) { $0 + press(.character($1), after: 0.5) }
    }
}
