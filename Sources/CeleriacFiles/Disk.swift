import CeleriacBroker
import CeleriacCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the system says of a file, to tell whether it is another by now.
struct FileSign: Hashable, Sendable {
    private let device, file, size, seconds, nanoseconds: Int

    /// `nil` when there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = Int(truncatingIfNeeded: status.st_dev)
        file = Int(truncatingIfNeeded: status.st_ino)
        size = Int(status.st_size)
        seconds = Int(status.st_mtim.tv_sec)
        nanoseconds = Int(status.st_mtim.tv_nsec)
    }
}

/// Reading and writing of small files; all calls block.
struct Disk: Sendable {
    /// Masked: fit to be shown.
    let endpoint: String

    /// Larger ones are none of ours.
    private static let sizeLimit = 64 << 20
    /// How long another process may keep the lock.
    private static let patience = Duration.seconds(5)

    /// `nil` when there is no such file.
    func read(_ path: String, _ operation: String) throws(TransportError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw failure(operation, path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = readSome(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw failure(operation, path) }
            if count == 0 { break }
            bytes += piece[..<count]
            if bytes.count > Self.sizeLimit {
                throw TransportError(.garbled, operation: operation, endpoint: endpoint, cause: "\(path) is larger than \(Self.sizeLimit >> 20) MB")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TransportError(.garbled, operation: operation, endpoint: endpoint, cause: "\(path) is not in UTF-8")
        }
        return text
    }

    /// Puts `text` in the place of the file, all at once; its permissions stay.
    func replace(_ path: String, with text: String, _ operation: String) throws(TransportError) {
        var status = stat()
        let mode = stat(path, &status) == 0 ? status.st_mode & 0o777 : 0o644
        let passing = path + ".\(freshUUID().prefix(8)).tmp"
        let descriptor = open(passing, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(operation, passing) }
        fchmod(descriptor, mode)
        var rest = Array(text.utf8)[...]
        var isWritten = true
        while isWritten, !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else { isWritten = count < 0 && errno == EINTR }
        }
        isWritten = isWritten && fsync(descriptor) == 0
        let cause = errno
        close(descriptor)
        if isWritten, rename(passing, path) == 0 { return }
        if isWritten == false { errno = cause }
        let error = failure(operation, path)
        unlink(passing)
        throw error
    }

    /// Does `work` while no other process that asks so does.
    func locked<Output>(_ path: String, _ operation: String, _ work: () throws(TransportError) -> Output) throws(TransportError) -> Output {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(operation, path) }
        // Which gives the lock up.
        defer { close(descriptor) }
        let deadline = ContinuousClock.now + Self.patience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw failure(operation, path) }
            if ContinuousClock.now > deadline {
                throw TransportError(.timedOut, operation: operation, endpoint: endpoint, cause: "another process has kept \(path) locked for 5 s")
            }
            usleep(1000)
        }
        return try work()
    }

    private func failure(_ operation: String, _ path: String) -> TransportError {
        let code = errno
        let (kind, hint): (TransportError.Kind, String?) =
            switch code {
            case EACCES, EPERM, EROFS: (.unauthorized, "you need to read and write \(path) and its folder")
            case ENOENT: (.unreachable, "is there its folder?")
            case ENOSPC: (.refused, "free some space where \(path) is")
            default: (.refused, nil)
            }
        return TransportError(kind, operation: operation, endpoint: endpoint, cause: "\(path): " + (strerror(code).map { String(cString: $0) } ?? "error \(code)"), hint: hint)
    }
}

/// `Disk.read` hides it.
private func readSome(_ descriptor: CInt, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int { read(descriptor, buffer, count) }
