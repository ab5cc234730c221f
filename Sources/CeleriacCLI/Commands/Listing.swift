import CeleriacCore
import Dashboard
import OrderedCollections

/// Rows as the JSON fields that scripts rely on. Unknown is `null`; JSON carries foreign text escaped, so it stays as it came.
enum Listing {
    static func value(_ row: WorkerRow) -> Value {
        [
            "name": .string(row.name.rawValue), "state": .string(row.state.rawValue), "problem": optional(row.problem), "heartbeat_age": optional(row.heartbeatAge),
            "active": number(row.active), "processed": number(row.processed), "pool": row.pool.value.map(Value.string) ?? .null, "concurrency": number(row.concurrency),
            "load": row.load.map { .array($0.map(Value.number)) } ?? .null,
            "queues": row.queues.value.map { .array($0.map { .string($0.rawValue) }) } ?? .null, "version": optional(row.version),
        ]
    }

    static func value(_ row: QueueRow) -> Value {
        let figures: OrderedDictionary<String, Value> = [
            "name": .string(row.name.rawValue), "ready": number(row.ready), "unacked": number(row.unacked), "eta": number(row.eta), "consumers": number(row.consumers),
            "in_rate": number(row.inRate), "out_rate": number(row.outRate), "oldest_age": number(row.oldestAge),
        ]
        return .object(figures.merging(row.traitValues ?? [:]) { figure, _ in figure })
    }

    static func value(_ row: TaskRow) -> Value {
        [
            "id": .string(row.id.rawValue), "name": optional(row.name), "state": .string(row.state.rawValue), "worker": optional(row.worker?.rawValue),
            "queue": optional(row.queue.value?.rawValue), "args": optional(row.args), "kwargs": optional(row.kwargs), "received": optional(row.receivedAt),
            "started": optional(row.startedAt), "finished": optional(row.finishedAt), "wait": optional(row.wait), "runtime": optional(row.runtime), "retries": .integer(row.retries),
            "eta": optional(row.eta), "expires": optional(row.expires), "root": optional(row.root?.rawValue), "parent": optional(row.parent?.rawValue),
            "result": optional(row.result), "exception": optional(row.exception),
        ]
    }

    static func value(_ row: WorkflowRow) -> Value {
        let shown = row.state == .success ? nil : row.worst
        return [
            "id": .string(row.id.rawValue), "kind": optional(row.kind.value?.rawValue), "name": optional(row.steps.first?.name), "state": .string(row.state.rawValue),
            "total": .integer(row.counts.total), "done": .integer(row.counts.done), "failed": .integer(row.counts.failed), "running": .integer(row.counts.running),
            "waiting": .integer(row.counts.waiting), "expected": row.expected.map(Value.integer) ?? .null, "started": .number(row.startedAt), "elapsed": .number(row.elapsed),
            "worst": optional(shown?.id.rawValue), "worst_name": optional(shown?.name), "exception": optional(shown?.exception), "chord": optional(row.chord?.words),
        ]
    }

    static func value(_ row: EntryRow) -> Value {
        let entry = row.entry
        return [
            "name": .string(entry.name), "task": .string(entry.task), "kind": optional(row.stored.problem == nil ? entry.schedule.kind : nil), "schedule": optional(row.stored.problem == nil ? row.words : nil), "args": .array(entry.args),
            "kwargs": .object(entry.kwargs), "options": .object(entry.options), "enabled": .bool(entry.isEnabled), "last_run": optional(row.lastRun),
            "next_run": optional(row.next.value), "total_runs": .integer(entry.runs), "last_state": optional(row.outcome.value?.state.rawValue),
            "last_runtime": optional(row.outcome.value?.runtime),
        ]
    }

    static func value(_ row: TimingRow) -> Value {
        [
            "name": .string(row.name), "count": .integer(row.count), "ok": .integer(row.ok), "failed": .integer(row.failed), "retried": .integer(row.retried),
            "rate": .number(row.rate), "wait_p50": optional(row.waitP50), "wait_p95": optional(row.waitP95), "run_p50": optional(row.runP50), "run_p95": optional(row.runP95),
            "run_p99": optional(row.runP99), "run_max": optional(row.runMax),
        ]
    }

    static func value(_ row: FailureRow) -> Value {
        [
            "exception": .string(row.exception), "name": .string(row.task), "count": .integer(row.total), "recent": .integer(row.count), "first": .number(row.firstAt),
            "last": .number(row.newestAt),
        ]
    }

    /// A call that would be sent, or why not.
    static func value(_ call: KnownCall) -> Value {
        let lacks = call.lacks.map { lack -> Value in ["source": .string(lack.source.rawValue), "reason": .string(lack.words)] }
        return [
            "id": .string(call.id.rawValue), "name": optional(call.name), "state": optional(call.state?.rawValue), "args": call.args.map(Value.array) ?? .null,
            "kwargs": call.kwargs.map(Value.object) ?? .null, "queue": optional(call.queue?.rawValue), "source": optional(call.source?.rawValue), "lacks": .array(lacks),
        ]
    }

    private static func optional(_ text: String?) -> Value { text.map(Value.string) ?? .null }
    private static func optional(_ number: Double?) -> Value { number.map(Value.number) ?? .null }
    private static func number(_ fact: Fact<Int>) -> Value { fact.value.map(Value.integer) ?? .null }
    /// JSON has no infinity: a queue that never drains is `null`.
    private static func number(_ fact: Fact<Double>) -> Value { fact.value.flatMap { $0.isFinite ? .number($0) : nil } ?? .null }
}
