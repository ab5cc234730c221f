import CeleriacBroker
public import CeleriacCore
public import OrderedCollections

/// A task as callers see it: its name, and the types of its arguments and of its result.
///
/// Made by `App.task`, which also makes this program able to run it, and by `App.remote`, for tasks that others run.
public struct TypedTask<each Argument: Codable & Sendable, Output: Codable & Sendable>: Sendable {
    public let name: String
    public let app: App

    init(_ name: String, _ app: App) {
        self.name = name
        self.app = app
    }

    /// Sends it; in the broker when this returns.
    /// - Throws: `ArgumentError` when an argument cannot be encoded, `TransportError`.
    @discardableResult
    public func delay(_ arguments: repeat each Argument) async throws -> AsyncResult<Output> { try await s(repeat each arguments).apply() }

    /// Sends it with options: Celery's `apply_async`.
    @discardableResult
    public func apply(_ arguments: repeat each Argument, options: CallOptions) async throws -> AsyncResult<Output> {
        try await s(repeat each arguments).apply(options)
    }

    /// Sends it once for each element, all in one round trip where the broker can: many times faster than one by one.
    /// - Returns: the results, in the same order.
    @discardableResult
    public func delayAll(_ calls: some Sequence<(repeat each Argument)>, options: CallOptions = CallOptions()) async throws -> [AsyncResult<Output>] {
        try await app.sendAll(calls.map { s(repeat each $0) }, options: options)
    }

    /// The call as data, with all arguments, checked; results of earlier tasks would come **before** them.
    public func s(_ arguments: repeat each Argument) -> Call<Output> {
        var encoded = EncodedArguments(name)
        repeat encoded.append(each arguments)
        return Call(Signature(name, args: encoded.values), app: app, problem: encoded.problem)
    }

    /// Like `s`, but takes no results of earlier tasks: immutable.
    public func si(_ arguments: repeat each Argument) -> Call<Output> { s(repeat each arguments).immutable() }

    /// The call as data with some arguments only, unchecked: what comes before them is the results of earlier tasks.
    public func partial<each Given: Encodable>(_ arguments: repeat each Given, kwargs: OrderedDictionary<String, Value> = [:]) -> Call<Output> {
        var encoded = EncodedArguments(name)
        repeat encoded.append(each arguments)
        return Call(Signature(name, args: encoded.values, kwargs: kwargs), app: app, problem: encoded.problem)
    }

    /// Runs the body here and now, in this Swift task, without broker or backend; arguments and result are encoded and decoded as they would be on the way.
    /// - Throws: what the body throws; `ArgumentError` for a task that this program cannot run.
    public func call(_ arguments: repeat each Argument) async throws -> Output {
        guard let definition = app.definition(of: name) else { throw ArgumentError("\(name) is no task of this program") }
        var encoded = EncodedArguments(name)
        repeat encoded.append(each arguments)
        if let problem = encoded.problem { throw problem }
        let context = TaskContext(app: app, request: try .direct(name, encoded.values), definition: definition)
        let value = try await TaskContext.$current.withValue(context) { try await definition.body(encoded.values, [:], context) }
        return try ValueDecoder().decode(Output.self, from: value)
    }
}

extension TypedTask {
    /// One task that runs it for each element, one after the other; of a task with one parameter the element is the argument, else the arguments.
    public func map(_ items: some Sequence<(repeat each Argument)>) -> Call<[Output]> { mapping(items, starred: parameterCount != 1) }

    /// One task that runs it for each element, one after the other, with the element as its arguments.
    public func starmap(_ items: some Sequence<(repeat each Argument)>) -> Call<[Output]> { mapping(items, starred: true) }

    /// Tasks that run it for `size` elements each; the result is one list for each of them.
    public func chunks(_ items: some Sequence<(repeat each Argument)>, of size: Int) -> GroupCall<[Output]> {
        let (values, problem) = encoded(items, starred: true)
        guard size > 0 else {
            return GroupCall(Call(.chunks(Signature(name), over: [], size: 1), app: app, problem: ArgumentError("chunks of \(size) of \(name)")))
        }
        return GroupCall(Call(.chunks(Signature(name), over: values, size: size), app: app, problem: problem))
    }

    private var parameterCount: Int {
        var count = 0
        for _ in repeat (each Argument).self { count += 1 }
        return count
    }

    private func mapping(_ items: some Sequence<(repeat each Argument)>, starred: Bool) -> Call<[Output]> {
        let (values, problem) = encoded(items, starred: starred)
        return Call(starred ? .starmap(Signature(name), over: values) : .map(Signature(name), over: values), app: app, problem: problem)
    }

    private func encoded(_ items: some Sequence<(repeat each Argument)>, starred: Bool) -> ([Value], (any Error)?) {
        let calls = items.map { s(repeat each $0) }
        // No key path: within a parameter pack Swift 6.3.1 crashes on them.
        return (calls.map { starred ? .array($0.signature.args) : $0.signature.args.first ?? .null }, calls.lazy.compactMap { $0.problem }.first)
    }
}

/// Arguments on their way into a message.
struct EncodedArguments {
    private let task: String
    private(set) var values: [Value] = []
    private(set) var problem: ArgumentError?

    init(_ task: String) { self.task = task }

    mutating func append(_ argument: some Encodable) {
        // What most arguments are needs no encoder.
        switch argument {
        case let integer as Int: values.append(.integer(integer))
        case let text as String: values.append(.string(text))
        default:
            switch ArgumentError.encoding("argument \(values.count + 1) of \(task)", argument) {
            case .success(let value): values.append(value)
            case .failure(let error):
                values.append(.null)
                problem = problem ?? error
            }
        }
    }
}

extension TaskRequest {
    /// Of a body that is called without a message.
    static func direct(_ name: String, _ args: [Value]) throws(MessageError) -> TaskRequest {
        let call = TaskCall(id: TaskID(freshUUID()), name: name, args: args)
        return TaskRequest(message: try TaskMessage(call.envelope(now: 0, replyTo: "", origin: "")), worker: "")
    }
}
