import CeleriacBroker
import Synchronization

/// Lets through what a permission allows, command by command, just before the bytes leave: whatever goes wrong above, nothing else reaches the server.
///
/// `.passive` reads and subscribes. `.readOnly` may also publish on the control channel and keep reply boxes of its own; which methods may be asked is
/// `ControlGuard`'s concern. `.act` may do anything.
final class CommandGate: Sendable {
    let permission: Permission
    private let keys: RedisKeys
    /// The reply boxes that were opened here and are not yet swept.
    private let boxes = Mutex<Set<String>>([])

    init(_ permission: Permission, _ keys: RedisKeys) {
        self.permission = permission
        self.keys = keys
    }

    func open(box oid: String) { boxes.withLock { _ = $0.insert(oid) } }
    func close(box oid: String) { boxes.withLock { _ = $0.remove(oid) } }

    /// - Throws: kind `.readOnly` when `command` may not be sent.
    func check(_ command: RedisCommand, _ endpoint: RedisEndpoint) throws(TransportError) {
        guard !allows(command) else { return }
        throw TransportError(
            .readOnly, operation: command.name, endpoint: endpoint.shown,
            cause: "not allowed on a \(permission == .passive ? "passive" : "read-only") connection")
    }

    func allows(_ command: RedisCommand) -> Bool {
        if permission == .act || Self.reading.contains(command.name) { return true }
        if command.name == "CLIENT" { return command.argument(0) == "SETNAME" || command.argument(0) == "TRACKING" }
        guard permission == .readOnly else { return false }
        switch command.name {
        case "PUBLISH": return command.argument(0) == keys.controlChannel
        case "BRPOP", "DEL": return command.argument(0).map(isReplyKey) ?? false
        case "SADD", "SREM":
            return command.argument(0) == keys.replyBindings && command.arguments.count == 2 && (command.argument(1).map(isReplyBinding) ?? false)
        default: return false
        }
    }

    private func isReplyKey(_ key: String) -> Bool { boxes.withLock { $0.contains { keys.replyKey($0) == key } } }
    private func isReplyBinding(_ member: String) -> Bool { boxes.withLock { $0.contains { keys.replyBinding($0) == member } } }

    /// Commands that change nothing for anyone else.
    private static let reading: Set<String> = [
        "AUTH", "EXISTS", "GET", "GETRANGE", "HELLO", "HGET", "HLEN", "HMGET", "INFO", "LINDEX", "LLEN", "LPOS", "LRANGE", "MGET", "PING", "PSUBSCRIBE", "PTTL", "SCAN", "SCARD",
        "SELECT", "SISMEMBER", "SMEMBERS", "STRLEN", "SUBSCRIBE", "TIME", "TTL", "TYPE", "ZCARD", "ZRANGE", "ZSCORE",
    ]
}
