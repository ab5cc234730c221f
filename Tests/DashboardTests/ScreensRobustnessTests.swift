import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@testable import Dashboard

/// Nothing that is typed, and nothing that comes from outside, gets the better of the screens.
@Suite struct ScreensRobustnessTests {
    static let keys: [Key] =
        " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.@-_+<>[]?é漢".map(Key.character)
        + [.enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .home, .end, .pageUp, .pageDown, .up, .down, .left, .right]
        + (1...12).map(Key.function) + "abdefklnprsuwz".map(Key.control)

    static func key(_ random: inout SeededGenerator) -> Key {
        if Int.random(in: 0..<12, using: &random) == 0 {
            let events: [Key.MouseEvent] = [.click, .doubleClick, .wheelUp, .wheelDown]
            return .mouse(events.randomElement(using: &random) ?? .click, row: Int.random(in: -1...40, using: &random), column: Int.random(in: -1...120, using: &random))
        }
        return keys.randomElement(using: &random) ?? .enter
    }

    /// 40 × 500 keys at changing sizes, with rows coming and going and answers arriving.
    @Test(arguments: UInt64(0)..<40) func randomKeysNeverTrap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var session = Session(columns: 80, rows: 24)
        for step in 0..<500 {
            if step % 50 == 0 {
                session.state.resize(rows: Int.random(in: 0...50, using: &random), columns: Int.random(in: 0...160, using: &random))
            }
            if step % 7 == 0 { session.tasks = (0..<Int.random(in: 0...60, using: &random)).map { Sample.task($0 + step / 70) } }
            for effect in session.press(Self.key(&random), after: Double.random(in: 0...0.6, using: &random)) { session.answer(effect) }
            if step % 10 == 0 {
                let grid = session.grid
                #expect(grid.rows == session.state.rows && grid.columns == session.state.columns)
            }
        }
    }

    /// 600 keys and their likes: none of them changes anything.
    @Test(arguments: [Permission.readOnly, .passive], UInt64(0)..<5) func withoutPermissionNoKeyActs(_ permission: Permission, seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 99)
        var session = Session(columns: 120, rows: 36, permission: permission)
        for _ in 0..<600 {
            session.press(Self.key(&random))
            if Int.random(in: 0..<40, using: &random) == 0 { session.press(["esc esc : c o n t r o l space s h u t d o w n enter y", "esc 2 j x y X enter y", "esc 4 X E y", "esc 5 s y T y x y S y u y", "esc 5 B p r o d enter"].randomElement(using: &random) ?? "") }
        }
        #expect(session.effects.allSatisfy { !$0.acts })
        if permission == .passive {
            #expect(session.effects.allSatisfy { if case .inspect = $0 { false } else if case .control = $0 { false } else { true } })
        }
    }

    static let hostile = ["\u{1B}[31mred\u{7}\u{9B}2J", "a\u{202E}gnp.exe", "line\nbreak\r\ttab", "zero\u{200B}width\u{FEFF}", "tag\u{E0041}", "漢字👩‍👩‍👧‍👦é", String(repeating: "\u{301}", count: 500), "\u{0}\u{85}\u{2028}"]

    static let visits = ["1", "2", "2 j enter", "2 j enter ]", "2 j enter ] ]", "2 j enter ] ] ]", "2 j enter ] ] ] ]", "2 j enter ] ] ] ] ]", "2 j enter ] ] ] ] ] ]", "7", "7 j .", "7 r", "2 a", "2 j j j r", "3", "3 enter", "3 enter enter", "3 enter ]", "3 enter ] ]", "3 enter ] ] ]", "3 enter [", "3 enter x", "3 enter X", "3 enter m", "3 enter e", "3 enter v", "4", "4 enter", "4 enter ]", "4 enter [", "8", "8 enter", "2 j v", "2 j .", "2 j j j j j x", "4 X", "4 Q", "5", "5 enter", "5 enter ]", "5 enter ] ]", "5 .", "5 s", "5 x"]

    @Test(arguments: hostile, visits) func noForeignByteReachesTheTerminal(_ text: String, _ keys: String) {
        var session = Session.poisoned(with: text)
        session.press(keys)
        for wide in [false, true] {
            if wide { session.press("w") }
            let grid = session.grid
            for cell in grid.cells {
                for scalar in cell.text.unicodeScalars {
                    #expect(scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value) && ![0x202E, 0x2028, 0x200B, 0xFEFF, 0xE0041].contains(scalar.value), "\(keys): U+\(String(scalar.value, radix: 16))")
                }
            }
            #expect(session.state.render(session.picture, keymap: Sample.keymap, glyphs: .ascii).cells.allSatisfy { $0.text.utf8.allSatisfy { 0x20..<0x7F ~= $0 } })
        }
    }
}

/// Figures that no honest worker sends.
@Suite struct ScreensFigureTests {
    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300, 9.3e18, 253_402_300_800, -0.0])
    func noFigureTrapsAScreen(_ figure: Double) {
        var session = Session(columns: 140, rows: 40)
        session.tasks = (0..<9).map { index in
            var task = Sample.task(index)
            (task.sentAt, task.receivedAt, task.startedAt, task.succeededAt, task.eta, task.expires) = (figure, 1, -figure, figure, figure, figure)
            (task.timestamp, task.runtime, task.wait) = (figure, figure, figure)
            return task
        }
        session.queues[0].history = [figure, 1, figure]
        (session.queues[0].inRate, session.queues[0].drain, session.queues[0].oldestAge, session.queues[0].updatedAt) = (.known(figure), .known(figure), .noAnswer(last: figure, at: figure), figure)
        (session.workers[0].heartbeatAge, session.workers[0].drift, session.workers[0].load, session.workers[0].active) = (figure, figure, [figure], .known(.min))
        (session.header.eventsPerSecond, session.header.lag, session.header.heardAt) = (figure, figure, figure)
        session.header.link = .reconnecting(since: figure, retryAt: figure, reason: "?")
        var entry = ScheduleEntry("figure", task: "a", schedule: .interval(IntervalSchedule(every: figure)), start: figure, end: figure, lastRun: figure, runs: .max)
        let other = ScheduleEntry("clocked", task: "a", schedule: .clocked(figure), lastRun: -figure)
        session.schedule.fold(all: [entry, other].map { StoredEntry($0, version: "1") }, now: session.now)
        (entry.start, entry.end, entry.lastRun, entry.runs) = (nil, nil, session.now - 1, .min)
        session.schedule.fold("figure", StoredEntry(entry, version: "2"), now: session.now)
        session.beatFacts.link = .lost(since: figure, reason: "?")
        session.beatFacts.heardAt = figure
        for keys in ["1", "2 j enter", "z 2 z j enter", "3 enter", "4 enter", "5", "5 enter", "5 enter ]", "5 enter ] ]", "5 j enter", "5 j i"] {
            session.press(keys)
            #expect(session.grid.text.count > 100)
        }
    }
}

extension Session {
    /// Gives the answers that a runner would.
    mutating func answer(_ effect: Effect) {
        switch effect {
        case .fetchResult(let id): state.handle(.result(id, ResultRecord(id: id, state: .success, result: ["a": [1, 2.5, nil]])), now: now)
        case .inspect(let name):
            state.handle(.inspected(name, method: "active", [["id": "8a1f", "name": "shop.charge", "args": [1], "kwargs": [:], "time_start": 1.0]]), now: now)
            state.handle(.inspected(name, method: "stats", ["pool": ["max-concurrency": 8], "pid": 1]), now: now)
            state.handle(.inspectFailed(name, "no reply"), now: now)
        case .peek(let queue, let first): state.handle(.peeked(MessageSample.sample(of: queue, from: max(0, min(first, 990)), total: 1000)), now: now)
        case .countTasks(let queue): state.handle(.tasksCounted(queue, TaskCounts(MessageSample.sample().messages, total: 1000, at: now)), now: now)
        case .scan(let queue, let filter, let id):
            var progress = JobProgress()
            (progress.total, progress.looked) = (1000, 200)
            let found = MessageSample.sample(of: queue).messages.filter { filter?.matches($0, now: now) ?? true }
            progress.found = found.count
            state.handle(.scanned(queue, id: id, ScanPart(messages: found, progress: progress, isDone: true)), now: now)
        case .begin(let act):
            state.handle(.jobBegan(MessageJob(id: state.jobs.count, act: act, title: "job", startedAt: now)), now: now)
            if state.jobs.count > 2 { for job in state.jobs { state.handle(.jobEnded(job.id), now: now) } }
        case .listTrash(let isFirst): state.handle(.trashListed([TrashEntry(id: TrashID(rawValue: "t"), at: now, act: "move", broker: "b", queue: "q", who: "w")], isFirst: isFirst), now: now)
        case .control(let request): state.handle(.logged(LogEntry(id: state.log.count, at: now, title: request.method, command: "celery control")), now: now)
        default: break
        }
    }

    /// A cluster in which every text is `text`.
    static func poisoned(with text: String) -> Session {
        var session = Session(columns: 110, rows: 30)
        session.tasks = (0..<9).map { index in
            var task = Sample.task(index)
            task = TaskRow(id: TaskID("\(index)\(text)"), name: text, state: index == 8 ? TaskState(rawValue: text) : task.state, worker: WorkerName(text), timestamp: Sample.now)
            (task.args, task.kwargs, task.result, task.exception, task.traceback) = (text, text, text, text, text)
            (task.queue, task.client, task.routingKey, task.parent) = (.known(QueueName(text)), text, text, TaskID(text))
            return task
        }
        var worker = WorkerRow(name: WorkerName(text), state: .online), queue = QueueRow(name: QueueName(text)), broken = QueueRow(name: QueueName(text + "2"))
        (worker.problem, worker.version, worker.pool, worker.queues, worker.concurrency) = (text, text, .known(text), .known([QueueName(text)]), .known(2))
        broken.problem = text
        (queue.ready, queue.history) = (.known(1), [1, 2])
        (session.workers, session.queues) = ([worker], [queue, broken])
        let value: Value = ["key": .string(text), "list": [.string(text)], "id": .string(text), "name": .string(text), "args": .string(text)]
        for method in ["active", "reserved"] { session.state.handle(.inspected(WorkerName(text), method: method, [value]), now: session.now) }
        for method in ["stats", "conf"] { session.state.handle(.inspected(WorkerName(text), method: method, value), now: session.now) }
        session.state.handle(.inspected(WorkerName(text), method: "revoked", [.string(text)]), now: session.now)
        var record = ResultRecord(id: session.tasks[0].id, state: TaskState(rawValue: text), result: .string(text))
        (record.traceback, record.dateDone, record.args) = (text, text, [.string(text)])
        session.state.handle(.result(record.id, record), now: session.now)
        session.state.handle(.logged(LogEntry(id: 1, at: session.now, title: text, command: text)), now: session.now)
        session.state.handle(.reply(log: 1, ControlReply(worker: WorkerName(text), value: ["error": .string(text)])), now: session.now)
        session.state.handle(.reply(log: 1, ControlReply(worker: WorkerName(text), value: value)), now: session.now)
        session.state.handle(.finished(log: 1, summary: text, isError: true), now: session.now)
        var entry = ScheduleEntry(text, task: text, args: [.string(text)], kwargs: [text: 1], options: ["queue": .string(text)], schedule: .interval(IntervalSchedule(every: 60)), lastRun: session.now - 5, runs: 1, note: text)
        entry.zone = text
        session.schedule = BeatTable { _ in .utc }
        session.schedule.fold(all: [StoredEntry(entry, version: "1"), StoredEntry(ScheduleEntry(text + "2", task: text, schedule: entry.schedule), version: "1", problem: text)], now: session.now)
        session.schedule.fold(session.schedule.questions(limit: 9, now: session.now).map { ($0, EntryOutcome(task: TaskID(text), state: TaskState(rawValue: text), exception: text)) })
        session.beatFacts.link = .lost(since: session.now, reason: text)
        (session.beatFacts.endpoint, session.beatFacts.lead) = (text, .held(ScheduleLeader(owner: text, remaining: 1)))
        session.state.handle(.edited(DoneEdit(id: 1, title: text, names: [text], count: 1)), now: session.now)
        session.state.context = text
        session.state.endpoint = text
        session.look()
        session.look()
        return session
    }
}
