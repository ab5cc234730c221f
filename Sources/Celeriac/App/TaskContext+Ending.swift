public import CeleriacCore
public import OrderedCollections

extension TaskContext {
    /// Ends this run and has the task run again under the same id, as `Task.retry` of Celery does.
    ///
    /// - Parameters:
    ///   - countdown: `nil` for the task's own delay (180 s unless its options say otherwise).
    ///   - eta: seconds since 1970; wins over `countdown`.
    ///   - error: why; stored with the state RETRY, and what the task fails with once no retries are left, instead of `MaxRetriesExceededError`.
    ///   - limit: instead of the task's own limit of retries.
    ///   - args: instead of the ones it was called with.
    ///   - options: for the new message: queue, priority, expires, limits; all else stays as it was.
    public func retry(
        after countdown: Duration? = nil, at eta: Double? = nil, because error: (any Error)? = nil, max limit: Int? = nil, args: [Value]? = nil,
        kwargs: OrderedDictionary<String, Value>? = nil, options: CallOptions = CallOptions()
    ) throws -> Never {
        let exception = error.map { StoredException($0) }
        if let limit = limit ?? retryLimit, retries >= limit { throw TaskSignal.failure(exception ?? maxRetries(args, kwargs)) }
        let pause = countdown ?? (definition?.options.retry ?? .never).delay
        throw TaskSignal.retry(
            TaskOutcome.Retry(
                args: args, kwargs: kwargs, eta: eta ?? (pause > .zero ? app.time() + pause.seconds : nil), exception: exception,
                traceback: (error as? any CeleryError)?.traceback ?? exception?.text ?? "", options: options.values))
    }

    /// In Celery's words.
    private func maxRetries(_ args: [Value]?, _ kwargs: OrderedDictionary<String, Value>?) -> StoredException {
        var (shownArgs, shownKwargs) = (args ?? [], kwargs ?? [:])
        if case .known(let own, let ownKwargs) = request.message.arguments { (shownArgs, shownKwargs) = (args ?? own, kwargs ?? ownKwargs) }
        let shown = "args:\(PythonRepr.text(.array(shownArgs), asTuple: true)) kwargs:\(PythonRepr.text(.object(shownKwargs)))"
        return StoredException(
            type: "MaxRetriesExceededError", module: "celery.exceptions", arguments: [.string("Can't retry \(request.message.name)[\(id)] \(shown)")])
    }

    /// Ends this run and rejects its message: to be run again by anybody, or to be dropped, with FAILURE stored. Needs late acknowledgement.
    public func reject(_ reason: String = "", requeue: Bool) throws -> Never { throw TaskSignal.reject(reason: reason, requeue: requeue) }

    /// Ends this run; nothing is stored, nothing follows.
    public func ignore() throws -> Never { throw TaskSignal.ignore }
}
