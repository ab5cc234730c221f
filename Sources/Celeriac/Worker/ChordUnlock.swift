import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// `celery.chord_unlock`: looks again and again whether the header of a chord is done, where the backend does not count its members.
enum ChordUnlock {
    static let task: TaskDefinition = {
        var options = TaskOptions()
        options.retry = .fixed(.seconds(1), max: nil)
        options.ignoresResult = true
        return TaskDefinition(name: "celery.chord_unlock", options: options) { args, kwargs, context in
            try await Look(args, kwargs, context).run()
            return .null
        }
    }()

    private struct Look {
        let group: String
        let body: Signature
        /// In header order.
        let members: [TaskID]
        let interval: Double
        let limit: Int?
        let context: TaskContext

        init(_ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ context: TaskContext) throws {
            guard let group = (args.first ?? kwargs["group_id"])?.string, let callback = args.dropFirst().first ?? kwargs["callback"] else {
                throw BuiltInTasks.failure("TypeError", "a group and a callback are wanted")
            }
            self.group = group
            self.context = context
            body = try Signature(callback)
            members = Self.ids(kwargs["result"] ?? .null)
            interval = kwargs["interval"]?.double ?? context.app.configuration.chordRetryInterval.seconds
            limit = kwargs["max_retries"]?.integer
        }

        func run() async throws {
            guard let results = context.app.results else { return }
            let records = try await results.records(of: members)
            guard members.allSatisfy({ records[$0]?.state.isReady == true }) else {
                return try context.retry(after: .seconds(max(0.01, interval)), max: limit ?? .max)
            }
            if let failed = members.lazy.compactMap({ records[$0] }).first(where: { $0.state != .success }) {
                return await fail("Dependency \(failed.id) raised \(failed.exception?.text ?? PythonRepr.text(failed.result))", in: results)
            }
            _ = try await context.app.apply(body, args: [.array(members.map { records[$0]?.result ?? .null })])
        }

        private func fail(_ reason: String, in results: any ResultStore) async {
            guard let id = body.options["task_id"]?.string else { return }
            let exception = StoredException(type: "ChordError", module: "celery.exceptions", arguments: [.string(reason)])
            var record = ResultRecord(id: TaskID(id), state: .failure, result: exception.value)
            record.traceback = exception.text
            record.dateDone = ISOTime.text(WorkerClock.now())
            try? await results.store([record], lifetime: context.app.configuration.resultLifetime)
            let errbacks = RevokedStamps.list(body.options["link_error"] ?? .null)
            guard !errbacks.isEmpty else { return }
            _ = try? await context.app.apply(
                Signature("celery.group", kwargs: ["tasks": .array(errbacks)], kind: .group), args: [.string(id)], parent: context.request)
        }

        /// Of results in tuple form, `[[id, parent], members or null]`, nested ones in order.
        private static func ids(_ results: Value) -> [TaskID] {
            (results.array ?? []).flatMap { result -> [TaskID] in
                let parts = result.array ?? []
                if let inner = parts.dropFirst().first?.array { return ids(.array(inner)) }
                return parts.first?.array?.first?.string.map { [TaskID($0)] } ?? []
            }
        }
    }
}

extension TaskState {
    /// Has an outcome that a caller would get.
    var isReady: Bool { self == .success || self == .failure || self == .revoked }
}
