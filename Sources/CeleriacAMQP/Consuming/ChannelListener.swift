import CeleriacBroker
import CeleriacCore
import Synchronization

/// Who hears what an exchange hands out, over a channel and a queue of its own, which the broker deletes when it is gone.
final class ChannelListener: Sendable {
    let exchange: String
    let queue: String
    let routingKey: String
    /// Whether bodies and their content types are all that is wanted.
    let isRaw: Bool
    /// What has come at once, on the link's thread.
    let heard: @Sendable ([Envelope]) -> Void
    private let failure = Mutex<TransportError?>(nil)
    private let bell = Bell()

    init(_ exchange: String, queue: String, routingKey: String, isRaw: Bool = false, heard: @escaping @Sendable ([Envelope]) -> Void) {
        self.exchange = exchange
        self.queue = queue
        self.routingKey = routingKey
        self.isRaw = isRaw
        self.heard = heard
    }

    /// For the link, on its thread: nothing more will come.
    func lost(_ error: TransportError) {
        failure.withLock { $0 = error }
        bell.ring()
    }

    /// Listens until the task is cancelled or the link closed; connects again whenever it was lost.
    func run(_ link: ConsumingLink, tell: @Sendable (LinkState) -> Void) async {
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(5))
        var unheardSince: Double?
        tell(.connecting)
        while !Task.isCancelled {
            let heard = bell.rings
            do throws(TransportError) {
                try await link.listen(self)
                unheardSince = nil
                tell(.live)
                backoff.reset()
                await bell.wait(after: heard)
            } catch { failure.withLock { $0 = error } }
            guard let error = failure.withLock({ $0 }), !Task.isCancelled, await !link.isClosed else { break }
            failure.withLock { $0 = nil }
            let pause = backoff.next(), now = secondsSince1970(), since = unheardSince ?? now
            unheardSince = since
            tell(.reconnecting(since: since, retryAt: now + pause.seconds, reason: error.cause))
            try? await Task.sleep(for: pause)
        }
        await link.leave(self)
    }
}
