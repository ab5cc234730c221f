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
    private let process: Process

    /// Whether `redis-server` can be started here.
    public static let isInstalled = executable("redis-server") != nil
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
        try await blocking { try RedisServer(arguments, port, certificates) }
    }

    private init(_ arguments: [String], _ port: Int, _ certificates: Certificates?) throws {
        guard let program = Self.executable("redis-server") else { throw Failure(description: Self.missing) }
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
        process = Process()
        process.executableURL = program
        process.arguments = all + arguments
        let output = Pipe()
        process.standardOutput = output
        try unmasked { try process.run() }
        var log = ""
        while !log.contains("The server is now ready to accept connections at") {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { throw Failure(description: "redis-server ended: \(log)") }
            log += String(decoding: piece, as: UTF8.self)
        }
        // Its log must not fill the pipe.
        output.fileHandleForReading.readabilityHandler = { if $0.availableData.isEmpty { $0.readabilityHandler = nil } }
    }

    deinit { stop() }

    /// Ends the server at once, without a farewell to its clients.
    public func stop() {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Stops and continues the process, which then neither answers nor closes its connections.
    public func freeze() { kill(process.processIdentifier, SIGSTOP) }
    public func thaw() { kill(process.processIdentifier, SIGCONT) }

    /// What `redis-cli` prints for a command.
    @discardableResult
    public func cli(_ arguments: String...) async throws -> String {
        let all = ["-s", socket] + arguments
        return try await blocking { try run("redis-cli", all).trimmingCharacters(in: .whitespacesAndNewlines) }
    }

    static func executable(_ name: String) -> URL? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        return folders.map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }.first { FileManager.default.isExecutableFile(atPath: $0.path) }
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

/// A TCP port on which nobody listened a moment ago.
public func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw RedisServer.Failure(description: "no socket") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0 }
    }
    guard bound else { throw RedisServer.Failure(description: "no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
}

/// Does on a thread of its own what blocks: the few threads of the tests have other things to do.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}

/// Runs a program of the system to its end; returns what it printed.
func run(_ name: String, _ arguments: [String]) throws -> String {
    guard let program = RedisServer.executable(name) else { throw RedisServer.Failure(description: "\(name) is not installed") }
    let process = Process()
    let output = Pipe()
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try unmasked { try process.run() }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw RedisServer.Failure(description: "\(name) \(arguments) failed with \(process.terminationStatus)") }
    return String(decoding: data, as: UTF8.self)
}
