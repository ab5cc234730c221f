package import CeleriacBroker
package import CeleriacCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes the copies of one act, and what became of them.
///
/// Lines, by their first letter: `M` a message (`place`, a tab, the bytes as they are), `B` the same in base 64, `N` what an edit put in its place, `D` the
/// messages since the last `D` were taken out, but for those numbered, `I` the messages up to here are in the target, `E` the end, `S` putting back began, `R` the
/// messages of those numbers, counted from the act's first, are about to be taken out of the target for that, `P` those came back, `U` they were put back.
package final class TrashWriter {
    package private(set) var entry: TrashEntry
    private let path: String
    private let descriptor: CInt
    private var buffer: [UInt8] = []

    init(_ path: String, _ entry: TrashEntry) throws(TransportError) {
        self.path = path
        self.entry = entry
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fileFailure("write", path) }
        try line(entry.head)
        try store()
    }

    /// Goes on with a file that is there.
    /// - Parameter size: of what is whole; a crash may have cut off the last line.
    init(appendingTo path: String, size: Int, _ entry: TrashEntry) throws(TransportError) {
        self.path = path
        self.entry = entry
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0, ftruncate(descriptor, off_t(size)) == 0 else { throw fileFailure("write", path) }
    }

    deinit { close(descriptor) }

    /// Copies messages; they are on the disk when it returns.
    package func keep(_ messages: [KeptMessage]) throws(TransportError) {
        for message in messages { try keep(message, as: UInt8(ascii: "M")) }
        entry.count += messages.count
        try store()
    }

    /// What is going to stand in the place of the message kept last.
    package func keep(successor message: KeptMessage) throws(TransportError) {
        try keep(message, as: UInt8(ascii: "N"))
        try store()
    }

    private func keep(_ message: KeptMessage, as kind: UInt8) throws(TransportError) {
        // A new line within would end the line; a carriage return may get lost in an editor.
        let isPlain = !message.bytes.contains { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        buffer += isPlain ? [kind] : [kind == UInt8(ascii: "M") ? UInt8(ascii: "B") : UInt8(ascii: "C")]
        buffer += JSON.encode(.string(message.place))
        buffer.append(UInt8(ascii: "\t"))
        if isPlain { buffer += message.bytes } else { buffer += Base64.encode(message.bytes) }
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count > 1 << 20 { try flush() }
    }

    /// - Parameter left: of the messages kept since the last call, the numbers of those that were not there any more.
    package func noteRemoval(left: [Int]) throws(TransportError) { try mark("D", .array(left.map(Value.integer))) }
    package func noteArrival() throws(TransportError) { try mark("I", .null) }
    package func noteEnd(done: Int, isStopped: Bool) throws(TransportError) { try mark("E", ["count": .integer(entry.count), "done": .integer(done), "stopped": .bool(isStopped)]) }
    package func noteRestoring(at time: Double) throws(TransportError) { try mark("S", ["at": .number(time)]) }
    package func noteTakingBack(_ numbers: [Int]) throws(TransportError) { try mark("R", .array(numbers.map(Value.integer))) }
    package func notePuttingBack(_ numbers: [Int]) throws(TransportError) { try mark("P", .array(numbers.map(Value.integer))) }
    package func noteRestored(_ count: Int, at time: Double) throws(TransportError) { try mark("U", ["at": .number(time), "count": .integer(count)]) }

    /// Nothing was taken away after all.
    package func discard() { unlink(path) }

    private func mark(_ kind: String, _ value: Value) throws(TransportError) {
        buffer += kind.utf8
        try line(value)
        try store()
    }

    private func line(_ value: Value) throws(TransportError) {
        buffer += JSON.encode(value)
        buffer.append(UInt8(ascii: "\n"))
    }

    private func flush() throws(TransportError) {
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if count < 0, errno != EINTR { throw fileFailure("write", path) }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func store() throws(TransportError) {
        try flush()
        guard fdatasync(descriptor) == 0 else { throw fileFailure("write", path) }
    }
}

extension TrashEntry {
    /// The first line of its file.
    var head: Value {
        [
            "celeriac_trash": 1, "at": .number(at), "act": .string(act), "broker": .string(broker), "queue": .string(queue.rawValue), "target": target.map { .string($0.rawValue) } ?? .null,
            "who": .string(who),
        ]
    }

    init?(_ id: TrashID, head: Value) {
        guard head["celeriac_trash"] == 1, let at = head["at"]?.double, let act = head["act"]?.string, let broker = head["broker"]?.string, let queue = head["queue"]?.string,
            let who = head["who"]?.string
        else { return nil }
        self.init(id: id, at: at, act: act, broker: broker, queue: QueueName(queue), target: head["target"]?.string.map { QueueName($0) }, who: who)
    }
}
