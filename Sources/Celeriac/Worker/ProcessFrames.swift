import CeleriacCore
import OrderedCollections

/// What the worker sends to a process of its pool: a job, without what the process knows by itself.
struct ProcessJob: Sendable {
    var request: TaskRequest
    var args: [Value]
    var kwargs: OrderedDictionary<String, Value>

    init(_ job: Job) {
        request = job.request
        args = job.args
        kwargs = job.kwargs
    }

    /// `[worker, soft, hard, headers, properties, links, args, kwargs]`; the message's own arguments follow where they are others.
    var value: Value {
        let envelope = request.message.envelopeWithoutArguments
        var parts: [Value] = [
            .string(request.worker.rawValue), request.limits.soft.seconds, request.limits.hard.seconds, .object(envelope.headers), .object(envelope.properties),
            request.message.links, .array(args), .object(kwargs),
        ]
        switch request.message.arguments {
        case .known(args, kwargs): break
        case .known(let args, let kwargs): parts += [.array(args), .object(kwargs)]
        case .opaque(let reason): parts.append(.string(reason))
        }
        return .array(parts)
    }

    /// `nil` when it is no job.
    init?(_ value: Value) {
        guard let parts = value.array, parts.count >= 8, let worker = parts[0].string, let headers = parts[3].object, let properties = parts[4].object,
            let args = parts[6].array, let kwargs = parts[7].object
        else { return nil }
        let body = JSON.encode([[], [:], parts[5]])
        guard var message = try? TaskMessage(Envelope(headers: headers, properties: properties, body: body)) else { return nil }
        switch parts.count {
        case 10: message.arguments = .known(args: parts[8].array ?? [], kwargs: parts[9].object ?? [:])
        case 9: message.arguments = .opaque(parts[8].string ?? "")
        default: message.arguments = .known(args: args, kwargs: kwargs)
        }
        request = TaskRequest(message: message, worker: WorkerName(worker), limits: TimeLimits(soft: Duration(parts[1]), hard: Duration(parts[2])))
        self.args = args
        self.kwargs = kwargs
    }
}

/// What a process of the pool sends to its worker.
enum ProcessReply: Sendable {
    /// The process can take a job.
    case ready
    case finished(TaskRun)
    /// A process group that a task started, or that has ended: it is to end with the process.
    case group(Int32, isAlive: Bool)

    var value: Value {
        switch self {
        case .ready: ["ready"]
        case .finished(let run): ["finished", run.outcome.value, Optional(run.runtime).seconds, .array(run.children)]
        case .group(let leader, let isAlive): ["group", .integer(Int(leader)), .bool(isAlive)]
        }
    }

    /// `nil` when it is none.
    init?(_ value: Value) {
        guard let parts = value.array, let kind = parts.first?.string else { return nil }
        switch (kind, parts.count) {
        case ("ready", 1): self = .ready
        case ("finished", 4):
            guard let outcome = TaskOutcome(parts[1]), let runtime = Duration(parts[2]), let children = parts[3].array else { return nil }
            self = .finished(TaskRun(outcome: outcome, runtime: runtime, children: children))
        case ("group", 3):
            // 0 and 1 would be this process's own group, and everybody.
            guard let leader = parts[1].integer.flatMap({ Int32(exactly: $0) }), leader > 1, let isAlive = parts[2].bool else { return nil }
            self = .group(leader, isAlive: isAlive)
        default: return nil
        }
    }
}

extension TaskOutcome {
    /// As it travels between the pool's processes: a word, and what belongs to it.
    var value: Value {
        switch self {
        case .success(let result): ["success", result]
        case .failure(let exception, let traceback): ["failure", exception.value, .string(traceback)]
        case .retry(let retry): ["retry", retry.value]
        case .rejected(let reason, let requeue): ["rejected", .string(reason), .bool(requeue)]
        case .ignored: ["ignored"]
        case .terminated(let signal): ["terminated", .integer(Int(signal))]
        case .timedOut(let limit): ["timedOut", Optional(limit).seconds]
        case .lost(let cause): ["lost", .string(cause)]
        }
    }

    init?(_ value: Value) {
        guard let parts = value.array, let kind = parts.first?.string else { return nil }
        switch (kind, parts.count) {
        case ("success", 2): self = .success(parts[1])
        case ("failure", 3):
            guard let exception = StoredException(parts[1]), let traceback = parts[2].string else { return nil }
            self = .failure(exception, traceback: traceback)
        case ("retry", 2):
            guard let retry = Retry(parts[1]) else { return nil }
            self = .retry(retry)
        case ("rejected", 3):
            guard let reason = parts[1].string, let requeue = parts[2].bool else { return nil }
            self = .rejected(reason: reason, requeue: requeue)
        case ("ignored", 1): self = .ignored
        case ("terminated", 2):
            guard let signal = parts[1].integer.flatMap({ Int32(exactly: $0) }) else { return nil }
            self = .terminated(signal: signal)
        case ("timedOut", 2):
            guard let limit = Duration(parts[1]) else { return nil }
            self = .timedOut(limit: limit)
        case ("lost", 2):
            guard let cause = parts[1].string else { return nil }
            self = .lost(cause)
        default: return nil
        }
    }
}

extension TaskOutcome.Retry {
    var value: Value {
        [
            "args": args.map(Value.array) ?? .null, "kwargs": kwargs.map(Value.object) ?? .null, "eta": eta.map(Value.number) ?? .null,
            "exception": exception?.value ?? .null, "traceback": .string(traceback), "options": .object(options),
        ]
    }

    init?(_ value: Value) {
        guard case .object(let members) = value, let options = members["options"]?.object else { return nil }
        self.init(
            args: members["args"]?.array, kwargs: members["kwargs"]?.object, eta: members["eta"]?.double, exception: members["exception"].flatMap { StoredException($0) },
            traceback: members["traceback"]?.string ?? "", options: options)
    }
}

extension Duration? {
    /// Seconds, or null.
    fileprivate var seconds: Value {
        map { .number($0.seconds) } ?? .null
    }
}

extension Duration {
    /// From seconds; `nil` for null, and for what is no time that can be waited for.
    fileprivate init?(_ value: Value) {
        guard let seconds = value.double, seconds.isFinite, abs(seconds) < 1e12 else { return nil }
        self = .seconds(seconds)
    }
}
