public import CeleriacCore
import Foundation
import Synchronization

/// A running `Tests/cluster`: Redis and three Python workers.
public struct RealCluster: Sendable {
    public let broker: String
    public let backend: String
    public let port: Int

    public init(broker: String, backend: String, port: Int) {
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
        return try start([])
    }
    /// A cluster where only happens what a test does.
    public static let quiet: Swift.Result<RealCluster, any Error> = Swift.Result { try start(["--no-producer"]) }

    private static let watchers = Mutex<[Child]>([])

    private static func start(_ options: [String]) throws -> RealCluster {
        guard let python else { throw Program.Missing(description: missing) }
        let port = try freePort(), script = packageFolder.appendingPathComponent("Tests/cluster").path
        let environment = ["CELERIAC_VENV": URL(fileURLWithPath: python).deletingLastPathComponent().deletingLastPathComponent().path]
        let place = ["--port", String(port)]
        // Ends the cluster when this process is gone, whatever ended it.
        let watch = "tail --pid=\(ProcessInfo.processInfo.processIdentifier) -f /dev/null; '\(script)' stop --port \(port)"
        let watcher = try Child(["setsid", "bash", "-c", watch])
        watchers.withLock { $0.append(watcher) }
        let started = try Program([script, "start"] + place + options, environment: environment, limit: 180).finish()
        guard started.status == 0 else { throw Program.Missing(description: "Tests/cluster: \(started.complaint)") }
        return RealCluster(broker: "redis://127.0.0.1:\(port)/0", backend: "redis://127.0.0.1:\(port)/1", port: port)
    }

    private func startPython(_ arguments: [String], limit: Int = 60) throws -> Program {
        let folder = packageFolder.appendingPathComponent("Tests/ClusterApp")
        let environment = ["CELERIAC_BROKER": broker, "CELERIAC_BACKEND": backend, "PYTHONDONTWRITEBYTECODE": "1"]
        return try Program([Self.python ?? "python3"] + arguments, environment: environment, in: folder, limit: limit)
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
