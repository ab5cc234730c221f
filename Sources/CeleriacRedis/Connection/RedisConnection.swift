import CeleriacBroker
import NIOCore
import NIOPosix

/// One connection, logged in, to one database. Pipelines may be sent from anywhere, also while others wait; they are answered in order.
///
/// It does not come back by itself: once `isOpen` is false, open another.
struct RedisConnection: Sendable {
    let endpoint: RedisEndpoint
    let gate: CommandGate
    /// 3, or 2 for servers before Redis 6.
    private(set) var protocolVersion = 3
    /// What the pool tells a new connection was accepted.
    var isGreeted = true
    let channel: any Channel
    private let ending: ConnectionEnd

    var isOpen: Bool { channel.isActive }

    /// Connects and logs in: `HELLO 3`, or `AUTH` on servers that do not know it, then `SELECT` and a name for `CLIENT LIST`. If nobody answers there, the
    /// endpoint's alternates are tried.
    /// - Parameters:
    ///   - patience: limit of the time to connect, and of that to log in.
    ///   - receiveBuffer: bytes read at once.
    ///   - pushed: told, on the connection's thread, what the server pushes by itself, and of the connection's end (`nil`).
    static func open(
        _ endpoint: RedisEndpoint, gate: CommandGate, patience: Duration = .seconds(5), receiveBuffer: Int = 1 << 16,
        pushed: (@Sendable (RESPValue?) -> Void)? = nil
    ) async throws(TransportError) -> RedisConnection {
        var failure: TransportError?
        for candidate in [endpoint] + endpoint.alternates {
            do throws(TransportError) {
                return try await open(only: candidate, gate: gate, patience: patience, receiveBuffer: receiveBuffer, pushed: pushed)
            } catch {
                guard error.kind == .unreachable || error.kind == .timedOut else { throw error }
                failure = failure ?? error
            }
        }
        throw failure ?? .closed(endpoint, operation: "open")
    }

    private static func open(
        only endpoint: RedisEndpoint, gate: CommandGate, patience: Duration, receiveBuffer: Int, pushed: (@Sendable (RESPValue?) -> Void)?
    ) async throws(TransportError) -> RedisConnection {
        let security = try endpoint.tls.map { settings throws(TransportError) in try TLSLayer(settings, endpoint) }
        let ending = ConnectionEnd()
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(TimeAmount(patience))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: receiveBuffer))
            .channelOption(.maxMessagesPerRead, value: 16)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let security { try channel.pipeline.syncOperations.addHandler(security.handler()) }
                    try channel.pipeline.syncOperations.addHandler(CommandHandler(endpoint, ending, pushed: pushed))
                }
            }
        let channel: any Channel
        do {
            channel =
                switch endpoint.address {
                case .host(let host, let port): try await bootstrap.connect(host: host, port: port).get()
                case .socket(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
                }
        } catch {
            throw .connecting(endpoint, error)
        }
        var connection = RedisConnection(endpoint: endpoint, gate: gate, channel: channel, ending: ending)
        do throws(TransportError) {
            connection.protocolVersion = try await connection.logIn(patience)
        } catch {
            channel.close(promise: nil)
            throw error.loggingIn(endpoint)
        }
        return connection
    }

    /// Sends `commands` in one write; returns their replies in order, errors of the server among them as values. Subscriptions have none; at least one other
    /// command must follow them, whose reply shows that they are in force.
    ///
    /// A pipeline that is not answered within `timeout` ends the connection: what comes after could belong to anyone.
    func send(_ commands: [RedisCommand], timeout: Duration = .seconds(5)) async throws(TransportError) -> [RESPValue] {
        guard let first = commands.first else { return [] }
        return try await replies(begin(commands, timeout: timeout), operation: first.name)
    }

    /// Sends a pipeline, at least one command, without waiting for its replies; they come after those of all that was sent before.
    func begin(_ commands: [RedisCommand], timeout: Duration) throws(TransportError) -> EventLoopFuture<[RESPValue]> {
        for command in commands { try gate.check(command, endpoint) }
        let promise = channel.eventLoop.makePromise(of: [RESPValue].self)
        let batch = CommandBatch(commands: commands, timeout: TimeAmount(timeout), promise: promise)
        channel.writeAndFlush(batch).cascadeFailure(to: promise)
        return promise.futureResult
    }

    /// The replies to what `begin` sent.
    func replies(_ begun: EventLoopFuture<[RESPValue]>, operation: String) async throws(TransportError) -> [RESPValue] {
        do { return try await begun.get() } catch {
            throw .lost(endpoint, operation: operation, error is TransportError ? error : ending.reason ?? error)
        }
    }

    /// The replies to `commands`, none of which may be refused.
    /// - Throws: also the server's first refusal, of what is called `operation`; the other commands have been carried out all the same.
    @discardableResult
    func send(_ commands: [RedisCommand], operation: String, timeout: Duration = .seconds(5)) async throws(TransportError) -> [RESPValue] {
        let replies = try await send(commands, timeout: timeout)
        if let text = replies.lazy.compactMap(\.errorText).first { throw .refusal(text, operation: operation, endpoint) }
        return replies
    }

    /// The reply to one command.
    /// - Throws: also the server's own refusal.
    func send(_ command: RedisCommand, timeout: Duration = .seconds(5)) async throws(TransportError) -> RESPValue {
        let replies = try await send([command], timeout: timeout)
        if let text = replies[0].errorText { throw .refusal(text, operation: command.name, endpoint) }
        return replies[0]
    }

    /// Closes at once; what is still unanswered fails.
    func close() {
        channel.close(promise: nil)
    }

    // MARK: - Logging in

    private func logIn(_ patience: Duration) async throws(TransportError) -> Int {
        var hello = ["3"]
        if let password = endpoint.password { hello += ["AUTH", endpoint.user ?? "default", password] }
        let name = RedisCommand("CLIENT", "SETNAME", "celeriac")
        let select = endpoint.database == 0 ? [] : [RedisCommand("SELECT", String(endpoint.database))]
        var replies = try await send([RedisCommand("HELLO", hello), name] + select, timeout: patience)
        var version = 3
        if let text = replies[0].errorText {
            guard text.isHelloUnknown else { throw .refusal(text, operation: "HELLO", endpoint) }
            version = 2
            var commands: [RedisCommand] = []
            if let password = endpoint.password { commands = [RedisCommand("AUTH", (endpoint.user.map { [$0] } ?? []) + [password])] }
            // Something must show that we were let in, also without a password and in database 0.
            commands += [RedisCommand("PING"), name] + select
            replies = try await send(commands, timeout: patience)
            if let text = replies[0].errorText { throw .refusal(text, operation: "HELLO", endpoint) }
        }
        // A server that forbids naming connections is as good as any other.
        if let selected = select.first, let text = replies.last?.errorText { throw .refusal(text, operation: selected.name, endpoint) }
        return version
    }
}

extension String {
    /// The error of a server (or proxy, or access list) that does not take `HELLO 3`.
    fileprivate var isHelloUnknown: Bool {
        hasPrefix("NOPROTO") || hasPrefix("ERR unknown command") || hasPrefix("NOPERM")
    }
}
