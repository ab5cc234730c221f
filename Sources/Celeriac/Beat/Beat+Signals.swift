public import CeleriacBroker
import Dispatch
import Glibc

extension Beat {
    /// As `run`, for a program that is nothing but a beat: SIGTERM, SIGINT and SIGQUIT end it, a second SIGINT at once.
    public func runHeedingSignals() async throws(TransportError) {
        let sources = [SIGTERM, SIGINT, SIGQUIT].map { number in
            // The default action would come before the handler.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if number == SIGINT { signal(SIGINT, SIG_DFL) }
                self.shutdown()
            }
            source.resume()
            return source
        }
        signal(SIGPIPE, SIG_IGN)
        defer { for source in sources { source.cancel() } }
        try await run()
    }
}
