/// Servers that all tests of a process share.
public enum SharedServer {
    public static let redis = Shared { try await RedisServer.start() }
    public static let rabbit = Shared { try await RabbitServer.start() }
}

/// One server for all tests that run at the moment; ended with the last of them.
public actor Shared<Server: AnyObject & Sendable> {
    private let start: @Sendable () async throws -> Server
    private weak var running: Server?
    private var starting: Task<Server, any Error>?

    public init(_ start: @escaping @Sendable () async throws -> Server) { self.start = start }

    public func server() async throws -> Server {
        if let running { return running }
        let task = starting ?? Task { [start] in try await start() }
        starting = task
        defer { if starting == task { starting = nil } }
        let server = try await task.value
        running = server
        return server
    }
}
