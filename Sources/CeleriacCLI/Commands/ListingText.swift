import CeleriacCore
import Dashboard

/// The same rows as columns of text, for people and pipes.
extension Listing {
    static func print(_ rows: [WorkerRow]) {
        Output.table(
            ["NAME", "STATE", "HEARTBEAT", "ACTIVE", "DONE", "POOL", "LOAD", "QUEUES", "VERSION"],
            rows.map { row in
                [
                    safe(row.name.rawValue), row.state.rawValue, row.heartbeatAge.map { Formats.age($0) } ?? "-", "\(word(row.active))/\(word(row.concurrency))", word(row.processed),
                    word(row.pool), row.load.map { $0.map { Formats.decimal($0, places: 1) }.joined(separator: " ") } ?? "-",
                    row.queues.value.map { $0.map { safe($0.rawValue) }.joined(separator: ",") } ?? word(row.queues.map { _ in 0 }), row.version.map(safe) ?? "-",
                ]
            }, right: [2, 3, 4])
        for row in rows { if let problem = row.problem { Output.line("! \(safe(row.name.rawValue)): \(safe(problem))") } }
    }

    static func print(_ rows: [QueueRow], now: Double) {
        let isTyped = rows.contains { $0.traits != nil }
        Output.table(
            ["NAME"] + (isTyped ? ["TYPE"] : []) + ["READY", "UNACKED", "ETA", "CONSUMERS", "IN/s", "OUT/s", "OLDEST"],
            rows.map { row in
                [safe(row.name.rawValue)] + (isTyped ? [row.traits.map { safe($0.type) } ?? "?"] : []) + [
                    word(row.ready), word(row.unacked), word(row.eta), word(row.consumers), word(row.inRate.map { Formats.decimal($0, places: 1) }),
                    word(row.outRate.map { Formats.decimal($0, places: 1) }), word(row.oldestAge.map { Formats.duration($0) }),
                ]
            }, right: Set(isTyped ? 2...8 : 1...7))
        for row in rows { if let problem = row.problem { Output.line("! \(safe(row.name.rawValue)): \(safe(problem))") } }
    }

    static func print(_ rows: [TaskRow]) {
        Output.table(
            ["ID", "NAME", "STATE", "WORKER", "QUEUE", "WAIT", "RUN", "RETRIES", "ARGS"],
            rows.map { row in
                [
                    safe(row.id.rawValue), row.name.map(safe) ?? "?", safe(row.state.rawValue), row.worker.map { safe($0.rawValue) } ?? "-", word(row.queue.map { safe($0.rawValue) }),
                    row.wait.map { Formats.duration($0) } ?? "-", row.runtime.map { Formats.duration($0) } ?? "-", "\(row.retries)",
                    String(safe((row.args ?? "") + (row.kwargs.map { $0 == "{}" ? "" : " \($0)" } ?? "")).prefix(80)),
                ]
            }, right: [5, 6, 7])
    }

    static func print(_ rows: [WorkflowRow]) {
        Output.table(
            ["FIRST", "KIND", "STEPS", "STATE", "DONE", "FAILED", "RUNNING", "WAITING", "TOOK", "WHY"],
            rows.map { row in
                let total = max(row.counts.total, row.expected ?? 0)
                return [
                    safe(row.id.rawValue), word(row.kind.map(\.rawValue)), row.stepsText, row.isStuck ? "STUCK" : safe(row.state.rawValue), "\(row.counts.done)/\(total)",
                    "\(row.counts.failed)", "\(row.counts.running)", "\(row.counts.waiting)", Formats.duration(row.elapsed),
                    String((WorkflowReason(row)?.texts.first ?? "").prefix(120)),
                ]
            }, right: [4, 5, 6, 7, 8])
    }

    static func print(_ messages: [QueueSample.Message], now: Double) {
        Output.table(
            ["PLACE", "ID", "NAME", "AGE", "PRIORITY", "ETA", "REDELIVERED", "ARGS"],
            messages.map { message in
                guard let task = message.task else { return ["\(message.position + 1)", "-", "no task: \(safe(message.problem ?? "?"))", "-", "-", "-", "-", ""] }
                return [
                    "\(message.position + 1)", safe(task.id.rawValue), safe(task.name), message.sentAt.map { Formats.age(max(0, now - $0)) } ?? "?", "\(task.priority)",
                    task.eta.map { $0 > now ? "in " + Formats.duration(($0 - now).rounded()) : Formats.age(now - $0) + " ago" } ?? "-", task.isRedelivered ? "yes" : "no",
                    String(safe(message.arguments).prefix(80)),
                ]
            }, right: [0, 4])
    }

    static func print(_ rows: [TimingRow]) {
        func time(_ seconds: Double?) -> String { seconds.map { Formats.duration($0) } ?? "-" }
        Output.table(
            ["TASK", "COUNT", "OK", "FAILED", "RETRIED", "RATE", "WAIT p50", "p95", "RUN p50", "p95", "p99", "max"],
            rows.map {
                [
                    safe($0.name), "\($0.count)", "\($0.ok)", "\($0.failed)", "\($0.retried)", Formats.decimal($0.rate, places: 1), time($0.waitP50), time($0.waitP95), time($0.runP50),
                    time($0.runP95), time($0.runP99), time($0.runMax),
                ]
            }, right: Set(1...11))
    }

    private static func safe(_ text: String) -> String { ForeignText.safe(text) }

    /// The four words: `…` asking, `-` does not apply, `?` no answer, a value.
    private static func word<Content: CustomStringConvertible>(_ fact: Fact<Content>) -> String {
        switch fact {
        case .asking: "…"
        case .notApplicable: "-"
        case .noAnswer: "?"
        case .known(let value): "\(value)"
        case .inferred(let value): "≈\(value)"
        case .atLeast(let value): "≥\(value)"
        }
    }
}
