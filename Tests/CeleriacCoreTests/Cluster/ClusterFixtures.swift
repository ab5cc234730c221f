import CeleriacCore
import OrderedCollections

/// A time from which the tests count, in seconds since 1970: the start of a three-minute slice.
let start = 1_795_352_760.0

/// Events as workers send them.
func event(_ type: String, _ hostname: String, at: Double, clock: Int = 1, _ fields: [(String, Value)] = []) -> Value {
    var members: OrderedDictionary<String, Value> = [
        "hostname": .string(hostname), "utcoffset": 0, "pid": 1, "clock": .integer(clock), "timestamp": .number(at), "type": .string(type),
    ]
    for (name, value) in fields { members[name] = value }
    return .object(members)
}

func taskEvent(_ subject: String, _ id: String, _ hostname: String = "celery@a", at: Double, clock: Int = 1, _ fields: [(String, Value)] = []) -> Value {
    event("task-\(subject)", hostname, at: at, clock: clock, [("uuid", .string(id))] + fields)
}

func heartbeat(_ hostname: String, at: Double, active: Int = 0, processed: Int = 0, type: String = "worker-heartbeat", pid: Int = 1) -> Value {
    event(
        type, hostname, at: at,
        [
            ("pid", .integer(pid)), ("freq", 2.0), ("active", .integer(active)), ("processed", .integer(processed)), ("loadavg", [0.1, 0.2, 0.3]),
            ("sw_ident", "py-celery"), ("sw_ver", "5.7.0"), ("sw_sys", "Linux"),
        ])
}

extension ClusterState {
    /// Folds an event in as if it arrived the moment it was sent.
    mutating func hear(_ event: Value) {
        fold(event: event, receivedAt: event["timestamp"]?.double ?? 0)
    }

    /// A task that was received, started and, unless `result` is `nil`, succeeded.
    mutating func run(
        _ id: String, name: String = "shop.charge", worker: String = "celery@a", at: Double, seconds: Double = 1, args: String = "()", result: String? = "None"
    ) {
        hear(
            taskEvent(
                "received", id, worker, at: at,
                [("name", .string(name)), ("args", .string(args)), ("kwargs", "{}"), ("root_id", .string(id)), ("parent_id", nil)]))
        hear(taskEvent("started", id, worker, at: at + 0.5))
        guard let result else { return }
        hear(taskEvent("succeeded", id, worker, at: at + 0.5 + seconds, [("result", .string(result)), ("runtime", .number(seconds))]))
    }

    func row(_ id: String, now: Double = start) -> TaskRow? { task(TaskID(id), now: now) }

    func worker(_ name: String, now: Double) -> WorkerRow? {
        var (request, state) = (PictureRequest(), self)
        request.worker = WorkerName(name)
        return state.picture(request, now: now).worker
    }

    func queue(_ name: String, now: Double) -> QueueRow? {
        var (request, state) = (PictureRequest(), self)
        request.queues = ListQuery()
        return state.picture(request, now: now).queues?.rows.first { $0.name.rawValue == name }
    }

    mutating func tasks(_ query: ListQuery, now: Double = start) -> ListPage<TaskRow> {
        var request = PictureRequest()
        request.tasks = query
        return picture(request, now: now).tasks ?? ListPage()
    }
}

/// A lower-case UUID made of `number`.
func uuid(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
}
