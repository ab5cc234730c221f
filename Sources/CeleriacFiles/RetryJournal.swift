package import CeleriacBroker
public import CeleriacCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Which tasks were sent again, and under which ids, written down before each is sent: a retry of many that was cut off can be begun again, and sends none twice.
///
/// One file of a line of JSON each, which is only added to; what is older than its size allows is in a second file. Only the owner may read them. All calls block.
public struct RetryJournal: Sendable {
    /// One task that was sent again.
    public struct Entry: Hashable, Sendable {
        public var task: TaskID
        public var new: TaskID
        /// Seconds since 1970.
        public var at: Double
        /// The broker has said that it has it; otherwise the process ended in between.
        public var isSent = false

        public init(_ task: TaskID, as new: TaskID, at: Double) {
            self.task = task
            self.new = new
            self.at = at
        }
    }

    public let path: String
    private static let largest = 64 << 20
    private var older: String { path + ".old" }

    public init(path: String) { self.path = path }

    /// The newest entry of each task; lines that a crash has cut are passed over.
    package func read() throws(TransportError) -> [TaskID: Entry] {
        var entries: [TaskID: Entry] = [:], taskOf: [TaskID: TaskID] = [:]
        for file in [older, path] {
            for line in try content(file).split(separator: UInt8(ascii: "\n")) {
                guard let value = try? JSON.decode(Array(line)) else { continue }
                if let task = value["retry"]?.string, let new = value["as"]?.string, let at = value["at"]?.double {
                    entries[TaskID(task)] = Entry(TaskID(task), as: TaskID(new), at: at)
                    taskOf[TaskID(new)] = TaskID(task)
                }
                for new in value["sent"]?.array ?? [] {
                    if let new = new.string, let task = taskOf[TaskID(new)] { entries[task]?.isSent = true }
                }
            }
        }
        return entries
    }

    /// What is going to be sent; it is on the disk when this returns.
    package func begin(_ entries: [Entry]) throws(TransportError) {
        try add(entries.map { ["at": .number($0.at), "retry": .string($0.task.rawValue), "as": .string($0.new.rawValue)] })
    }

    /// The broker has them.
    package func finish(_ entries: [Entry]) throws(TransportError) { try add([["sent": .array(entries.map { .string($0.new.rawValue) })]]) }

    private func add(_ lines: [Value]) throws(TransportError) {
        try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        var status = stat()
        if stat(path, &status) == 0, status.st_size > Self.largest { rename(path, older) }
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw fileFailure("write", path) }
        defer { close(file) }
        // A new line first: the last one may have been cut.
        let bytes = lines.reduce(into: [UInt8(ascii: "\n")]) { $0 += JSON.encode($1) + [UInt8(ascii: "\n")] }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if count < 0, errno != EINTR { throw fileFailure("write", path) }
        }
        guard fdatasync(file) == 0 else { throw fileFailure("write", path) }
    }

    private func content(_ path: String) throws(TransportError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return [] }
            throw fileFailure("read", path)
        }
        defer { close(file) }
        var bytes: [UInt8] = [], piece = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = piece.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, off_t(bytes.count)) }
            if count > 0 { bytes += piece[..<count] } else if count == 0 { return bytes } else if errno != EINTR { throw fileFailure("read", path) }
        }
    }
}
