import Foundation

/// A real Redis server for one test: on a private port and Unix socket, in a folder of its own, ended with the object.
public final class RedisServer: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let port: Int
    /// The TLS port; 0 without certificates.
    public let tlsPort: Int
    /// Path of the Unix socket.
    public let socket: String
    private let folder: URL
    private let child: Child

    /// Whether `redis-server` can be started here.
    public static let isInstalled = Child.path(of: "redis-server") != nil
    /// Servers are demanded (in CI): a missing one is a failure, not a reason to skip.
    public static let isRequired = ProcessInfo.processInfo.environment["REQUIRE_SERVERS"] == "1"
    /// The condition of tests that need Redis.
    public static let isThere = isInstalled || isRequired
    public static let missing = "redis-server is not installed: apt-get install redis-server"

    /// Starts a server and waits until it answers.
    /// - Parameters:
    ///   - arguments: more of them, as on the command line: `["--requirepass", "secret"]`.
    ///   - port: 0 chooses a free one.
    public static func start(_ arguments: [String] = [], port: Int = 0, certificates: Certificates? = nil) async throws -> RedisServer {
        try await blocking {
            // A port that was free may be somebody's before the server has it.
            var attempts = port == 0 ? 5 : 1
            while true {
                do { return try RedisServer(arguments, port, certificates) } catch {
                    attempts -= 1
                    if attempts == 0 { throw error }
                }
            }
        }
    }

    private init(_ arguments: [String], _ port: Int, _ certificates: Certificates?) throws {
        guard Self.isInstalled else { throw Failure(description: Self.missing) }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("redis-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.port = try port == 0 ? freePort() : port
        tlsPort = try certificates == nil ? 0 : freePort()
        socket = folder.appendingPathComponent("redis.sock").path
        var all = ["--port", String(self.port), "--bind", "127.0.0.1", "--unixsocket", socket, "--dir", folder.path, "--save", "", "--appendonly", "no"]
        if let certificates {
            all += ["--tls-port", String(tlsPort), "--tls-cert-file", certificates.certificate, "--tls-key-file", certificates.key]
            all += ["--tls-ca-cert-file", certificates.authority, "--tls-auth-clients", "optional"]
        }
        let log = folder.appendingPathComponent("log")
        child = try Child(["redis-server"] + all + arguments, output: log.path)
        let said = { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
        while !said().contains("The server is now ready to accept connections at") {
            guard child.isRunning else {
                defer { try? FileManager.default.removeItem(at: folder) }
                throw Failure(description: "redis-server ended: \(said())")
            }
            usleep(2_000)
        }
    }

    deinit { stop() }

    /// Ends the server at once, without a farewell to its clients.
    public func stop() {
        child.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Stops and continues the process, which then neither answers nor closes its connections.
    public func freeze() { child.signal(SIGSTOP) }
    public func thaw() { child.signal(SIGCONT) }

    /// What `redis-cli` prints for a command.
    @discardableResult
    public func cli(_ arguments: String...) async throws -> String {
        let all = ["-s", socket] + arguments
        return try await blocking { try run("redis-cli", all).trimmingCharacters(in: .whitespacesAndNewlines) }
    }
}

/// A certificate authority, and a certificate for `localhost` that it signed; files made by openssl.
public final class Certificates: Sendable {
    private let folder: URL

    public init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let openssl = { (arguments: [String]) in _ = try run("openssl", arguments) }
        try openssl([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Celeriac test authority", "-keyout", path("ca.key"), "-out", authority,
        ])
        try openssl(["req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key, "-out", path("server.csr")])
        try "subjectAltName=DNS:localhost\n".write(toFile: path("names"), atomically: true, encoding: .utf8)
        try openssl([
            "x509", "-req", "-in", path("server.csr"), "-CA", authority, "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", path("names"),
            "-out", certificate,
        ])
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    public var authority: String { path("ca.pem") }
    public var certificate: String { path("server.pem") }
    public var key: String { path("server.key") }
    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

/// A TCP port on which nobody listened a moment ago. Below those that the system gives to outgoing connections, which would soon have it.
/// - Parameter offsets: of further ports, from this one, which have to be free as well.
public func freePort(with offsets: [Int] = []) throws -> Int {
    for _ in 0..<200 {
        let port = Int.random(in: 10_000..<32_000 - (offsets.max() ?? 0))
        if ([0] + offsets).allSatisfy({ isFree(port + $0) }) { return port }
    }
    throw RedisServer.Failure(description: "no free port")
}

private func isFree(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = UInt16(port).bigEndian
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
}

/// Does on a thread of its own what blocks: the few threads of the tests have other things to do.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}

/// Runs a program of the system to its end; returns what it printed.
func run(_ name: String, _ arguments: [String]) throws -> String {
    let finished = try Program([name] + arguments).finish()
    guard finished.status == 0 else { throw RedisServer.Failure(description: "\(name) \(arguments) failed: \(finished)") }
    return finished.text
}
