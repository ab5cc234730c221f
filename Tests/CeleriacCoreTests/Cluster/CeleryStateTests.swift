import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacCore

/// Random events go through `celery.events.state.State` and through ours; both must end in the same state.
@Suite struct CeleryStateTests {
    static let python = PythonCelery()

    @Test(.enabled(if: python.isWanted, "needs Python with celery: python3 -m venv V && V/bin/pip install celery, then CELERIAC_PYTHON=V/bin/python3"))
    func randomEventsEndInTheSameStates() throws {
        let runs = (UInt64(1)...120).map { Self.events(seed: $0) }
        let input = try runs.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }.joined(separator: "\n")
        let expected = try Self.python.run(Self.script, input: input).split(separator: "\n")
        #expect(expected.count == runs.count)
        for (events, line) in zip(runs, expected) {
            var state = ClusterState()
            for event in events {
                let decoded = try JSON.decode([UInt8](try JSONEncoder().encode(event)))
                state.fold(event: decoded, receivedAt: event.local_received)
            }
            try expect(state, is: JSON.decode(String(line)))
        }
    }

    /// Runs of a few tasks on a few workers: late, doubled, missing, shuffled, from the future, with ids used again.
    private static func events(seed: UInt64) -> [StateEvent] {
        var random = SeededGenerator(seed: seed)
        var events: [StateEvent] = []
        var time = 1_700_000_000.0
        let workers = ["w1@h", "w2@h", "w3@h"]
        for task in 0..<Int.random(in: 1...5, using: &random) {
            let id = task == 0 ? "no uuid" : uuid(Int(seed) * 100 + task)
            let parent = task > 1 && Bool.random(using: &random) ? uuid(Int(seed) * 100 + Int.random(in: 1..<task, using: &random)) : nil
            for subject in [
                "sent", "received", "started", "progress", "retried", "received", "started",
                ["succeeded", "failed", "revoked", "rejected", "cancelled"].randomElement(using: &random)!,
            ] {
                time += Double(Int.random(in: 1...400, using: &random)) / 1_000
                if Int.random(in: 0..<5, using: &random) == 0 { continue }
                var event = StateEvent(
                    type: "task-\(subject)", hostname: subject == "sent" ? "gen7@h" : workers.randomElement(using: &random)!, timestamp: time)
                event.uuid = id
                if subject == "sent" || subject == "received" {
                    event.name = "job\(task % 2)"
                    event.args = "(\(Int.random(in: 0..<3, using: &random)),)"
                    event.kwargs = "{}"
                    event.root_id = parent ?? id
                    event.parent_id = parent
                    event.retries = Int.random(in: 1...3, using: &random)
                    if Bool.random(using: &random) { event.eta = "2030-01-01T00:00:00+00:00" }
                }
                if subject == "sent" { (event.exchange, event.routing_key) = ("", "celery") }
                if subject == "succeeded" { event.result = "'ok'" }
                if subject == "failed" || subject == "retried" { (event.exception, event.traceback) = ("ValueError('\(time)')", "tb\n\"é\"") }
                events.append(event)
                if Int.random(in: 0..<8, using: &random) == 0 { events.append(event) }
            }
        }
        for worker in workers {
            for type in ["online", "heartbeat", "heartbeat", "offline"].shuffled(using: &random).prefix(Int.random(in: 1...4, using: &random)) {
                var event = StateEvent(type: "worker-\(type)", hostname: worker, timestamp: time)
                (event.freq, event.active, event.processed) = (Double(Int.random(in: 1...9, using: &random)), 1, Int.random(in: 0..<9, using: &random))
                (event.sw_ident, event.sw_ver, event.sw_sys) = ("py-celery", "5.7.0", "Linux")
                events.insert(event, at: Int.random(in: 0...events.count, using: &random))
            }
        }
        // Clocks as they would be in order; then disorder, and some far future.
        for index in events.indices { events[index].clock = index * 2 + 1 }
        switch seed % 4 {
        case 0: events.shuffle(using: &random)
        case 1:
            for _ in 0..<8 {
                let index = Int.random(in: 1..<events.count, using: &random)
                events.swapAt(index - 1, index)
            }
        case 2: for index in events.indices where index % 7 == 0 { events[index].timestamp += 1e6 }
        default: break
        }
        for index in events.indices { events[index].local_received = 1_700_000_100 + Double(index) / 64 }
        return events
    }

    private static let script = """
        import json, sys
        from celery.events.state import State
        FIELDS = ('name state received sent started rejected succeeded failed retried revoked args kwargs eta expires retries result exception timestamp '
                  'traceback exchange routing_key clock client root_id parent_id').split()
        for line in sys.stdin:
            state = State()
            for event in json.loads(line):
                state.event(event)
            tasks = {}
            for id, task in state.tasks.items():
                tasks[id] = {k: getattr(task, k, None) for k in FIELDS if getattr(task, k, None) is not None}
                if task.worker: tasks[id]['worker'] = task.worker.hostname
                tasks[id]['children'] = sorted(c.id for c in task.children)
            workers = {}
            for name, w in state.workers.items():
                workers[name] = {k: getattr(w, k, None) for k in ('pid', 'freq', 'heartbeats', 'clock', 'active', 'processed', 'sw_ident', 'sw_ver')}
                workers[name]['heartbeat_expires'] = w.heartbeat_expires if w.heartbeats else None
            print(json.dumps(dict(tasks=tasks, workers=workers, by_time=[u for u, _ in state.tasks_by_time()], event_count=state.event_count,
                                  task_count=state.task_count, task_types=state.task_types())))
        """
}

/// An event, its members named as on the wire.
private struct StateEvent: Encodable {
    var type: String
    var uuid: String?
    var hostname: String
    var timestamp: Double
    var clock = 0
    var pid = 5
    var utcoffset = 0
    var local_received = 0.0
    var name, args, kwargs, root_id, parent_id, eta, exchange, routing_key, result, exception, traceback: String?
    var retries: Int?
    var freq: Double?
    var active, processed: Int?
    var sw_ident, sw_ver, sw_sys: String?

    init(type: String, hostname: String, timestamp: Double) {
        self.type = type
        self.hostname = hostname
        self.timestamp = timestamp
    }
}

/// A Python that can import celery: `CELERIAC_PYTHON`, else the first `python3`.
struct PythonCelery {
    /// It is there, or `REQUIRE_SERVERS` says that a test without it must fail.
    let isWanted: Bool
    private let command: [String]

    init() {
        command = ProcessInfo.processInfo.environment["CELERIAC_PYTHON"].map { [$0] } ?? ["/usr/bin/env", "python3"]
        let isThere = (try? Self.run(command + ["-c", "import celery.events.state"], input: "")) != nil
        isWanted = isThere || ProcessInfo.processInfo.environment["REQUIRE_SERVERS"] == "1"
    }

    /// What `script` prints when it reads `input`.
    func run(_ script: String, input: String) throws -> String {
        try Self.run(command + ["-c", script], input: input)
    }

    private struct Failure: Error {
        var status: Int32
    }

    private static func run(_ command: [String], input: String) throws -> String {
        let source = FileManager.default.temporaryDirectory.appendingPathComponent("celeriac-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: source) }
        try Data(input.utf8).write(to: source)
        let finished = try Program(command, input: source.path).finish()
        guard finished.status == 0 else { throw Failure(status: finished.status) }
        return finished.text
    }
}
