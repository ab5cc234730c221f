import CeleriacBroker
import Synchronization

/// The connections of one broker or result backend: one that is shared by all short calls, and some that are lent to calls which block.
///
/// Connections are made when they are first wanted, and again when they were lost.
actor ConnectionPool {
    let endpoint: RedisEndpoint
    nonisolated let gate: CommandGate
    /// The shared connection, for those who need not wait for the pool.
    private nonisolated let shared = Mutex<RedisConnection?>(nil)
    private nonisolated let greeting: Greeting
    /// Under way, so that many callers make one connection.
    private var opening: Task<Result<RedisConnection, TransportError>, Never>?
    private var idle: [RedisConnection] = []
    private var isClosed = false

    /// Connections kept for the next one who wants to block.
    private static let idleLimit = 4

    /// What a new connection is told and what it tells.
    struct Greeting: Sendable {
        /// Sent first; a refusal is no error.
        var commands: [RedisCommand] = []
        /// Told, on the connection's thread, what the server pushes by itself, and of the end (`nil`).
        var pushed: (@Sendable (RESPValue?) -> Void)?
    }

    init(_ endpoint: RedisEndpoint, _ gate: CommandGate, greeting: Greeting = Greeting()) {
        self.endpoint = endpoint
        self.gate = gate
        self.greeting = greeting
    }

    /// Replies to a pipeline on the shared connection; nothing sent here may block the server's side of it.
    nonisolated func send(_ commands: [RedisCommand], timeout: Duration = .seconds(5)) async throws(TransportError) -> [RESPValue] {
        if let connection = opened { return try await connection.send(commands, timeout: timeout) }
        return try await connection().send(commands, timeout: timeout)
    }

    /// The same for commands none of which may be refused.
    /// - Throws: also the server's first refusal, of what is called `operation`; the other commands have been carried out all the same.
    @discardableResult
    nonisolated func send(_ commands: [RedisCommand], operation: String, timeout: Duration = .seconds(5)) async throws(TransportError) -> [RESPValue] {
        if let connection = opened { return try await connection.send(commands, operation: operation, timeout: timeout) }
        return try await connection().send(commands, operation: operation, timeout: timeout)
    }

    nonisolated func send(_ command: RedisCommand) async throws(TransportError) -> RESPValue {
        if let connection = opened { return try await connection.send(command) }
        return try await connection().send(command)
    }

    /// All that `SCAN`, or a command of its kind, brings step by step; some of it may come more than once.
    /// - Parameter step: the command that goes on at a cursor.
    nonisolated func scan(_ step: (_ cursor: String) -> RedisCommand) async throws(TransportError) -> [RESPValue] {
        var items: [RESPValue] = []
        var cursor = "0"
        repeat {
            guard let parts = try await send(step(cursor)).items, parts.count == 2, let next = parts[0].text else { break }
            items += parts[1].items ?? []
            cursor = next
        } while cursor != "0"
        return items
    }

    nonisolated var isConnected: Bool { opened != nil }

    private nonisolated var opened: RedisConnection? {
        shared.withLock { shared in shared.flatMap { $0.isOpen ? $0 : nil } }
    }

    /// The shared connection.
    func connection() async throws(TransportError) -> RedisConnection {
        try refuseWhenClosed()
        if let opened { return opened }
        let task = opening ?? Task { [endpoint, gate, greeting] in await Self.open(endpoint, gate, greeting) }
        opening = task
        let result = await task.value
        // The first of the callers to come back keeps it.
        if opening == task {
            opening = nil
            let connection = try? result.get()
            if isClosed { connection?.close() } else { shared.withLock { $0 = connection } }
        }
        return try result.get()
    }

    /// A connection for one caller, who gives it back, or closes it.
    func lend() async throws(TransportError) -> RedisConnection {
        try refuseWhenClosed()
        while let connection = idle.popLast() {
            if connection.isOpen { return connection }
        }
        return try await Self.open(endpoint, gate, greeting).get()
    }

    func giveBack(_ connection: RedisConnection) {
        if isClosed || idle.count >= Self.idleLimit || !connection.isOpen {
            connection.close()
        } else {
            idle.append(connection)
        }
    }

    func close() {
        isClosed = true
        shared.withLock { shared in
            shared?.close()
            shared = nil
        }
        for connection in idle { connection.close() }
        idle = []
    }

    private func refuseWhenClosed() throws(TransportError) {
        if isClosed { throw TransportError(.unreachable, operation: "open", endpoint: endpoint.shown, cause: "the broker was closed on this side") }
    }

    private static func open(
        _ endpoint: RedisEndpoint, _ gate: CommandGate, _ greeting: Greeting
    ) async -> Result<RedisConnection, TransportError> {
        do throws(TransportError) {
            var connection = try await RedisConnection.open(endpoint, gate: gate, pushed: greeting.pushed)
            connection.isGreeted = try await connection.send(greeting.commands).allSatisfy { $0.errorText == nil }
            return .success(connection)
        } catch {
            return .failure(error)
        }
    }
}
