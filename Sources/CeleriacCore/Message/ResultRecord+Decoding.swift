import OrderedCollections

extension ResultRecord {
    /// Reads what a key-value backend stores (`celery-task-meta-…`), or an rpc reply.
    ///
    /// - Parameter id: whose record it is, if the record itself does not say.
    /// - Throws: `MessageError`; of kind `unreadableContent`, with the name of the content, for records that are compressed or by another serializer than JSON.
    public init(decoding bytes: [UInt8], id: TaskID? = nil) throws(MessageError) {
        if let compression = Content.compression(of: bytes) {
            throw MessageError(.unreadableContent, part: "result record", cause: "it is compressed (\(compression))")
        }
        let whole: Value
        do { whole = try JSON.decode(bytes) } catch {
            if let guess = Content.guess(bytes) { throw MessageError(.unreadableContent, part: "result record", cause: "it looks like \(guess)") }
            throw MessageError(error, part: "result record")
        }
        try self.init(whole, id: id)
    }

    /// Reads a decoded record.
    public init(_ whole: Value, id: TaskID? = nil) throws(MessageError) {
        guard case .object(let members) = whole else { throw MessageError(.wrongShape, part: "result record", cause: "it is no JSON object") }
        guard let status = members["status"]?.string else { throw MessageError(.wrongShape, part: "result record", cause: "it has no text under \"status\"") }
        guard let id = members["task_id"]?.string.map(TaskID.init(_:)) ?? id else {
            throw MessageError(.wrongShape, part: "result record", cause: "it has no \"task_id\"")
        }
        self.init(id: id, state: TaskState(rawValue: status), result: members["result"] ?? .null)
        traceback = members["traceback"]?.string
        children = members["children"] ?? .null
        dateDone = members["date_done"]?.string
        parent = members["parent_id"]?.string.map(TaskID.init(_:))
        group = members["group_id"]?.string
        name = members["name"]?.string
        args = members["args"]?.ifNotNull
        kwargs = members["kwargs"]?.ifNotNull
        worker = members["worker"]?.string.map(WorkerName.init(_:))
        retries = members["retries"]?.integer
        queue = members["queue"]?.string.map(QueueName.init(_:))
    }

    /// Seconds since 1970 when the task ended; `nil` when it has not.
    public var doneAt: Double? { dateDone.flatMap(ISOTime.parse) }

    /// The exception that `result` holds in the states RETRY, FAILURE and REVOKED; `nil` otherwise.
    public var exception: StoredException? {
        state == .retry || state == .failure || state == .revoked ? StoredException(result) : nil
    }
}

/// An exception as a result backend keeps it: `{"exc_type": …, "exc_message": [arguments], "exc_module": …}`.
public struct StoredException: Hashable, Sendable {
    /// Qualified name of its class, dots for nested ones.
    public var type: String
    public var module: String?
    /// What it was made with; an old writer's plain text is a single one.
    public var arguments: [Value]

    public init(type: String, module: String?, arguments: [Value]) {
        self.type = type
        self.module = module
        self.arguments = arguments
    }

    /// The map form.
    public var value: Value {
        ["exc_type": .string(type), "exc_message": .array(arguments), "exc_module": module.map(Value.string) ?? .null]
    }

    /// `nil` when `value` is no such object.
    public init?(_ value: Value) {
        guard let type = value["exc_type"]?.string else { return nil }
        self.type = type
        module = value["exc_module"]?.string
        switch value["exc_message"] {
        case .array(let arguments)?: self.arguments = arguments
        case .null?, nil: arguments = []
        case let message?: arguments = [message]
        }
    }

    /// As Python's `repr` of it, in full: `ValueError('no such order')`. **Not yet made safe to show.**
    public var text: String {
        type + "(" + arguments.map { PythonRepr.text($0, limit: nil, levels: 100) }.joined(separator: ", ") + ")"
    }
}
