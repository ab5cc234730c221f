import CeleriacBroker
import CeleriacCore
import OrderedCollections

extension App {
    /// The tasks that every Celery worker has, unless the program has its own of that name.
    func registerBuiltInTasks() {
        for task in BuiltInTasks.all where definition(of: task.name) == nil { register(task) }
    }
}

/// Tasks of Celery's own, of which canvases are made (`celery.app.builtins`).
enum BuiltInTasks {
    static let all = [accumulate, map, starmap, chunks, ChordUnlock.task, backendCleanup, composed("celery.group", .group), composed("celery.chord", .chord)]

    /// Its arguments, or the one at `index`.
    private static let accumulate = TaskDefinition(name: "celery.accumulate") { args, kwargs, _ in
        guard let index = kwargs["index"]?.integer else { return .array(args) }
        guard args.indices.contains(index) else { throw failure("IndexError", "tuple index out of range") }
        return args[index]
    }

    private static let map = TaskDefinition(name: "celery.map") { args, kwargs, context in
        try await each(args, kwargs, context) { [$0] }
    }

    private static let starmap = TaskDefinition(name: "celery.starmap") { args, kwargs, context in
        try await each(args, kwargs, context) { $0.array ?? [$0] }
    }

    private static let chunks = TaskDefinition(name: "celery.chunks") { args, kwargs, context in
        var given = kwargs
        for (name, value) in zip(["task", "it", "n"], args) { given[name] = value }
        let result = try await context.app.apply(Signature("celery.chunks", kwargs: given, kind: .chunks), parent: context.request)
        return result.tuple
    }

    private static let backendCleanup = TaskDefinition(name: "celery.backend_cleanup") { _, _, context in
        guard let results = context.app.results, let lifetime = context.app.configuration.resultLifetime else { return .null }
        try await results.removeExpired(before: context.app.time() - lifetime.seconds)
        return .null
    }

    /// Kept by Celery for old senders: applied by whoever runs it.
    private static func composed(_ name: String, _ kind: Signature.Kind) -> TaskDefinition {
        TaskDefinition(name: name) { args, kwargs, context in
            let result = try await context.app.apply(Signature(name, args: args, kwargs: kwargs, kind: kind), parent: context.request)
            return result.tuple
        }
    }

    /// Calls a task directly, once for each item.
    private static func each(
        _ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ context: TaskContext, arguments: (Value) -> [Value]
    ) async throws -> Value {
        guard let signature = try (kwargs["task"] ?? args.first).map({ try Signature($0) }), let items = (kwargs["it"] ?? args.dropFirst().first)?.array else {
            throw failure("TypeError", "a task and a list of items are wanted")
        }
        guard let task = context.app.definition(of: signature.task) else { throw failure("NotRegistered", signature.task, module: "celery.exceptions") }
        var results: [Value] = []
        for item in items {
            try Task.checkCancellation()
            results.append(try await task.body(arguments(item), [:], context))
        }
        return .array(results)
    }

    /// To be thrown.
    static func failure(_ type: String, _ message: String, module: String = "builtins") -> StoredException {
        StoredException(type: type, module: module, arguments: [.string(message)])
    }
}
