public import CeleriacCore
import OrderedCollections

// Rows as JSON, with the field names of `--json`; `null` for what is not known.

private func members(_ pairs: [(String, Value)]) -> Value {
    .object(OrderedDictionary(pairs, uniquingKeysWith: { $1 }))
}

private func number(_ value: Double?) -> Value { value.map { Value.number($0) } ?? .null }
private func text(_ value: String?) -> Value { value.map { Value.string($0) } ?? .null }
private func count(_ fact: Fact<Int>) -> Value { fact.value.map { Value.integer($0) } ?? .null }

extension TaskRow {
    var record: Value {
        members([
            ("id", .string(id.rawValue)), ("name", text(name)), ("state", .string(state.rawValue)), ("worker", text(worker?.rawValue)), ("queue", text(queue.value?.rawValue)),
            ("args", text(args)), ("kwargs", text(kwargs)), ("sent", number(sentAt)), ("received", number(receivedAt)), ("started", number(startedAt)),
            ("finished", number(finishedAt)), ("wait", number(wait)), ("runtime", number(runtime)), ("retries", .integer(retries)), ("eta", number(eta)),
            ("expires", number(expires)), ("root", text(root?.rawValue)), ("parent", text(parent?.rawValue)), ("children", .array(children.map { .string($0.rawValue) })),
            ("result", text(result)), ("exception", text(exception)), ("traceback", text(traceback)), ("client", text(client)), ("routing_key", text(routingKey)),
        ])
    }
}

extension WorkerRow {
    var record: Value {
        members([
            ("name", .string(name.rawValue)), ("state", .string(state.rawValue)), ("problem", text(problem)), ("heartbeat_age", number(heartbeatAge)), ("drift", number(drift)),
            ("active", count(active)), ("reserved", count(reserved)), ("scheduled", count(scheduled)), ("processed", count(processed)), ("pool", text(pool.value)),
            ("concurrency", count(concurrency)), ("load", load.map { .array($0.map { .number($0) }) } ?? .null), ("memory", count(memory)),
            ("queues", queues.value.map { .array($0.map { .string($0.rawValue) }) } ?? .null), ("version", text(version)), ("pid", pid.map { .integer($0) } ?? .null),
            ("events", sendsTaskEvents.value.map { .bool($0) } ?? .null),
        ])
    }
}

extension QueueRow {
    var record: Value {
        let drainSeconds = drain.value.flatMap { $0.isFinite ? $0 : nil }
        return members([
            ("name", .string(name.rawValue)), ("ready", count(ready)), ("unacked", count(unacked)), ("eta", count(eta)), ("consumers", count(consumers)),
            ("in_rate", number(inRate.value)), ("out_rate", number(outRate.value)), ("drain", number(drainSeconds)), ("oldest_age", number(oldestAge.value)), ("problem", text(problem)),
        ] + (traitValues ?? [:]).map { ($0.key, $0.value) })
    }
}

extension TimingRow {
    var record: Value {
        members([
            ("name", .string(name)), ("count", .integer(count)), ("ok", .integer(ok)), ("failed", .integer(failed)), ("retried", .integer(retried)), ("rate", .number(rate)),
            ("wait_p50", number(waitP50)), ("wait_p95", number(waitP95)), ("run_p50", number(runP50)), ("run_p95", number(runP95)), ("run_p99", number(runP99)), ("run_max", number(runMax)),
        ])
    }
}

extension FailureRow {
    var record: Value {
        members([
            ("exception", .string(exception)), ("name", .string(task)), ("count", .integer(total)), ("recent", .integer(count)), ("first", .number(firstAt)), ("last", .number(newestAt)),
        ])
    }
}

extension WorkflowRow {
    var record: Value {
        members([
            ("id", .string(id.rawValue)), ("kind", text(kind.value?.rawValue)), ("name", text(steps.first?.name)), ("state", .string(state.rawValue)),
            ("total", .integer(counts.total)), ("done", .integer(counts.done)), ("failed", .integer(counts.failed)), ("running", .integer(counts.running)),
            ("waiting", .integer(counts.waiting)), ("expected", expected.map { .integer($0) } ?? .null), ("started", .number(startedAt)), ("elapsed", .number(elapsed)),
            ("worst", worst?.record ?? .null), ("chord", text(chord?.words)),
        ])
    }
}

extension EntryRow {
    /// The fields of `celeriac schedule list`, and what else is known.
    public var record: Value {
        let entry = entry, broken: String? = if case .broken(let reason) = state { reason } else { nil }
        return members([
            ("name", .string(entry.name)), ("task", .string(entry.task)), ("kind", text(stored.problem == nil ? entry.schedule.kind : nil)), ("schedule", text(stored.problem == nil ? words : nil)), ("args", .array(entry.args)),
            ("kwargs", .object(entry.kwargs)), ("options", .object(entry.options)), ("enabled", .bool(entry.isEnabled)), ("last_run", number(lastRun)), ("next_run", number(next.value)),
            ("total_runs", .integer(entry.runs)), ("last_state", text(outcome.value?.state.rawValue)), ("last_runtime", number(outcome.value?.runtime)),
            ("state", .string(state.name)), ("problem", text(broken)), ("zone", .string(zoneName)), ("one_off", .bool(entry.isOneOff)), ("start", number(entry.start)),
            ("end", number(entry.end)), ("note", .string(entry.note)), ("static", .bool(stored.isStatic)), ("last_task", text(outcome.value?.task.rawValue)),
        ])
    }
}

extension LogEntry {
    var record: Value {
        members([
            ("at", .number(at)), ("who", text(who.isEmpty ? nil : who)), ("title", .string(title)), ("target", text(target.isEmpty ? nil : target)), ("command", .string(command)), ("summary", text(summary)), ("failed", .bool(isError)),
            ("replies", .array(replies.map { members([("worker", .string($0.worker.rawValue)), ("value", $0.value)]) })),
        ])
    }
}
