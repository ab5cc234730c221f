import Foundation

/// A Celery application of one file, `shop.py`, in a folder of its own, on the Python that `CELERIAC_PYTHON` names.
public final class CeleryApp: Sendable {
    private static let python = ProcessInfo.processInfo.environment["CELERIAC_PYTHON"]
    /// The condition of tests that need Celery: it is there, or demanded.
    public static let isThere = RedisServer.isRequired || (python.map { FileManager.default.isExecutableFile(atPath: $0) } ?? false)
    public static let missing = "CELERIAC_PYTHON names no Python with celery[redis]: python3 -m venv V && V/bin/pip install 'celery[redis]'"

    private let folder: URL

    /// - Parameters:
    ///   - broker: URL of broker and result backend.
    ///   - settings: keyword arguments for `app.conf.update`, in Python.
    public init(broker: String, settings: String = "") throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("shop-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = """
            import time
            from celery import Celery
            app = Celery("shop", broker="\(broker)", backend="\(broker)")
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
        let (process, output) = try start(["-c", "from shop import *\n" + code])
        let data = output.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw RedisServer.Failure(description: String(decoding: data, as: UTF8.self)) }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func launch(_ name: String, _ arguments: [String]) throws -> CeleryWorker {
        let options = ["-m", "celery", "-A", "shop", "worker", "-P", "solo", "-l", "INFO", "--without-mingle", "--without-gossip", "-n", name] + arguments
        let (process, output) = try start(options)
        var log = ""
        while !log.contains(" ready.") {
            let piece = output.availableData
            guard !piece.isEmpty else { throw RedisServer.Failure(description: "the worker ended: \(log)") }
            log += String(decoding: piece, as: UTF8.self)
        }
        output.readabilityHandler = { if $0.availableData.isEmpty { $0.readabilityHandler = nil } }
        return CeleryWorker(process)
    }

    private func start(_ arguments: [String]) throws -> (Process, FileHandle) {
        guard let python = Self.python else { throw RedisServer.Failure(description: Self.missing) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardOutput = output
        process.standardError = output
        try unmasked { try process.run() }
        return (process, output.fileHandleForReading)
    }
}

/// A running Python worker; ended with the object.
public final class CeleryWorker: Sendable {
    private let process: Process

    fileprivate init(_ process: Process) { self.process = process }

    deinit { stop() }

    /// Ends the worker at once, without a farewell.
    public func stop() {
        guard process.isRunning else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
