import Foundation

/// A Celery application of one file, `shop.py`, in a folder of its own, on the Python that `CELERIAC_PYTHON` names.
public final class CeleryApp: Sendable {
    private static let python = ProcessInfo.processInfo.environment["CELERIAC_PYTHON"]
    /// The condition of tests that need Celery: it is there, or demanded.
    public static let isThere = RedisServer.isRequired || (python.map { FileManager.default.isExecutableFile(atPath: $0) } ?? false)
    public static let missing = "CELERIAC_PYTHON names no Python with celery[redis]: python3 -m venv V && V/bin/pip install 'celery[redis]'"

    public let broker: String
    private let folder: URL

    /// - Parameters:
    ///   - broker: URL of the broker; of the result backend too, unless there is another.
    ///   - settings: keyword arguments for `app.conf.update`, in Python.
    public init(broker: String, backend: String? = nil, settings: String = "") throws {
        self.broker = broker
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("shop-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = """
            import time
            from celery import Celery
            app = Celery("shop", broker="\(broker)", backend="\(backend ?? broker)")
            app.conf.update(broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1, \(settings))
            @app.task(name="shop.add")
            def add(x, y):
                return x + y
            @app.task(name="shop.fail")
            def fail():
                raise ValueError("no such order")
            @app.task(name="shop.sleep")
            def sleep(seconds):
                time.sleep(seconds)
            """
        try source.write(to: folder.appendingPathComponent("shop.py"), atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Runs `code` after `from shop import *`; returns what it printed.
    @discardableResult
    public func run(_ code: String) async throws -> String {
        try await blocking { try self.finish(code) }
    }

    /// Starts a worker of one thread and waits until it takes tasks.
    public func worker(_ name: String = "w1@test", _ arguments: [String] = []) async throws -> CeleryWorker {
        try await blocking { try self.launch(name, arguments) }
    }

    private func finish(_ code: String) throws -> String {
        let finished = try Program([python(), "-c", "from shop import *\n" + code], in: folder).finish()
        guard finished.status == 0 else { throw RedisServer.Failure(description: finished.text + finished.complaint) }
        return finished.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func launch(_ name: String, _ arguments: [String]) throws -> CeleryWorker {
        let options = ["-m", "celery", "-A", "shop", "worker", "-P", "solo", "-l", "INFO", "--without-mingle", "--without-gossip", "-n", name] + arguments
        let log = folder.appendingPathComponent("\(UUID().uuidString.prefix(8)).log")
        // Root may read pickle only if it insists.
        let child = try Child(["env", "C_FORCE_ROOT=1", python()] + options, in: folder.path, output: log.path)
        let said = { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
        while !said().contains(" ready.") {
            guard child.isRunning else { throw RedisServer.Failure(description: "the worker ended: \(said())") }
            usleep(5_000)
        }
        return CeleryWorker(child)
    }

    private func python() throws -> String {
        guard let python = Self.python else { throw RedisServer.Failure(description: Self.missing) }
        return python
    }
}

/// A running Python worker; ended with the object.
public final class CeleryWorker: Sendable {
    private let child: Child

    fileprivate init(_ child: Child) { self.child = child }

    /// Ends the worker at once, without a farewell.
    public func stop() { child.stop() }
}
