import CeleriacBroker
import CeleriacCore
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Asks a web server, each time over a connection of its own.
struct WebServer: Sendable {
    struct Answer: Sendable {
        var status = 0
        var body: [UInt8] = []
    }

    let host: String
    let port: Int
    /// `nil`: bytes travel as they are.
    let tls: WebTLS?
    /// Value of the header `Authorization`.
    let authorization: String

    /// Bytes; a longer answer is none.
    private static let limit = 64 << 20
    private static let patience = TimeAmount.seconds(5)

    /// - Parameter path: percent-encoded, with what is asked for.
    func get(_ path: String) async throws -> Answer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Answer.self)
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(Self.patience).channelInitializer { [tls] channel in
            channel.eventLoop.makeCompletedFuture {
                if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
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

extension WebServer {
    /// Why there was no answer.
    static func words(for error: any Error) -> String {
        // Of several addresses the last one tried speaks for all.
        if let tried = error as? NIOConnectionError {
            guard let last = tried.connectionErrors.last else { return "unknown host \(tried.host)" }
            return words(for: last.error)
        }
        switch error {
        case ChannelError.connectTimeout: return "no answer within 5 s"
        case ChannelError.eof: return "it closed the connection without an answer"
        case let error as IOError: return strerror(error.errnoCode).map { String(cString: $0) } ?? "error \(error.errnoCode)"
        default: return WebTLS.words(for: error) ?? "\(error)"
        }
    }

    /// One segment of a path.
    static func escaped(_ name: String) -> String {
        name.utf8.map { byte in
            let letter = Unicode.Scalar(byte)
            switch letter {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_": return String(letter)
            default: return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
