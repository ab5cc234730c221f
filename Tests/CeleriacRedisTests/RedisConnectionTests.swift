import CeleriacBroker
import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacRedis

/// Opens one connection with all rights.
func connect(_ url: String) async throws -> RedisConnection {
    let endpoint = try RedisEndpoint(BrokerURL(url))
    return try await RedisConnection.open(endpoint, gate: CommandGate(.act, RedisKeys(options: RedisOptions(), database: endpoint.database)))
}

@Suite(.enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)), .timeLimit(.minutes(1))) struct RedisConnectionTests {
    /// The error with which opening `url` fails.
    private func failure(_ url: String, sourceLocation: SourceLocation = #_sourceLocation) async -> TransportError? {
        await #expect(throws: TransportError.self, sourceLocation: sourceLocation) { try await connect(url).close() }
    }

    @Test func pipelinesAreAnsweredInOrder() async throws {
        let server = try await RedisServer.start()
        let connection = try await connect("redis://127.0.0.1:\(server.port)/3")
        defer { connection.close() }
        let numbers = 0..<2000
        async let echoes = connection.send(numbers.map { RedisCommand("ECHO", "\($0)") })
        async let others = connection.send(numbers.map { RedisCommand("ECHO", "other \($0)") })
        #expect(try await echoes.map(\.text) == numbers.map { "\($0)" })
        #expect(try await others.map(\.text) == numbers.map { "other \($0)" })
        #expect(connection.protocolVersion == 3)
        let list = try await connection.send(RedisCommand("CLIENT", "LIST")).text ?? ""
        #expect(list.contains("name=celeriac") && list.contains("db=3"))
    }

    @Test func anErrorReplyLeavesTheConnectionUsable() async throws {
        let server = try await RedisServer.start()
        let connection = try await connect("redis+socket://\(server.socket)?virtual_host=1")
        defer { connection.close() }
        let replies = try await connection.send([RedisCommand("SET", "k", "v"), RedisCommand("LLEN", "k"), RedisCommand("GET", "k")])
        #expect(replies[1].errorText?.hasPrefix("WRONGTYPE") == true)
        #expect(replies[2].text == "v")
        let refused = await #expect(throws: TransportError.self) { try await connection.send(RedisCommand("LLEN", "k")) }
        #expect(refused?.kind == .refused)
    }

    @Test func passwordsAreChecked() async throws {
        let server = try await RedisServer.start(["--requirepass", "s3cret", "--user", "ann", "on", ">hers", "~*", "&*", "+@all"])
        let address = "127.0.0.1:\(server.port)"
        try await connect("redis://:s3cret@\(address)/0").close()
        try await connect("redis://ann:hers@\(address)/0").close()
        for url in ["redis://:wr0ng@\(address)", "redis://ann:wr0ng@\(address)", "redis://nobody:wr0ng@\(address)", "redis://\(address)"] {
            let error = await failure(url)
            #expect(error?.kind == .unauthorized, "\(url)")
            #expect(error?.hint != nil)
            #expect(error.map { !"\($0)".contains("wr0ng") } ?? false)
        }
    }

    @Test func theNextServerIsTriedWhenOneIsGone() async throws {
        let server = try await RedisServer.start()
        let connection = try await connect("redis://127.0.0.1:\(try freePort())/0;redis://127.0.0.1:\(server.port)/0")
        #expect(connection.endpoint.shown == "redis://127.0.0.1:\(server.port)/0")
        connection.close()
    }

    /// As with servers before Redis 6, and some proxies.
    @Test func aServerWithoutHelloIsSpokenToTheOldWay() async throws {
        let server = try await RedisServer.start(["--requirepass", "pass", "--rename-command", "HELLO", ""])
        let url = "redis://:pass@127.0.0.1:\(server.port)/4"
        let connection = try await connect(url)
        #expect(connection.protocolVersion == 2)
        #expect(try await connection.send([RedisCommand("GET", "k"), RedisCommand("CLIENT", "LIST")]).last?.text?.contains("db=4") == true)
        connection.close()
        #expect(await failure("redis://:wr0ng@127.0.0.1:\(server.port)/4")?.kind == .unauthorized)

        let broker = try RedisBroker(BrokerURL(url), permission: .act)
        var feed = broker.events().makeAsyncIterator()
        while let element = await feed.next() {
            if case .link(.live) = element { break }
        }
        try await server.cli("-a", "pass", "PUBLISH", "/4.celeryev/task.sent", "event")
        guard case .batch(let batch)? = await feed.next() else { return #expect(Bool(false)) }
        #expect(batch.bytes[batch.payloads[0]].elementsEqual("event".utf8))
        #expect(try await broker.facts(known: ["q"], now: 1).queues.map(\.ready) == [0])
        await broker.close()
    }

    @Test func whatIsWrongIsSaid() async throws {
        let server = try await RedisServer.start()
        let database = await failure("redis://127.0.0.1:\(server.port)/99")
        #expect(database?.kind == .misconfigured && database?.cause.contains("DB index") == true)
        let refused = await failure("redis://127.0.0.1:\(try freePort())")
        #expect(refused?.kind == .unreachable && refused?.cause == "Connection refused")
        let path = await failure("redis+socket:///nowhere/redis.sock")
        #expect(path?.kind == .unreachable && path?.hint?.contains("/nowhere/redis.sock") == true)
        let name = await failure("redis://no-such-host.invalid")
        #expect(name?.kind == .unreachable && name?.cause.contains("no-such-host.invalid") == true)
    }

    @Test func anotherKindOfServerIsNoticed() async throws {
        let web = try Greeter("HTTP/1.1 400 Bad Request\r\n\r\n")
        let error = await failure("redis://127.0.0.1:\(web.port)")
        #expect(error?.kind == .garbled && error?.hint == "this looks like a web server")
        let rabbit = try Greeter("AMQP\u{0}\u{0}\u{9}\u{1}")
        #expect(await failure("redis://127.0.0.1:\(rabbit.port)")?.hint == "if this is RabbitMQ, use amqp://")
    }

    @Test func silenceEndsTheConnection() async throws {
        let server = try await RedisServer.start()
        let connection = try await connect("redis://127.0.0.1:\(server.port)")
        server.freeze()
        defer { server.thaw() }
        let error = await #expect(throws: TransportError.self) { try await connection.send([RedisCommand("PING")], timeout: .milliseconds(100)) }
        #expect(error?.kind == .timedOut)
        let next = await #expect(throws: TransportError.self) { try await connection.send([RedisCommand("PING")], timeout: .seconds(60)) }
        #expect(next != nil)
    }

    #if TLS
        @Test func certificatesAreVerifiedUnlessToldOtherwise() async throws {
            let certificates = try Certificates()
            let server = try await RedisServer.start(certificates: certificates)
            let named = "rediss://localhost:\(server.tlsPort)/0"
            let bare = "rediss://127.0.0.1:\(server.tlsPort)/0"
            let authority = "ssl_ca_certs=\(certificates.authority)"
            for url in [
                "\(named)?\(authority)", "\(bare)?\(authority)&ssl_check_hostname=false", "\(bare)?\(authority)&ssl_cert_reqs=optional",
                "\(bare)?ssl_cert_reqs=CERT_NONE",
            ] {
                let connection = try await connect(url)
                #expect(try await connection.send(RedisCommand("PING")).text == "PONG", "\(url)")
                connection.close()
            }
            let broker = try RedisBroker(BrokerURL("\(named)?\(authority)"), permission: .passive)
            var feed = broker.events().makeAsyncIterator()
            while let element = await feed.next() {
                if case .link(.live) = element { break }
            }
            try await server.cli("PUBLISH", "/0.celeryev/task.sent", "event")
            guard case .batch(let batch)? = await feed.next() else { return #expect(Bool(false)) }
            #expect(batch.bytes[batch.payloads[0]].elementsEqual("event".utf8))
            await broker.close()
            #expect(await failure(named)?.kind == .unauthorized)
            #expect(await failure("\(bare)?\(authority)")?.kind == .unauthorized)
            #expect(await failure("\(named)?ssl_ca_certs=/nowhere.pem")?.kind == .misconfigured)
            #expect(await failure("\(named)?ssl_cert_reqs=perhaps")?.kind == .misconfigured)
        }

        @Test func theWrongKindOfPortIsNoticed() async throws {
            let server = try await RedisServer.start(certificates: try Certificates())
            let encrypted = await failure("rediss://127.0.0.1:\(server.port)?ssl_cert_reqs=none")
            #expect(encrypted?.hint?.contains("use redis://") == true, "\(encrypted?.description ?? "")")
            let plain = await failure("redis://127.0.0.1:\(server.tlsPort)")
            #expect(plain?.hint?.contains("use rediss://") == true, "\(plain?.description ?? "")")
        }
    #else
        @Test func aBuildWithoutTLSSaysSo() async throws {
            let error = await failure("rediss://127.0.0.1:1")
            #expect(error?.kind == .misconfigured && error?.hint?.contains("TLS trait") == true)
        }
    #endif
}

/// A server that greets whoever connects, and listens to nothing.
private final class Greeter: Sendable {
    let port: Int
    private let descriptor: Int32

    init(_ greeting: String) throws {
        port = try freePort()
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = in_port_t(port).bigEndian
        let isListening = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(descriptor, 5) == 0
            }
        }
        try #require(isListening)
        let listener = descriptor
        Thread.detachNewThread {
            while true {
                let peer = accept(listener, nil, nil)
                guard peer >= 0 else { return }
                _ = greeting.withCString { write(peer, $0, greeting.utf8.count) }
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}
