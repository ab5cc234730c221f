public import CeleriacCore
import OrderedCollections

// `@concurrent` also says what would hold without it: Swift 6.3.1 crashes on bodies with a parameter pack when `NonisolatedNonsendingByDefault` is on.
extension App {
    /// Makes a function known as a task, under the name that callers in any language use.
    ///
    /// ```swift
    /// let add = try app.task("shop.add", "x", .optional("y", default: 1)) { (x: Int, y: Int) in x + y }
    /// ```
    ///
    /// The body may be `async`, may throw, may take a `TaskContext` first, and may return nothing. It is called by many runs at once, on no actor.
    ///
    /// - Parameters:
    ///   - parameters: one for each argument of the body; none when callers are to use no keywords.
    ///   - options: all that the other parameters do not say.
    ///   - queue: where calls go, unless they say otherwise.
    ///   - retry: when a run that throws is tried again.
    ///   - limits: after which a run is cancelled, and ended.
    ///   - rateLimit: how often it is begun at most, by each worker.
    ///   - ignoresResult: stores no result.
    /// - Throws: `ArgumentError` when the parameters are not as many as the body's arguments.
    @discardableResult
    public func task<each Argument: Codable & Sendable, Output: Codable & Sendable>(
        _ name: String, _ parameters: Parameter..., options: TaskOptions = TaskOptions(), queue: QueueName? = nil, retry: RetryPolicy? = nil,
        limits: TimeLimits? = nil, rateLimit: RateLimit? = nil, ignoresResult: Bool? = nil,
        body: @escaping @Sendable @concurrent (repeat each Argument) async throws -> Output
    ) throws -> TypedTask<repeat each Argument, Output> {
        let options = options.with(queue, retry, limits, rateLimit, ignoresResult)
        return try register(name, parameters, options) { (_, arguments: repeat each Argument) in try await body(repeat each arguments) }
    }

    /// A task that is told about its run.
    @discardableResult
    public func task<each Argument: Codable & Sendable, Output: Codable & Sendable>(
        _ name: String, _ parameters: Parameter..., options: TaskOptions = TaskOptions(), queue: QueueName? = nil, retry: RetryPolicy? = nil,
        limits: TimeLimits? = nil, rateLimit: RateLimit? = nil, ignoresResult: Bool? = nil,
        body: @escaping @Sendable @concurrent (TaskContext, repeat each Argument) async throws -> Output
    ) throws -> TypedTask<repeat each Argument, Output> {
        try register(name, parameters, options.with(queue, retry, limits, rateLimit, ignoresResult), body)
    }

    /// A task without a result: it returns null, `None` in Python.
    @discardableResult
    public func task<each Argument: Codable & Sendable>(
        _ name: String, _ parameters: Parameter..., options: TaskOptions = TaskOptions(), queue: QueueName? = nil, retry: RetryPolicy? = nil,
        limits: TimeLimits? = nil, rateLimit: RateLimit? = nil, ignoresResult: Bool? = nil,
        body: @escaping @Sendable @concurrent (repeat each Argument) async throws -> Void
    ) throws -> TypedTask<repeat each Argument, NoResult> {
        let options = options.with(queue, retry, limits, rateLimit, ignoresResult)
        return try register(name, parameters, options) { (_, arguments: repeat each Argument) in
            try await body(repeat each arguments)
            return NoResult()
        }
    }

    /// A task without a result that is told about its run.
    @discardableResult
    public func task<each Argument: Codable & Sendable>(
        _ name: String, _ parameters: Parameter..., options: TaskOptions = TaskOptions(), queue: QueueName? = nil, retry: RetryPolicy? = nil,
        limits: TimeLimits? = nil, rateLimit: RateLimit? = nil, ignoresResult: Bool? = nil,
        body: @escaping @Sendable @concurrent (TaskContext, repeat each Argument) async throws -> Void
    ) throws -> TypedTask<repeat each Argument, NoResult> {
        try register(name, parameters, options.with(queue, retry, limits, rateLimit, ignoresResult)) { (context, arguments: repeat each Argument) in
            try await body(context, repeat each arguments)
            return NoResult()
        }
    }

    /// A task that others run, with its types as this program knows them: `app.remote("mail.send", as: ((String, Int) -> Bool).self)`.
    public func remote<each Argument: Codable & Sendable, Output: Codable & Sendable>(
        _ name: String, as type: ((repeat each Argument) -> Output).Type
    ) -> TypedTask<repeat each Argument, Output> {
        TypedTask(name, self)
    }

    private func register<each Argument: Codable & Sendable, Output: Codable & Sendable>(
        _ name: String, _ parameters: [Parameter], _ options: TaskOptions,
        _ body: @escaping @Sendable @concurrent (TaskContext, repeat each Argument) async throws -> Output
    ) throws -> TypedTask<repeat each Argument, Output> {
        var count = 0
        for _ in repeat (each Argument).self { count += 1 }
        let binding = try ArgumentBinding(task: name, count: count, parameters: parameters)
        register(
            TaskDefinition(name: name, parameters: parameters.map { $0.name }, options: options) { args, kwargs, context in
                var decoding = ArgumentDecoding(values: try binding.bind(args, kwargs), binding: binding)
                let arguments = (repeat try decoding.next((each Argument).self))
                return try ValueEncoder().encode(try await body(context, repeat each arguments))
            })
        return TypedTask(name, self)
    }
}

/// What a task returns that returns nothing: null.
public struct NoResult: Codable, Hashable, Sendable {
    public init() {}
    public init(from decoder: any Decoder) throws {}
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encodeNil()
    }
}

/// Bound arguments on their way into a body, one after the other.
private struct ArgumentDecoding {
    let values: [Value]
    let binding: ArgumentBinding
    private var index = 0

    init(values: [Value], binding: ArgumentBinding) {
        self.values = values
        self.binding = binding
    }

    mutating func next<Argument: Decodable>(_ type: Argument.Type) throws(CallMismatch) -> Argument {
        defer { index += 1 }
        do { return try ValueDecoder().decode(type, from: index < values.count ? values[index] : .null) } catch { throw binding.mismatch(at: index, error) }
    }
}

extension TaskOptions {
    fileprivate func with(_ queue: QueueName?, _ retry: RetryPolicy?, _ limits: TimeLimits?, _ rateLimit: RateLimit?, _ ignoresResult: Bool?) -> TaskOptions {
        var options = self
        options.queue = queue ?? self.queue
        options.retry = retry ?? self.retry
        options.limits = limits ?? self.limits
        options.rateLimit = rateLimit ?? self.rateLimit
        options.ignoresResult = ignoresResult ?? self.ignoresResult
        return options
    }
}
