import CeleriacBroker
import CeleriacCore
import NIOCore
import NIOHTTP1
import NIOPosix
import OrderedCollections

/// RabbitMQ's management plugin, asked over HTTP: what AMQP does not tell.
struct ManagementAPI: Sendable {
    let host: String
    let port: Int
    private let virtualHost: String
    private let authorization: String
    /// Fit to be shown.
    let shown: String

    /// Bytes; a longer answer is none.
    private static let limit = 64 << 20
    private static let patience = TimeAmount.seconds(5)

    /// The option `management=http://host:port` of the broker's URL, with user and password of its own or the broker's; `management=none` asks nobody. Without
    /// it, the port that is 10000 above the broker's, unless the broker is spoken to by TLS: a password is not to leave in clear then.
    /// - Returns: `nil` when nobody is to be asked.
    /// - Throws: kind `.misconfigured`.
    init?(_ url: BrokerURL, _ address: AMQPAddress) throws(TransportError) {
        var user = address.user, password = address.password
        if let text = url[option: "management"] {
            if text == "none" { return nil }
            guard let other = try? BrokerURL(text), other.scheme == "http", let host = other.host else {
                throw .misconfigured(url, "the option management names no plain HTTP address", hint: "write it like management=http://localhost:15672")
            }
            self.host = host
            port = other.port ?? 15672
            user = other.user ?? user
            password = other.password ?? password
        } else {
            guard address.tls == nil, !address.isExternal, address.port <= 55_535 else { return nil }
            host = address.host
            port = address.port + 10_000
        }
        virtualHost = address.virtualHost
        authorization = "Basic " + String(decoding: Base64.encode("\(user):\(password)".utf8), as: UTF8.self)
        shown = "http://\(host):\(port)"
    }

    // MARK: - Questions

    /// All queues of the virtual host, and which alarms are on.
    func look() async throws(TransportError) -> (queues: [QueueReport], alarms: [String]) {
        let name = virtualHost.utf8.map { byte in
            Character(Unicode.Scalar(byte)).isASCIIAlphanumeric ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        let answer = try await get("/api/queues/\(name)?disable_stats=false")
        guard let queues = answer.array else { throw garbled("a list of queues") }
        // Who may look at queues may not be who may look at nodes.
        let nodes = (try? await get("/api/nodes"))?.array ?? []
        var alarms: [String] = []
        for node in nodes {
            let name = ForeignText.safe(node["name"]?.string ?? "a node")
            if node["mem_alarm"]?.bool == true { alarms.append("\(name) is short of memory: publishers are blocked") }
            if node["disk_free_alarm"]?.bool == true { alarms.append("\(name) is short of disk space: publishers are blocked") }
            if node["running"]?.bool == false { alarms.append("\(name) is down") }
        }
        return (queues.compactMap(QueueReport.init), alarms)
    }

    private func garbled(_ expected: String) -> TransportError {
        TransportError(.garbled, operation: "look", endpoint: shown, cause: "the answer of the management plugin is not \(expected)")
    }

    private func get(_ path: String) async throws(TransportError) -> Value {
        let answer: Answer
        do {
            answer = try await request(path)
        } catch {
            throw TransportError(.unreachable, operation: "look", endpoint: shown, cause: ForeignText.safe(String(describing: error)))
        }
        switch answer.status {
        case 200: break
        case 401, 403:
            throw TransportError(
                .unauthorized, operation: "look", endpoint: shown, cause: "the management plugin refused user and password",
                hint: "rabbitmqctl set_user_tags USER monitoring")
        default: throw TransportError(.refused, operation: "look", endpoint: shown, cause: "the management plugin answered \(answer.status)")
        }
        do { return try JSON.decode(answer.body) } catch { throw garbled("JSON") }
    }

    // MARK: - HTTP

    fileprivate struct Answer: Sendable {
        var status = 0
        var body: [UInt8] = []
    }

    private func request(_ path: String) async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Answer.self)
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(Self.patience).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(AnswerHandler(promise, limit: Self.limit))
            }
        }
        let channel: any Channel
        do { channel = try await bootstrap.connect(host: host, port: port).get() } catch {
            promise.fail(error)
            return try await promise.futureResult.get()
        }
        let alarm = loop.scheduleTask(in: Self.patience) {
            promise.fail(ChannelError.connectTimeout(Self.patience))
            channel.close(promise: nil)
        }
        let headers = HTTPHeaders([("Host", "\(host):\(port)"), ("Authorization", authorization), ("Accept", "application/json"), ("Connection", "close")])
        channel.write(HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        defer {
            alarm.cancel()
            channel.close(promise: nil)
        }
        return try await promise.futureResult.get()
    }

    /// Gathers one answer.
    private final class AnswerHandler: ChannelInboundHandler {
        typealias InboundIn = HTTPClientResponsePart
        private let promise: EventLoopPromise<Answer>
        private let limit: Int
        private var answer = Answer()

        init(_ promise: EventLoopPromise<Answer>, limit: Int) {
            self.promise = promise
            self.limit = limit
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): answer.status = Int(head.status.code)
            case .body(let bytes):
                answer.body += bytes.readableBytesView
                if answer.body.count > limit { context.close(promise: nil) }
            case .end: promise.succeed(answer)
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            promise.fail(error)
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
    }
}

/// What the management plugin tells of one queue.
struct QueueReport: Sendable {
    let name: QueueName
    /// `nil` until the plugin has counted for the first time.
    let ready: Int?
    let unacknowledged: Int?
    /// Messages ever published to it, as far as the plugin remembers.
    let published: Int?
    /// Seconds since 1970, of the oldest message; where its sender or a plugin wrote it.
    let headSentAt: Double?
    /// Why it is not well, in words.
    let problem: String?
    /// Of somebody alone, for as long as he is there: event and reply queues.
    let isExclusive: Bool

    init?(_ value: Value) {
        guard let text = value["name"]?.string else { return nil }
        name = QueueName(text)
        ready = value["messages_ready"]?.integer
        unacknowledged = value["messages_unacknowledged"]?.integer
        published = value["message_stats"]?["publish"]?.integer
        headSentAt = value["head_message_timestamp"]?.double
        isExclusive = value["exclusive"]?.bool == true
        switch value["state"]?.string {
        case "running"?, "idle"?, "flow"?, nil: problem = nil
        case let state?: problem = "the broker says it is \(ForeignText.safe(state))"
        }
    }
}

extension Character {
    fileprivate var isASCIIAlphanumeric: Bool { isASCII && (isLetter || isNumber) }
}
