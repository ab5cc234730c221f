import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// `celery.chord_unlock`: looks again and again whether the header of a chord is done, where the backend does not count its members.
enum ChordUnlock {
    static let task: TaskDefinition = {
        var options = TaskOptions()
        options.retry = RetryPolicy(limit: nil, isAutomatic: false, delay: .seconds(1), hasJitter: false)
        options.ignoresResult = true
        return TaskDefinition(name: "celery.chord_unlock", options: options) { args, kwargs, context in
            try await Look(args, kwargs, context).run()
            return .null
        }
    }()

    private struct Look {
        let body: Value
        /// Of the header, in its order.
        let members: [AppliedResult]
        let interval: Double
        let limit: Int?
        let context: TaskContext

        init(_ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ context: TaskContext) throws {
            guard let body = args.dropFirst().first ?? kwargs["callback"] else { throw BuiltInTasks.failure("TypeError", "a group and a callback are wanted") }
            self.body = body
            self.context = context
            members = (kwargs["result"]?.array ?? []).compactMap { AppliedResult($0) }
            interval = kwargs["interval"]?.double ?? context.app.configuration.chordRetryInterval.seconds
            limit = kwargs["max_retries"]?.integer
        }

        func run() async throws {
            guard let results = context.app.results else { return }
            let tasks = members.flatMap(\.tasks)
            let records = try await results.records(of: tasks)
            guard tasks.allSatisfy({ records[$0]?.state.isReady == true }) else {
                try context.retry(after: .seconds(max(0.01, min(interval, 1e6))), max: limit)
            }
            let app = context.app, canvas = app.canvasContext(running: context.request)
            if let failed = tasks.lazy.compactMap({ records[$0] }).first(where: { $0.state != .success }) {
                let cause = failed.exception ?? StoredException(type: "Exception", module: "builtins", arguments: [failed.result])
                return try await fail(Canvas.chordError(dependency: failed.id, raised: cause), canvas, in: results)
            }
            let values = members.map { Self.value(of: $0, records) }
            try await app.carryOut(Canvas.chordBody(body, results: values, context: canvas, newID: freshUUID).steps)
        }

        private func fail(_ error: StoredException, _ canvas: CanvasContext, in results: any ResultStore) async throws {
            let failure = Canvas.failedChord(body: body, context: canvas, newID: freshUUID)
            let done = ISOTime.text(context.app.time())
            let records = failure.failures.compactMap(\.id).map { id in
                var record = ResultRecord(id: id, state: .failure, result: error.value)
                record.traceback = error.text
                record.dateDone = done
                return record
            }
            try await results.store(records, lifetime: context.app.configuration.resultLifetime)
            try await context.app.carryOut(failure.errbacks.flatMap(\.steps))
            if let problem = failure.problems.first { throw problem }
        }

        private static func value(of result: AppliedResult, _ records: [TaskID: ResultRecord]) -> Value {
            switch result {
            case .task(let id, _): records[id]?.result ?? .null
            case .group(_, let members, _): .array(members.map { value(of: $0, records) })
            }
        }
    }
}

extension TaskState {
    /// Has an outcome that a caller would get.
    var isReady: Bool { self == .success || self == .failure || self == .revoked }
}
