import CeleriacCore
import Testing

@Suite struct BrokerURLTests {
    static let readable: [(String, BrokerURL)] = [
        ("redis://localhost:6379/0", BrokerURL(scheme: "redis", host: "localhost", port: 6379, path: "0")),
        ("redis://", BrokerURL(scheme: "redis")), ("memory://", BrokerURL(scheme: "memory")), (" redis://h\n", BrokerURL(scheme: "redis", host: "h")),
        ("REDISS://Cache.Example/", BrokerURL(scheme: "rediss", host: "cache.example")),
        ("redis://:s3cret@h", BrokerURL(scheme: "redis", password: "s3cret", host: "h")),
        ("redis://user:p%40ss%2Fw%3Ard@h:1/2", BrokerURL(scheme: "redis", user: "user", password: "p@ss/w:rd", host: "h", port: 1, path: "2")),
        ("redis://user:p@ss:w@h", BrokerURL(scheme: "redis", user: "user", password: "p@ss:w", host: "h")),
        ("redis://user:50%off@h", BrokerURL(scheme: "redis", user: "user", password: "50%off", host: "h")),
        ("redis://[::1]:6380/1", BrokerURL(scheme: "redis", host: "::1", port: 6380, path: "1")),
        ("amqp://guest@h//", BrokerURL(scheme: "amqp", user: "guest", host: "h", path: "/")),
        ("amqp://h/my%2Fvhost", BrokerURL(scheme: "amqp", host: "h", path: "my/vhost")),
        (
            "redis+socket:///run/redis.sock?virtual_host=3",
            BrokerURL(scheme: "redis+socket", path: "run/redis.sock", options: [.init(name: "virtual_host", value: "3")])
        ),
        ("sqla+sqlite:////tmp/a%20b.db", BrokerURL(scheme: "sqla+sqlite", path: "/tmp/a b.db")),
        ("sqla+sqlite:///rel.db", BrokerURL(scheme: "sqla+sqlite", path: "rel.db")),
        (
            "rediss://h/0?ssl_cert_reqs=required&x=a+b%26c&flag",
            BrokerURL(
                scheme: "rediss", host: "h", path: "0",
                options: [.init(name: "ssl_cert_reqs", value: "required"), .init(name: "x", value: "a b&c"), .init(name: "flag", value: "")])
        ),
        ("redis://a:1;redis://b:2/1", BrokerURL(scheme: "redis", host: "a", port: 1, alternates: [BrokerURL(scheme: "redis", host: "b", port: 2, path: "1")])),
        ("sentinel://a:1;b:2", BrokerURL(scheme: "sentinel", host: "a", port: 1, alternates: [BrokerURL(scheme: "sentinel", host: "b", port: 2)])),
        ("mongodb://a:1,b:2/jobs", BrokerURL(scheme: "mongodb", host: "a:1,b", port: 2, path: "jobs")),
    ]

    @Test(arguments: readable) func reads(text: String, url: BrokerURL) throws {
        #expect(try BrokerURL(text) == url)
    }

    /// But for what is masked, the description is a URL that reads the same.
    @Test(arguments: readable) func describesItselfAsAURL(text: String, url: BrokerURL) throws {
        func masked(_ url: BrokerURL) -> BrokerURL {
            var url = url
            if url.password != nil { url.password = "***" }
            return url
        }
        #expect(try BrokerURL(url.description.replacing(":***@", with: ":%2A%2A%2A@")) == masked(url))
    }

    static let refused: [(String, BrokerURLError)] = [
        ("", .init(.missingScheme)), ("localhost", .init(.missingScheme)), ("localhost:6379", .init(.missingScheme)), ("//h", .init(.missingScheme)),
        ("://h", .init(.missingScheme)),
        ("my.module:Transport://h", .init(.missingScheme)), ("my.scheme://h", .init(.badScheme("my.scheme"))), ("6redis://h", .init(.badScheme("6redis"))),
        ("redis://h:port", .init(.badPort)), ("redis://h:65536", .init(.badPort)), ("redis://h:-1", .init(.badPort)), ("redis://h:+1", .init(.badPort)),
        ("redis://user:pa/ss@h", .init(.badPort)), ("redis://a:1:2", .init(.badPort)),
        ("redis://[::1", .init(.badHost)), ("redis://[h]", .init(.badHost)), ("redis://[::1]x", .init(.badHost)), ("redis://a b", .init(.badHost)),
    ]

    @Test(arguments: refused) func refuses(text: String, error: BrokerURLError) {
        #expect(throws: error) { try BrokerURL(text) }
    }

    @Test func noWayOfPrintingShowsAPassword() throws {
        let url = try BrokerURL("redis://user:hunter2@h:1/0?password=hunter2&ssl_keyfile_Password=hunter2&client_secret=hunter2&x=1;redis://:hunter2@b")
        #expect(url.description == "redis://user:***@h:1/0?password=***&ssl_keyfile_Password=***&client_secret=***&x=1;redis://:***@b")
        let nested = try BrokerURL("amqp://h?management=https://ops:hunter2@m:15671/&x=a://b@c")
        #expect(nested.description == "amqp://h?management=https://ops:***@m:15671/&x=a://b@c" && nested.masking("no hunter2") == "no ***")
        var dumped = ""
        dump(url, to: &dumped)
        for text in ["\(url)", String(reflecting: url), dumped, String(describing: [url]), url.masking("AUTH hunter2 failed")] {
            #expect(!text.contains("hunter2"))
        }
        for text in ["redis://user:hunter2", "hunter2://user:hunter2@h:hunter2", "user:hunter2@h://", "redis://h:hunter2/0"] {
            let error = #expect(throws: BrokerURLError.self) { try BrokerURL(text) }
            if text.hasPrefix("redis") { #expect(error.map { "\($0)".contains("hunter2") } == false) }
        }
    }

    @Test func tellsTransportSocketAndDatabase() throws {
        #expect(try BrokerURL("redis://h").database() == 0)
        #expect(try BrokerURL("redis://h/5").database() == 5)
        #expect(try BrokerURL("redis+socket:///run/r.sock?virtual_host=/3").database() == 3)
        #expect(throws: BrokerURLError(.badDatabase("x"))) { try BrokerURL("redis://h/x").database() }
        #expect(throws: BrokerURLError(.badDatabase("-1"))) { try BrokerURL("redis://h/-1").database() }
        let socket = try BrokerURL("redis+socket:///run/r.sock")
        #expect(socket.transport == "redis" && socket.dialect == "socket" && socket.socketPath == "/run/r.sock")
    }
}
