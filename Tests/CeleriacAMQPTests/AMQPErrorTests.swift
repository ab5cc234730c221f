import CeleriacAMQP
import CeleriacBroker
import CeleriacCore
import TestSupport
import Testing

/// What stands in the way of a connection is told in one line, without a password.
@Suite(.enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .serialized, .timeLimit(.minutes(2))) struct AMQPErrorTests {
    private func error(_ url: String) async throws -> TransportError? {
        let transport = try AMQPTransport(try BrokerURL(url))
        let failure = await #expect(throws: TransportError.self) { try await transport.declare([Queue("q")]) }
        await transport.close()
        if let failure {
            let line = failure.description
            #expect(!line.contains("s3cret") && !line.contains("\n") && line.utf8.count < 400, "\(line)")
        }
        return failure
    }

    @Test func eachMistakeHasItsOwnWords() async throws {
        let server = try await SharedServer.rabbit.server(), place = "127.0.0.1:\(server.port)"
        let password = try await error("amqp://guest:s3cret-wrong@\(place)/")
        #expect(password?.kind == .unauthorized && password?.cause.contains("password") == true)
        let virtualHost = try await error("amqp://guest:guest@\(place)/nosuch")
        #expect(virtualHost?.kind == .unauthorized && virtualHost?.cause.contains("nosuch") == true)
        try await server.ctl("add_user", "clerk", "s3cret")
        let access = try await error("amqp://clerk:s3cret@\(place)/")
        #expect(access?.kind == .unauthorized && access?.cause.contains("may not use the virtual host") == true)
        try await server.ctl("set_permissions", "-p", "/", "clerk", "^mine$", "", "")
        let permission = try await error("amqp://clerk:s3cret@\(place)/")
        #expect(permission?.kind == .unauthorized && permission?.hint?.contains("set_permissions") == true)
        let nobody = try await error("amqp://guest:s3cret@127.0.0.1:\(try freePort())/")
        #expect(nobody?.kind == .unreachable)
        let nowhere = try await error("amqp://guest:s3cret@no.such.host.invalid/")
        #expect(nowhere?.kind == .unreachable && nowhere?.cause.contains("no.such.host.invalid") == true)
    }

    @Test func anotherProtocolOnThePortIsToldAsSuch() async throws {
        let redis = try await RedisServer.start()
        let wrong = try await error("amqp://guest:s3cret@127.0.0.1:\(redis.port)/?connect_timeout=1")
        #expect(wrong != nil && wrong?.kind != .misconfigured)
    }

    @Test func certificatesAreVerifiedUnlessToldOtherwise() async throws {
        let certificates = try Certificates()
        let server = try await RabbitServer.start(certificates: certificates), port = server.tlsPort
        let stranger = try await error("amqps://guest:guest@localhost:\(port)/")
        #expect(stranger?.kind == .unauthorized && stranger?.hint?.contains("ssl_ca_certs") == true)
        let name = try await error("amqps://guest:guest@127.0.0.1:\(port)/?ssl_ca_certs=\(certificates.authority)")
        #expect(name?.kind == .unauthorized && name?.cause.contains("host name") == true)
        let plain = try await error("amqps://guest:guest@localhost:\(server.port)/?ssl_ca_certs=\(certificates.authority)&connect_timeout=2")
        #expect(plain != nil)
        let missing = try await error("amqps://guest:guest@localhost:\(port)/?ssl_ca_certs=/nosuch.pem")
        #expect(missing?.kind == .misconfigured && missing?.cause.contains("/nosuch.pem") == true)
        let options = [
            "localhost:\(port)/?ssl_ca_certs=\(certificates.authority)", "127.0.0.1:\(port)/?ssl_ca_certs=\(certificates.authority)&ssl_check_hostname=false",
            "127.0.0.1:\(port)/?ssl_cert_reqs=none",
            "localhost:\(port)/?ssl_ca_certs=\(certificates.authority)&ssl_certfile=\(certificates.certificate)&ssl_keyfile=\(certificates.key)",
        ]
        for option in options {
            let transport = try AMQPTransport(try BrokerURL("amqps://guest:guest@\(option)")), consumer = transport.consumer(owner: "w@test")
            try await consumer.consume(Queue("q"))
            try await transport.publish((0..<200).map { Publication(routingKey: "q", envelope: Envelope(body: Array("\($0)".utf8))) })
            var count = 0
            while count < 200 {
                let deliveries = try await consumer.next()
                count += deliveries.count
                try await consumer.settle(deliveries.map { .acknowledge($0.tag) })
            }
            await consumer.close()
            await transport.close()
        }
    }
}
