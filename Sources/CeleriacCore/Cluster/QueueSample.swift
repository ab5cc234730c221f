import OrderedCollections

/// Messages that wait in a queue, the one that is served next first, as they were at one moment.
public struct QueueSample: Hashable, Sendable {
    public struct Message: Hashable, Sendable {
        /// Messages before it in its queue.
        public var position: Int
        /// `nil` when it is none of a task.
        public var task: TaskMessage?
        /// Why it is none, in words.
        public var problem: String?
        /// Seconds since 1970, where the sender wrote it down.
        public var sentAt: Double?
        /// Bytes of its body.
        public var size: Int
        /// Itself, to be taken hold of.
        public var kept: KeptMessage

        /// - Parameter queue: where it waits.
        public init(_ envelope: Envelope, in queue: QueueName, position: Int) {
            self.init(envelope, KeptMessage(queue: queue, bytes: envelope.encoded()), position: position)
        }

        /// - Parameter kept: the message as it is taken hold of, without what its broker wrote on it when it showed it.
        public init(_ envelope: Envelope, _ kept: KeptMessage, position: Int) {
            self.kept = kept
            self.position = position
            size = envelope.body.count
            sentAt = envelope.headers["x-celeriac-sent-at"]?.double ?? envelope.properties["timestamp"]?.double
            do { task = try TaskMessage(envelope) } catch { problem = error.description }
        }

        /// Of stores without properties of their own.
        public init(_ kept: KeptMessage, position: Int) {
            do throws(MessageError) {
                self = Self(try Envelope(decoding: kept.bytes), kept, position: position)
            } catch {
                self.kept = kept
                self.position = position
                problem = error.description
                size = kept.bytes.count
            }
        }
    }

    public var queue: QueueName
    /// Messages before the first one here.
    public var first: Int
    public var messages: [Message]
    /// Messages that were ready.
    public var total: Int
    /// They were taken out and given back, and bear the mark of that: the flag `redelivered`.
    public var isMarked: Bool

    public init(queue: QueueName, first: Int, messages: [Message], total: Int, isMarked: Bool) {
        self.queue = queue
        self.first = first
        self.messages = messages
        self.total = total
        self.isMarked = isMarked
    }
}

extension QueueSample.Message {
    /// The fields of `celeriac peek`.
    /// - Parameter now: seconds since 1970.
    public func value(now: Double) -> Value {
        var args = Value.null, kwargs = Value.null
        if case .known(let positional, let named)? = task?.arguments { (args, kwargs) = (.array(positional), .object(named)) }
        var members: OrderedDictionary<String, Value> = ["position": .integer(position)]
        members["id"] = task.map { Value.string($0.id.rawValue) } ?? Value.null
        members["name"] = task.map { Value.string($0.name) } ?? Value.null
        (members["args"], members["kwargs"]) = (args, kwargs)
        members["eta"] = task?.eta.map(Value.number) ?? Value.null
        members["expires"] = task?.expires.map(Value.number) ?? Value.null
        members["priority"] = task.map { Value.integer($0.priority) } ?? Value.null
        members["age"] = sentAt.map { Value.number(max(0, now - $0)) } ?? Value.null
        members["redelivered"] = task.map { Value.bool($0.isRedelivered) } ?? Value.null
        members["size"] = .integer(size)
        members["problem"] = problem.map(Value.string) ?? Value.null
        members["headers"] = task.map { Value.object($0.headers) } ?? Value.null
        return .object(members)
    }

    /// Its arguments in one line, as the sender abbreviated them, else as JSON; **not yet made safe to show**.
    public var arguments: String {
        guard let task else { return "" }
        if let args = task.argsrepr { return args + (task.kwargsrepr.map { $0 == "{}" ? "" : " " + $0 } ?? "") }
        guard case .known(let args, let kwargs) = task.arguments else { return "" }
        return JSON.text(.array(args)) + (kwargs.isEmpty ? "" : " " + JSON.text(.object(kwargs)))
    }
}
