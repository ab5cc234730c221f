import Foundation
import TestSupport

/// A small real Celery application whose broker and result backend are one SQLite file.
final class SQLAlchemyApp: Sendable {
    private static let python = ProcessInfo.processInfo.environment["CELERIAC_PYTHON"]
    /// The condition of tests that need it: it is there, or demanded.
    static let isThere: Bool = {
        if RedisServer.isRequired { return true }
        guard let python, let finished = try? Program([python, "-c", "import celery, sqlalchemy"]).finish() else { return false }
        return finished.status == 0
    }()

    private let folder: URL

    init(_ file: TemporaryFile) throws {
        folder = URL(fileURLWithPath: file.folderPath)
        let source = """
            from celery import Celery
            app = Celery("shop", broker="sqla+sqlite:///\(file.path)", backend="db+sqlite:///\(file.path)")
            app.conf.update(
                broker_connection_retry_on_startup=True, worker_prefetch_multiplier=1, result_extended=True)
            @app.task(name="shop.add")
            def add(x, y, k=None):
                return x + y
            """
        try source.write(to: folder.appendingPathComponent("shop.py"), atomically: true, encoding: .utf8)
    }

    /// Runs `code` after `from shop import *`; returns what it printed.
    @discardableResult
    func run(_ code: String) async throws -> String {
        let (command, folder) = ([try path(), "-c", "from shop import *\n" + code], folder)
        let finished = try await withCheckedThrowingContinuation { continuation in
            // Waiting blocks, and the tests' own threads are few.
            Thread.detachNewThread { continuation.resume(with: Result { try Program(command, in: folder, limit: 120).finish() }) }
        }
        guard finished.status == 0 else { throw Program.Missing(description: finished.text + finished.complaint) }
        return finished.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Starts a worker of one thread; it takes tasks a moment later.
    func worker() throws -> Program {
        try Program(
            [path(), "-m", "celery", "-A", "shop", "worker", "-P", "solo", "-l", "INFO", "--without-mingle", "--without-gossip"], in: folder, limit: 150)
    }

    private func path() throws -> String {
        guard let python = Self.python else { throw Program.Missing(description: "CELERIAC_PYTHON is not set") }
        return python
    }
}
