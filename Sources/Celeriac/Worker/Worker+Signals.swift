import Dispatch
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension Worker {
    /// As `run`, for a program that is nothing but a worker: signals end it as they end Celery's.
    ///
    /// SIGTERM and the first SIGINT: warm. SIGQUIT and the second SIGINT: soft when a time is set for that, else cold. The next one: cold. One more: at once.
    /// `REMAP_SIGTERM=SIGQUIT` in the environment makes SIGTERM the same as SIGQUIT.
    /// - Returns: the exit code of the process.
    public func runHeedingSignals() async throws -> Int32 {
        let remap = getenv("REMAP_SIGTERM").map { String(cString: $0) }
        let meaning = Mutex(SignalMeaning(remapsTerm: remap == "SIGQUIT", hasSoftShutdown: state.configuration.worker.softShutdownTimeout > .zero))
        let sources = SignalMeaning.heeded.map { number in
            // The default action would come before the handler.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                switch meaning.withLock({ $0.take(number) }) {
                case .shutdown(let kind): self.shutdown(kind)
                case .exit: exit(1)
                }
            }
            source.resume()
            return source
        }
        // Their default is to end the process; Celery prints its stacks then.
        signal(SIGUSR1, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        defer {
            for source in sources { source.cancel() }
            // Not SIGTERM: supervisors send it to the process and to its group, and the second one must not end what has ended well.
            for number in SignalMeaning.heeded where number != SIGTERM { signal(number, SIG_DFL) }
        }
        return try await run()
    }
}

/// What each signal means, after those that came before.
struct SignalMeaning: Sendable {
    enum Action: Hashable, Sendable {
        case shutdown(Shutdown)
        /// Without a farewell.
        case exit
    }

    static let heeded = [SIGTERM, SIGINT, SIGQUIT]

    let remapsTerm: Bool
    let hasSoftShutdown: Bool
    private var reached: Shutdown?

    init(remapsTerm: Bool, hasSoftShutdown: Bool) {
        self.remapsTerm = remapsTerm
        self.hasSoftShutdown = hasSoftShutdown
    }

    mutating func take(_ number: Int32) -> Action {
        // As often as it comes: it asks for nothing else.
        if number == SIGTERM, !remapsTerm { return .shutdown(reach(max(reached, .warm))) }
        if number == SIGINT, reached == nil { return .shutdown(reach(.warm)) }
        switch reached {
        case nil, .warm: return .shutdown(reach(hasSoftShutdown ? .soft : .cold))
        case .soft: return .shutdown(reach(.cold))
        case .cold: return .exit
        }
    }

    private mutating func reach(_ kind: Shutdown) -> Shutdown {
        reached = kind
        return kind
    }

    private func max(_ one: Shutdown?, _ other: Shutdown) -> Shutdown {
        guard let one, one.rawValue > other.rawValue else { return other }
        return one
    }
}
