import CeleriacBroker
import CeleriacCore
import Dispatch
import GRDB
import Synchronization

/// One store's way to its file: opens it when it is needed, and tells errors in that store's words.
final class FileAccess: Sendable {
    /// Masked: fit to be shown.
    let endpoint: String
    let file: SQLiteFile
    private let tables: TableSet
    private let creates: Bool
    private let closing = Atomic<Bool>(false)

    /// - Parameter creates: makes file and tables when they are missing.
    /// - Throws: kind `.misconfigured`; nothing is opened yet.
    init(_ url: BrokerURL, _ tables: TableSet, creates: Bool) throws(TransportError) {
        endpoint = url.description
        file = SQLiteFile.shared(try FilePath(url))
        self.tables = tables
        self.creates = creates
    }

    var wakeups: Wakeups { file.wakeups }

    /// Opens the file now. Blocks the thread.
    func open() throws(TransportError) {
        do { _ = try file.open(tables, creates: creates) } catch { throw failure(error, "open") }
    }

    /// Calls after this one fail; the file stays open for other stores.
    func close() {
        closing.store(true, ordering: .sequentiallyConsistent)
        // Whoever waits finds out.
        wakeups.fire(.all)
    }

    var isClosed: Bool { closing.load(ordering: .sequentiallyConsistent) }

    /// Runs `work` on a snapshot, without any lock that writers would wait for.
    func read<Output: Sendable>(_ operation: String, _ work: @escaping @Sendable (Database) throws -> Output) async throws(TransportError) -> Output {
        do {
            let pool = try await opened(operation).pool
            return try await withCheckedThrowingContinuation { continuation in
                pool.asyncRead { database in continuation.resume(with: Result { try work(database.get()) }) }
            }
        } catch { throw failure(error, operation) }
    }

    /// Runs `work` in a transaction, together with that of others; returns after the commit. `work` may run twice.
    func write<Output: Sendable>(
        _ operation: String, _ topics: Topics = [], _ work: @escaping @Sendable (Database) throws -> Output
    ) async throws(TransportError) -> Output {
        do { return try await opened(operation).writes.perform(topics, work) } catch { throw failure(error, operation) }
    }

    private func opened(_ operation: String) async throws -> SQLiteFile.Opened {
        if isClosed {
            throw TransportError(.unreachable, operation: operation, endpoint: endpoint, cause: "it was closed")
        }
        if let opened = file.opened(tables, creates: creates) { return opened }
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { [file, tables, creates] in
                continuation.resume(with: Result { try file.open(tables, creates: creates) })
            }
        }
    }

    private func failure(_ error: any Error, _ operation: String) -> TransportError {
        TransportError(error, operation: operation, endpoint: endpoint, path: file.path)
    }
}
