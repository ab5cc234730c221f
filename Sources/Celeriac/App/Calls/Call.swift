public import CeleriacCore
public import OrderedCollections

/// Anything that calls are composed of: a call, or a group of them.
public protocol Composable: Sendable {
    /// What its result decodes as.
    associatedtype Output: Decodable & Sendable
    var call: Call<Output> { get }
}

/// A task call, or a workflow of them, that has not been sent: data, which can be composed further, sent once or many times, or be an argument.
///
/// Made by `TypedTask.s`, `si` and `partial`, by `App.signature`, and by `chain`, `chord` and the like.
public struct Call<Output: Decodable & Sendable>: Composable {
    public var signature: Signature
    let app: App?
    /// What went wrong while it was made; thrown when it is sent.
    let problem: (any Error)?

    init(_ signature: Signature, app: App?, problem: (any Error)? = nil) {
        self.signature = signature
        self.app = app
        self.problem = problem
    }

    public var call: Call<Output> { self }

    /// The same call, its result decoded as something else.
    public func returning<Other>(_ type: Other.Type) -> Call<Other> { Call<Other>(signature, app: app, problem: problem) }

    /// With options, which win over those it has; links and stamps are added to them.
    public func set(_ options: CallOptions) -> Call { changing { (signature) throws(CanvasError) in try signature.set(options) } }
    /// Takes no results of earlier tasks as arguments.
    public func immutable() -> Call { changing { (signature) throws(CanvasError) in signature = try signature.immutable() } }
    /// Sends `callback` after success, with the result as its first argument.
    public func link(_ callback: some Composable) -> Call {
        changing(callback) { (signature, callback) throws(CanvasError) in signature = try signature.linking(callback) }
    }
    /// Sends `errback` after failure, with the id of the failed task as its argument. Of a chain, every step's failure counts.
    public func onError(_ errback: some Composable) -> Call {
        let onHeaders = app?.configuration.allowsErrorCallbackOnChordHeader ?? false
        return changing(errback) { (signature, errback) throws(CanvasError) in signature = try signature.linkingError(errback, onHeaders: onHeaders) }
    }
    /// Marks it, and all that it is composed of; workers can revoke by stamps.
    public func stamped(_ stamps: OrderedDictionary<String, Value>) -> Call {
        changing { (signature) throws(CanvasError) in signature = try Canvas.stamp(signature, stamps) }
    }

    private func changing(_ change: (inout Signature) throws(CanvasError) -> Void) -> Call {
        var changed = signature
        do { try change(&changed) } catch { return Call(changed, app: app, problem: problem ?? error) }
        return Call(changed, app: app, problem: problem)
    }

    private func changing(_ other: some Composable, _ change: (inout Signature, Signature) throws(CanvasError) -> Void) -> Call {
        let other = other.call
        let changed = changing { (signature) throws(CanvasError) in try change(&signature, other.signature) }
        return Call(changed.signature, app: app ?? other.app, problem: changed.problem ?? other.problem)
    }
}

extension Call {
    /// Sends it; what it needs is in the broker when this returns. Within a task, the run that sends it is recorded as its parent.
    /// - Throws: `ArgumentError` when an argument could not be encoded, `CanvasError` when the composition makes no sense, `TransportError`.
    @discardableResult
    public func delay() async throws -> AsyncResult<Output> { try await apply() }

    /// Sends it with options for this once.
    @discardableResult
    public func apply(_ options: CallOptions = CallOptions()) async throws -> AsyncResult<Output> {
        let (app, applied) = try await send(options)
        return AsyncResult(applied, app: app)
    }

    func send(_ options: CallOptions) async throws -> (App, AppliedResult) {
        if let problem { throw problem }
        guard let app else { throw ArgumentError("an empty group belongs to no app") }
        let context = TaskContext.current
        let applied = try await app.apply(signature, options: options.values, parent: context?.request)
        context?.record(child: applied)
        return (app, applied)
    }
}

/// Calls that are sent together, to run side by side; all take the same further arguments.
public struct GroupCall<Member: Decodable & Sendable>: Composable {
    /// All of it as one call, whose result is the list of the members' results.
    public var call: Call<[Member]>

    init(_ call: Call<[Member]>) { self.call = call }

    public var signature: Signature { call.signature }

    public func set(_ options: CallOptions) -> GroupCall { GroupCall(call.set(options)) }
    /// Sends `errback` after each member's failure.
    public func onError(_ errback: some Composable) -> GroupCall { GroupCall(call.onError(errback)) }
    public func stamped(_ stamps: OrderedDictionary<String, Value>) -> GroupCall { GroupCall(call.stamped(stamps)) }

    @discardableResult
    public func delay() async throws -> GroupResult<Member> { try await apply() }

    /// Sends all members, in one round trip where the broker can.
    /// - Throws: as `Call.apply`.
    @discardableResult
    public func apply(_ options: CallOptions = CallOptions()) async throws -> GroupResult<Member> {
        let (app, applied) = try await call.send(options)
        return GroupResult(applied, app: app)
    }
}
