import CeleriacBroker
import CeleriacCore

/// Hears of every change below RedBeat's prefix: the server pushes the keys (`CLIENT TRACKING ON BCAST PREFIX`, Redis 6).
struct RedBeatWatch: Sendable {
    let endpoint: RedisEndpoint
    let gate: CommandGate
    let keys: RedBeatKeys
    let mailbox: ScheduleMailbox
    /// Given the connection that listens, over which one may write without hearing of it, and `nil` at its end. Without it, of everything is told.
    let offer: (@Sendable (RedisConnection?) -> Void)?

    /// How often something may have changed on servers that do not tell.
    private static let ignorance = Duration.seconds(5)

    /// Until cancelled.
    func run() async {
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))
        while !Task.isCancelled {
            do throws(TransportError) {
                try await listen { backoff.reset() }
            } catch {
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Until the connection is gone.
    private func listen(isListening: () -> Void) async throws(TransportError) {
        let end = Bell()
        let connection = try await RedisConnection.open(endpoint, gate: gate) { push in
            if let push { hear(push) } else { end.ring() }
        }
        defer { connection.close() }
        let how = ["TRACKING", "ON", "BCAST", "PREFIX", keys.prefix] + (offer == nil ? [] : ["NOLOOP"])
        let answer = try await connection.send([RedisCommand("CLIENT", how)])[0]
        let canTell = connection.protocolVersion >= 3 && answer.errorText == nil
        defer { offer?(nil) }
        if canTell { offer?(connection) }
        isListening()
        mailbox.put(.anything)
        while connection.isOpen, !Task.isCancelled {
            let rings = end.rings
            if !connection.isOpen { break }
            await end.wait(after: rings, atMost: canTell ? .seconds(60) : Self.ignorance)
            if !canTell { mailbox.put(.anything) }
        }
    }

    /// On the connection's thread.
    private func hear(_ push: RESPValue) {
        guard let items = push.items, items.count >= 2, items[0].text == "invalidate" else { return }
        // Null: the whole database was emptied.
        guard let changed = items[1].items?.compactMap(\.text) else { return mailbox.put(.anything) }
        let names = changed.compactMap(keys.name)
        for name in names { mailbox.put(.entry(name)) }
        // The schedule changes with each entry; alone when an entry is thrown out, or looked at.
        if names.isEmpty, changed.contains(where: { $0 == keys.schedule || $0 == keys.statics }) { mailbox.put(.anything) }
    }
}
