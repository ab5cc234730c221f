public import CeleriacCore
import Foundation
import Glibc
import Synchronization

/// A running `Tests/cluster`: a broker and three Python workers. Results are on Redis.
public struct RealCluster: Sendable {
    /// What carries its messages.
    public enum Kind: Sendable {
        case redis, rabbitmq

        /// Those that are installed.
        public static let all: [Kind] = [.redis] + (RabbitServer.isThere ? [.rabbitmq] : [])
    }

    public let kind: Kind
    public let broker: String
    public let backend: String
    /// Of the Redis server.
    public let port: Int

    public init(broker: String, backend: String, port: Int, kind: Kind = .redis) {
        self.kind = kind
        self.broker = broker
        self.backend = backend
        self.port = port
    }

    private static let python = ProcessInfo.processInfo.environment["CELERIAC_PYTHON"]
    /// The condition of tests that need Celery.
    public static let isThere = RedisServer.isRequired || (RedisServer.isInstalled && python.map { FileManager.default.isExecutableFile(atPath: $0) } ?? false)
    public static let missing = "needs Redis and Celery, which this brings along: Tests/run interop"

    /// A cluster under load: the one of `Tests/run` if there is one.
    public static let busy: Swift.Result<RealCluster, any Error> = Swift.Result {
        let environment = ProcessInfo.processInfo.environment
        if let broker = environment["CELERIAC_TEST_BROKER"], let backend = environment["CELERIAC_TEST_BACKEND"], let port = URL(string: broker)?.port {
            return RealCluster(broker: broker, backend: backend, port: port)
        }
        return try start(.redis, [])
    }
    private static let quietOnRedis: Swift.Result<RealCluster, any Error> = Swift.Result { try start(.redis, ["--no-producer"]) }
    private static let quietOnRabbitMQ: Swift.Result<RealCluster, any Error> = Swift.Result { try start(.rabbitmq, ["--no-producer"]) }

    /// A cluster where only happens what a test does; one of each kind for all tests of a process.
    public static func quiet(on kind: Kind = .redis) throws -> RealCluster {
        switch kind {
        case .redis: try quietOnRedis.get()
        case .rabbitmq: try quietOnRabbitMQ.get()
        }
    }

    private static let watchers = Mutex<[Child]>([])
    private static let script = packageFolder.appendingPathComponent("Tests/cluster").path

    private static func start(_ kind: Kind, _ options: [String]) throws -> RealCluster {
        // The ports that a cluster on RabbitMQ has beside this one: `Tests/cluster` tells.
        let port = try freePort(with: kind == .rabbitmq ? [1, 2, 3, 10_001] : [])
        let place = ["--port", String(port)]
        // Ends the cluster when this process is gone, whatever ended it.
        let watch = "tail --pid=\(ProcessInfo.processInfo.processIdentifier) -f /dev/null; '\(script)' stop --port \(port)"
        let watcher = try Child(["setsid", "bash", "-c", watch])
        watchers.withLock { $0.append(watcher) }
        try run(["start"] + place + options + ["--broker", kind == .redis ? "redis" : "rabbitmq"])
        let broker = kind == .redis ? "redis://127.0.0.1:\(port)/0" : "amqp://guest:guest@127.0.0.1:\(port + 1)"
        return RealCluster(broker: broker, backend: "redis://127.0.0.1:\(port)/1", port: port, kind: kind)
    }

    private static func run(_ arguments: [String]) throws {
        guard let python else { throw Program.Missing(description: missing) }
        let environment = ["CELERIAC_VENV": URL(fileURLWithPath: python).deletingLastPathComponent().deletingLastPathComponent().path]
        let finished = try Program([script] + arguments, environment: environment, limit: 180).finish()
        guard finished.status == 0 else { throw Program.Missing(description: "Tests/cluster: \(finished.complaint)") }
    }

    /// Starts those of its processes again that are gone.
    public func mend() throws { try Self.run(["start", "--port", String(port), "--no-producer"]) }

    /// Ends a process of it at once, without a farewell: `rabbitmq`, or a worker by the name before its host.
    public func kill(_ name: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("celeriac-cluster/\(port)/\(name).pid")
        guard let id = try String(contentsOf: file, encoding: .utf8).split(separator: " ").first.flatMap({ pid_t($0) }) else {
            throw Program.Missing(description: "\(file.path) names no process")
        }
        // It is the first of its session.
        Glibc.kill(-id, SIGKILL)
    }

    /// Where RabbitMQ's management plugin answers, with user and password.
    public var management: String { "http://guest:guest@127.0.0.1:\(port + 10_001)" }

    func startPython(_ arguments: [String], environment: [String: String] = [:], limit: Int = 60) throws -> Program {
        let folder = packageFolder.appendingPathComponent("Tests/ClusterApp")
        let settings = ["CELERIAC_BROKER": broker, "CELERIAC_BACKEND": backend, "PYTHONDONTWRITEBYTECODE": "1"]
        return try Program([Self.python ?? "python3"] + arguments, environment: environment.merging(settings) { $1 }, in: folder, limit: limit)
    }

    /// Runs `code` after `import shop`; returns what it printed, less the last line feed.
    @discardableResult
    public func python(_ code: String) throws -> String {
        let finished = try startPython(["-c", "import shop\n" + code]).finish()
        guard finished.status == 0 else { throw Program.Missing(description: finished.complaint) }
        return finished.text.trimmingCharacters(in: .newlines)
    }

    /// Starts `code` after `import shop`; it goes on beside the test.
    public func start(python code: String, limit: Int = 60) throws -> Program { try startPython(["-c", "import shop\n" + code], limit: limit) }

    /// What `celery … -j` prints, as a value.
    public func celery(_ arguments: String...) throws -> Value {
        let finished = try startPython(["-m", "celery", "-b", broker] + arguments + ["-j"]).finish()
        guard let line = finished.text.split(separator: "\n").last(where: { $0.hasPrefix("{") || $0.hasPrefix("[") }) else {
            throw Program.Missing(description: "celery \(arguments): \(finished.text)\(finished.complaint)")
        }
        return try JSON.decode(String(line))
    }

    /// Celery's own receiver, listening.
    public func collector(seconds: Int) throws -> Program {
        let collector = try startPython(["collect.py", broker, String(seconds)])
        guard eventually({ collector.printed.hasPrefix("ready") }) else { throw Program.Missing(description: "Celery's receiver did not start") }
        return collector
    }

    /// What `redis-cli` prints for a command.
    @discardableResult
    public func redis(_ arguments: String..., database: Int = 0) throws -> String {
        try Program(["redis-cli", "-p", String(port), "-n", String(database)] + arguments).finish().text.trimmingCharacters(in: .newlines)
    }

    public func celeriac(_ arguments: String..., limit: Int = 60) throws -> Program.Finished {
        try Celeriac.start(["-b", broker, "-r", backend] + arguments, limit: limit).finish()
    }
}
