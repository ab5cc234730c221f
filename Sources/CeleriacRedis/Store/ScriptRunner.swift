import CeleriacBroker
import Synchronization

/// Runs scripts by their digests, which the server tells; a server that has forgotten a script is given it again.
final class ScriptRunner: Sendable {
    private let pool: ConnectionPool
    /// By the scripts' names.
    private let digests = Mutex<[String: [UInt8]]>([:])

    init(_ pool: ConnectionPool) { self.pool = pool }

    /// - Throws: also what the script itself refuses.
    func run(
        _ script: RedisScript, keys: [String], _ arguments: [[UInt8]], timeout: Duration = .seconds(10)
    ) async throws(TransportError) -> RESPValue {
        var digest = digests.withLock { $0[script.name] }
        for _ in 0..<2 {
            let known: [UInt8]
            if let digest { known = digest } else { known = try await load(script) }
            let all = [known, Array(String(keys.count).utf8)] + keys.map { Array($0.utf8) } + arguments
            let reply = try await pool.send([RedisCommand("EVALSHA", bytes: all)], timeout: timeout)[0]
            guard let text = reply.errorText else { return reply }
            // After a restart, a fail-over or SCRIPT FLUSH; nothing has been done then.
            guard text.hasPrefix("NOSCRIPT") else { throw .refusal(text, operation: script.name, pool.endpoint) }
            digest = nil
        }
        throw .refusal("NOSCRIPT", operation: script.name, pool.endpoint)
    }

    private func load(_ script: RedisScript) async throws(TransportError) -> [UInt8] {
        let reply = try await pool.send(RedisCommand("SCRIPT", "LOAD", script.source))
        guard let digest = reply.bytes else {
            throw TransportError(.garbled, operation: script.name, endpoint: pool.endpoint.shown, cause: "SCRIPT LOAD told no digest")
        }
        digests.withLock { $0[script.name] = digest }
        return digest
    }
}
