import CeleriacBroker

/// The connections of one broker or result backend: one that is shared by all short calls, and some that are lent to calls which block.
///
/// Connections are made when they are first wanted, and again when they were lost.
actor ConnectionPool {
    let endpoint: RedisEndpoint
    nonisolated let gate: CommandGate
    private var shared: RedisConnection?
    /// Under way, so that many callers make one connection.
    private var opening: Task<Result<RedisConnection, TransportError>, Never>?
    private var idle: [RedisConnection] = []
    private var isClosed = false

    /// Connections kept for the next one who wants to block.
    private static let idleLimit = 4

    init(_ endpoint: RedisEndpoint, _ gate: CommandGate) {
        self.endpoint = endpoint
        self.gate = gate
    }

    /// Replies to a pipeline on the shared connection; nothing sent here may block the server's side of it.
    func send(_ commands: [RedisCommand], timeout: Duration = .seconds(5)) async throws(TransportError) -> [RESPValue] {
        try await connection().send(commands, timeout: timeout)
    }

    func send(_ command: RedisCommand) async throws(TransportError) -> RESPValue {
        try await connection().send(command)
    }

    /// The shared connection.
    func connection() async throws(TransportError) -> RedisConnection {
        try refuseWhenClosed()
        if let shared, shared.isOpen { return shared }
        let task = opening ?? Task { [endpoint, gate] in await Self.open(endpoint, gate) }
        opening = task
        let result = await task.value
        // The first of the callers to come back keeps it.
        if opening == task {
            opening = nil
            shared = try? result.get()
            if isClosed { shared?.close() }
        }
        return try result.get()
    }

    /// A connection for one caller, who gives it back, or closes it.
    func lend() async throws(TransportError) -> RedisConnection {
        try refuseWhenClosed()
        while let connection = idle.popLast() {
            if connection.isOpen { return connection }
        }
        return try await Self.open(endpoint, gate).get()
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
        shared?.close()
        for connection in idle { connection.close() }
        idle = []
    }

    private func refuseWhenClosed() throws(TransportError) {
        if isClosed { throw TransportError(.unreachable, operation: "open", endpoint: endpoint.shown, cause: "the broker was closed on this side") }
    }

    private static func open(_ endpoint: RedisEndpoint, _ gate: CommandGate) async -> Result<RedisConnection, TransportError> {
        do throws(TransportError) {
            return .success(try await RedisConnection.open(endpoint, gate: gate))
        } catch {
            return .failure(error)
        }
    }
}
