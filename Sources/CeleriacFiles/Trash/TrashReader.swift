package import CeleriacBroker
package import CeleriacCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads one act's copies, batch by batch; knows where each batch stands, and what became of it.
package final class TrashReader {
    /// Messages that were copied together.
    package struct Batch {
        /// Bytes of its lines in the file.
        fileprivate(set) var range: Range<Int>
        /// Number of its first message among all of the act.
        package let first: Int
        package fileprivate(set) var count = 0
        /// Numbers of those that were not there any more when they were to be taken out; `nil`: whether they were taken out is not known.
        package fileprivate(set) var left: Set<Int>?
        /// They came to the target.
        package fileprivate(set) var hasArrived = false
    }

    package private(set) var entry: TrashEntry
    /// Those copied first in front.
    package private(set) var batches: [Batch] = []
    /// Putting back was begun, perhaps not ended.
    package private(set) var wasRestoring = false
    /// Numbers of messages that were going to be taken out of the target, so that they can be put back.
    package private(set) var takenBack: Set<Int> = []
    /// Numbers of messages that came back.
    package private(set) var putBack: Set<Int> = []
    private let path: String
    private let descriptor: CInt
    /// Up to the end of the last whole line.
    private var wholeSize = 0

    /// Copies that are read at once.
    private static let most = 1000
    private static let piece = 1 << 20

    init(_ path: String) throws(TransportError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fileFailure("read", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fileFailure("read", path) }
        let size = Int(status.st_size)
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let id = TrashID(rawValue: String(name.dropLast(Trash.ending.count)))
        var found: TrashEntry?
        entry = TrashEntry(id: id, at: 0, act: "", broker: "", queue: "", who: "")
        var open: Batch?
        try lines(0..<size) { line, range in
            wholeSize = range.upperBound
            if found == nil {
                found = (try? JSON.decode(Array(line))).flatMap { TrashEntry(id, head: $0) }
                return found != nil
            }
            switch line.first {
            case UInt8(ascii: "M"), UInt8(ascii: "B"):
                if let full = open, full.count >= Self.most {
                    batches.append(full)
                    open = nil
                }
                var batch = open ?? Batch(range: range, first: found?.count ?? 0)
                batch.range = batch.range.lowerBound..<range.upperBound
                batch.count += 1
                open = batch
                found?.count += 1
            case UInt8(ascii: "N"), UInt8(ascii: "C"):
                if let batch = open { open?.range = batch.range.lowerBound..<range.upperBound }
            case UInt8(ascii: "D"):
                if let batch = open { batches.append(batch) }
                open = nil
                // The numbers count from the first message since the last such line.
                let missing = Self.numbers(line)
                var first = batches.count
                while first > 0, batches[first - 1].left == nil { first -= 1 }
                var before = 0
                for index in first..<batches.count {
                    let count = batches[index].count
                    batches[index].left = Set(missing.filter { before..<before + count ~= $0 }.map { $0 - before })
                    before += count
                }
            case UInt8(ascii: "I"): for index in batches.indices where batches[index].left != nil { batches[index].hasArrived = true }
            case UInt8(ascii: "E"): found?.isFinished = true
            case UInt8(ascii: "S"): wasRestoring = true
            case UInt8(ascii: "R"): takenBack.formUnion(Self.numbers(line))
            case UInt8(ascii: "P"): putBack.formUnion(Self.numbers(line))
            case UInt8(ascii: "U"): found?.restoredAt = (try? JSON.decode(Array(line.dropFirst())))?["at"]?.double
            default: break
            }
            return true
        }
        if let open { batches.append(open) }
        guard var found else {
            close(descriptor)
            throw TransportError(.garbled, operation: "read", endpoint: path, cause: "this is no file of the trash")
        }
        found.bytes = size
        entry = found
    }

    deinit { close(descriptor) }

    private static func numbers(_ line: ArraySlice<UInt8>) -> Set<Int> { Set((try? JSON.decode(Array(line.dropFirst())))?.array?.compactMap(\.integer) ?? []) }

    /// Goes on writing to it.
    package func writer() throws(TransportError) -> TrashWriter { try TrashWriter(appendingTo: path, size: wholeSize, entry) }

    /// Keeps others from putting the same messages back at the same time, as long as this reader lives.
    package func lock() throws(TransportError) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw TransportError(.refused, operation: "restore", endpoint: path, cause: "somebody else is putting these messages back right now")
        }
    }

    /// Batches that lie together, about so many bytes in each group.
    package func groups(of bytes: Int) -> [[Batch]] {
        var groups: [[Batch]] = [], size = 0
        for batch in batches {
            if groups.isEmpty || size + batch.range.count > bytes {
                groups.append([])
                size = 0
            }
            groups[groups.count - 1].append(batch)
            size += batch.range.count
        }
        return groups
    }

    /// The messages of a batch, those copied first in front; with what an edit put in their place.
    package func messages(_ batch: Batch) throws(TransportError) -> [(message: KeptMessage, successor: KeptMessage?)] {
        var messages: [(message: KeptMessage, successor: KeptMessage?)] = []
        try lines(batch.range) { line, _ in
            guard let kind = line.first, let tab = line.firstIndex(of: UInt8(ascii: "\t")), let place = (try? JSON.decode(Array(line[(line.startIndex + 1)..<tab])))?.string else { return true }
            let text = line[(tab + 1)...]
            let isPacked = kind == UInt8(ascii: "B") || kind == UInt8(ascii: "C")
            guard let bytes = isPacked ? Base64.decode(text) : Array(text) else { return true }
            let message = KeptMessage(queue: entry.queue, place: place, bytes: bytes)
            if kind == UInt8(ascii: "N") || kind == UInt8(ascii: "C") {
                if !messages.isEmpty { messages[messages.count - 1].successor = message }
            } else {
                messages.append((message, nil))
            }
            return true
        }
        return messages
    }

    /// What the ends of a file tell of its act; `nil` when only the whole tells it.
    static func summary(_ path: String, _ id: TrashID) -> TrashEntry? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        func text(at offset: Int) -> String {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = pread(descriptor, &bytes, 4096, off_t(offset))
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
        guard let head = text(at: 0).split(separator: "\n").first, var entry = (try? JSON.decode(String(head))).flatMap({ TrashEntry(id, head: $0) }) else { return nil }
        entry.bytes = Int(status.st_size)
        for line in text(at: max(0, entry.bytes - 4096)).split(separator: "\n").dropFirst() {
            guard let value = try? JSON.decode(String(line.dropFirst())) else { continue }
            switch line.first {
            case "E":
                entry.isFinished = true
                entry.count = value["count"]?.integer ?? 0
            case "U": entry.restoredAt = value["at"]?.double
            default: break
            }
        }
        return entry.isFinished ? entry : nil
    }

    /// Whole lines without their ends, and where they stand, until `take` has enough. What was cut off at the end of the file is none.
    private func lines(_ range: Range<Int>, _ take: (ArraySlice<UInt8>, Range<Int>) -> Bool) throws(TransportError) {
        var rest: [UInt8] = [], start = range.lowerBound, position = range.lowerBound
        while position < range.upperBound {
            var piece = [UInt8](repeating: 0, count: min(Self.piece, range.upperBound - position))
            let wanted = piece.count
            let count = pread(descriptor, &piece, wanted, off_t(position))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if count < 0 { throw fileFailure("read", path) }
                break
            }
            position += count
            rest += piece[..<count]
            var from = rest.startIndex
            while let end = rest[from...].firstIndex(of: UInt8(ascii: "\n")) {
                let place = start..<(start + end - from + 1)
                if !take(rest[from..<end], place) { return }
                start = place.upperBound
                from = end + 1
            }
            rest.removeSubrange(..<from)
        }
    }
}
