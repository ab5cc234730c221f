/// Messages that were seen whole, the newest of each task; those seen longest ago leave when they take more than `byteLimit` bytes.
public struct SeenMessages: Sendable {
    private struct Entry {
        var seen: SeenMessage
        var bytes: Int
        var number: Int
    }

    private let byteLimit: Int
    private var entries: [TaskID: Entry] = [:]
    /// Ids in the order in which they were seen; of one that was seen again the earlier places mean nothing.
    private var order: [(id: TaskID, number: Int)] = []
    private var oldest = 0
    private var next = 0
    private var bytes = 0

    public init(byteLimit: Int = 16 << 20) { self.byteLimit = byteLimit }

    public var count: Int { entries.count }
    public subscript(id: TaskID) -> SeenMessage? { entries[id]?.seen }

    /// - Parameters:
    ///   - size: bytes that the message takes in its queue.
    ///   - at: seconds since 1970.
    public mutating func note(_ message: TaskMessage, in queue: QueueName, size: Int, at: Double) {
        guard case .known = message.arguments, !message.id.rawValue.isEmpty else { return }
        // Decoded it takes several times the room that it has as text.
        let cost = 4 * size + 2_000
        guard cost <= byteLimit else { return }
        if let before = entries.updateValue(Entry(seen: SeenMessage(message, in: queue, .past(at)), bytes: cost, number: next), forKey: message.id) { bytes -= before.bytes }
        order.append((message.id, next))
        next += 1
        bytes += cost
        while bytes > byteLimit, oldest < order.count { forgetOldest() }
        if order.count > 2 * entries.count + 64 {
            order = order.filter { entries[$0.id]?.number == $0.number }
            oldest = 0
        }
    }

    private mutating func forgetOldest() {
        let (id, number) = order[oldest]
        oldest += 1
        guard let entry = entries[id], entry.number == number else { return }
        entries[id] = nil
        bytes -= entry.bytes
    }
}
