import CeleriacCore
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a worker remembers over a restart (`--statedb`), as a JSON file: the revoked ids with their times, and the logical clock.
struct StateFile: Sendable {
    struct Content: Sendable {
        var clock: Int
        /// Oldest first.
        var revoked: [(id: TaskID, time: Double)]
    }

    /// Why it could not be read or written, in the system's words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    /// `nil` when there is none yet.
    func read() throws(Failure) -> Content? {
        guard let file = fopen(path, "r") else {
            if errno == ENOENT { return nil }
            throw failure("open")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { break }
            bytes += piece[..<count]
        }
        guard ferror(file) == 0 else { throw failure("read") }
        guard let whole = try? JSON.decode(bytes), let revoked = whole["revoked"]?.array else { throw Failure(description: "\(path) is no state file") }
        let entries = revoked.compactMap { entry -> (id: TaskID, time: Double)? in
            guard let id = entry.array?.first?.string, let time = entry.array?.last?.double else { return nil }
            return (TaskID(id), time)
        }
        return Content(clock: whole["clock"]?.integer ?? 0, revoked: entries)
    }

    /// Whole or not at all: written beside it, then put in its place.
    func write(_ content: Content) throws(Failure) {
        let value: Value = [
            "version": 1, "clock": .integer(content.clock), "revoked": .array(content.revoked.map { [.string($0.id.rawValue), .number($0.time)] }),
        ]
        let bytes = JSON.encode(value)
        let beside = "\(path).\(getpid()).new"
        guard let file = fopen(beside, "w") else { throw failure("create") }
        let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count && fflush(file) == 0 && fsync(fileno(file)) == 0
        guard fclose(file) == 0, isWritten, rename(beside, path) == 0 else {
            let failure = failure("write")
            unlink(beside)
            throw failure
        }
    }

    private func failure(_ operation: String) -> Failure { Failure(description: "\(operation) \(path): \(String(cString: strerror(errno)))") }
}

extension WorkerState {
    func restore() {
        guard let path = configuration.worker.stateFile else { return }
        do {
            guard let content = try StateFile(path: path).read() else { return }
            app.clock.adjust(to: content.clock)
            let now = time()
            books.withLock { books in
                for entry in content.revoked { books.revoked.insert(entry.id, at: min(entry.time, now)) }
                books.revoked.purge(now: now)
            }
        } catch { log.error("statedb: \(ForeignText.safe(error.description))") }
    }

    func save() {
        guard let path = configuration.worker.stateFile else { return }
        let now = time()
        let revoked = books.withLock { books in
            books.revoked.purge(now: now)
            return books.revoked.entries
        }
        do { try StateFile(path: path).write(StateFile.Content(clock: app.clock.now, revoked: revoked)) } catch {
            log.error("statedb: \(ForeignText.safe(error.description))")
        }
    }
}
