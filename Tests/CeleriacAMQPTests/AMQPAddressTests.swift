import CeleriacBroker
import CeleriacCore
import Testing

@testable import CeleriacAMQP

@Suite struct AMQPAddressTests {
    private func address(_ text: String) throws -> AMQPAddress { try AMQPAddress(BrokerURL(text)) }

    @Test(arguments: [
        ("amqp://", "/"), ("amqp://h", "/"), ("amqp://h/", "/"), ("amqp://h//", "/"), ("amqp://h/%2F", "/"), ("amqp://h/shop", "shop"),
        ("pyamqp://h/a%2Fb", "a/b"), ("amqp://h//shop", "/shop"),
    ]) func theVirtualHostIsReadAsKombuDoes(url: String, virtualHost: String) throws {
        #expect(try address(url).virtualHost == virtualHost)
    }

    @Test func whatIsLeftOutHasPyamqpsDefaults() throws {
        let plain = try address("amqp://")
        #expect(plain.host == "127.0.0.1" && plain.port == 5672 && plain.user == "guest" && plain.password == "guest" && plain.tls == nil)
        let secure = try address("amqps://u%40x:p%2Fw@mq.example.com?heartbeat=10&ssl_ca_certs=/ca.pem&ssl_certfile=/me.pem")
        #expect(secure.port == 5671 && secure.user == "u@x" && secure.password == "p/w" && secure.heartbeat == 10)
        #expect(secure.tls == TLSSettings(verification: .full, authorities: "/ca.pem", certificate: "/me.pem", key: "/me.pem"))
        #expect(try address("amqps://h?ssl_cert_reqs=none").tls?.verification == TLSSettings.Verification.none)
        #expect(try address("amqps://h?ssl_check_hostname=false").tls?.verification == .chain)
    }

    @Test func severalHostsAreTriedInOrder() throws {
        let all = try address("amqp://u:p@a:1/v;amqp://b:2;c").all
        #expect(all.map(\.host) == ["a", "b", "c"] && all.map(\.port) == [1, 2, 5672])
        #expect(all.allSatisfy { !$0.shown.contains(";") && !$0.shown.contains("p@") })
    }

    @Test(arguments: ["redis://h", "amqp://h?heartbeat=soon", "amqp://h?connect_timeout=-1", "amqps://h?ssl_cert_reqs=maybe", "amqp://h?login_method=X", "amqp://a%00@h"])
    func whatMakesNoSenseIsRefused(url: String) throws {
        let error = #expect(throws: TransportError.self) { try address(url) }
        #expect(error?.kind == .misconfigured)
    }
}
