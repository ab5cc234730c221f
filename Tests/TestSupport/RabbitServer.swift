import Foundation

/// A real RabbitMQ server for tests: on private ports of this machine, in a folder of its own, ended with the object.
public final class RabbitServer: Sendable {
    public let port: Int
    /// The TLS port; 0 without certificates.
    public let tlsPort: Int
    private let folder: URL
    private let environment: [String: String]
    /// The register of Erlang's nodes on this machine: one for this node alone.
    private let register: Child
    private let server: Child

    private static let programs = "/usr/lib/rabbitmq/bin"

    /// Whether a server can be started here.
    public static let isInstalled = FileManager.default.isExecutableFile(atPath: programs + "/rabbitmq-server") && Child.path(of: "epmd") != nil
    /// The condition of tests that need RabbitMQ.
    public static let isThere = isInstalled || RedisServer.isRequired
    public static let missing = "rabbitmq-server is not installed: apt-get install rabbitmq-server"

    /// Starts a server and waits until it takes connections, which takes seconds.
    /// - Parameters:
    ///   - configuration: further lines of `rabbitmq.conf`.
    ///   - plugins: to be enabled.
    public static func start(_ configuration: [String] = [], plugins: [String] = [], certificates: Certificates? = nil) async throws -> RabbitServer {
        try await blocking { try RabbitServer(configuration, plugins, certificates) }
    }

    private init(_ configuration: [String], _ plugins: [String], _ certificates: Certificates?) throws {
        guard Self.isInstalled else { throw RedisServer.Failure(description: Self.missing) }
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("rabbit-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = { [folder] (name: String) in folder.appendingPathComponent(name).path }
        port = try freePort()
        tlsPort = try certificates == nil ? 0 : freePort()
        let registerPort = try freePort(), nodePort = try freePort()
        var lines = ["listeners.tcp.1 = 127.0.0.1:\(port)", "log.console = true", "log.console.level = info", "log.file = false", "vm_memory_high_watermark.absolute = 2GB"]
        lines += ["disk_free_limit.absolute = 1MB"]
        if let certificates {
            lines += ["listeners.ssl.1 = 127.0.0.1:\(tlsPort)", "ssl_options.cacertfile = \(certificates.authority)"]
            lines += ["ssl_options.certfile = \(certificates.certificate)", "ssl_options.keyfile = \(certificates.key)", "ssl_options.verify = verify_peer"]
            lines += ["ssl_options.fail_if_no_peer_cert = false"]
        }
        try (lines + configuration).joined(separator: "\n").appending("\n").write(toFile: path("rabbitmq.conf"), atomically: true, encoding: .utf8)
        try "[\(plugins.joined(separator: ","))].\n".write(toFile: path("plugins"), atomically: true, encoding: .utf8)
        environment = ProcessInfo.processInfo.environment.merging([
            "HOME": folder.path, "RABBITMQ_NODENAME": "celeriac\(port)@localhost", "RABBITMQ_CONFIG_FILE": path("rabbitmq"), "RABBITMQ_MNESIA_BASE": path("data"),
            "RABBITMQ_LOG_BASE": path("logs"), "RABBITMQ_ENABLED_PLUGINS_FILE": path("plugins"), "RABBITMQ_DIST_PORT": String(nodePort),
            "RABBITMQ_PID_FILE": path("pid"), "ERL_EPMD_PORT": String(registerPort), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}", "LANG": "C.UTF-8",
        ]) { $1 }
        register = try Child(["epmd", "-port", String(registerPort), "-address", "127.0.0.1"], environment: environment)
        server = try Child([Self.programs + "/rabbitmq-server"], environment: environment, output: path("log"))
        let said = { (try? String(contentsOfFile: path("log"), encoding: .utf8)) ?? "" }
        while !said().contains("Server startup complete") {
            guard server.isRunning else {
                defer { try? FileManager.default.removeItem(at: folder) }
                throw RedisServer.Failure(description: "rabbitmq-server ended: \(said().suffix(2000))")
            }
            usleep(20_000)
        }
    }

    deinit { stop() }

    /// The Erlang machine, whose starter `server` is.
    private var machine: pid_t? {
        (try? String(contentsOf: folder.appendingPathComponent("pid"), encoding: .utf8)).flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Ends the server at once, without a farewell to its clients.
    public func stop() {
        if server.isRunning, let machine { kill(machine, SIGKILL) }
        server.stop()
        register.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Stops and continues the process, which then neither answers nor closes its connections.
    public func freeze() { if let machine { kill(machine, SIGSTOP) } }
    public func thaw() { if let machine { kill(machine, SIGCONT) } }

    /// What `rabbitmqctl` prints for a command.
    @discardableResult
    public func ctl(_ arguments: String...) async throws -> String {
        try await blocking { [environment] in
            let finished = try Program([Self.programs + "/rabbitmqctl", "-q"] + arguments, environment: environment).finish()
            guard finished.status == 0 else { throw RedisServer.Failure(description: "rabbitmqctl \(arguments) failed: \(finished.text)\(finished.complaint)") }
            return finished.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    /// URL of a virtual host of its own, so that tests do not meet.
    public func virtualHost() async throws -> String {
        let name = "t\(UUID().uuidString.prefix(8))"
        try await ctl("add_vhost", name)
        try await ctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return "amqp://guest:guest@127.0.0.1:\(port)/\(name)"
    }
}
