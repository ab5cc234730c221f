public import CeleriacBroker
public import CeleriacCore

extension RedisBroker {
    public var editing: EditingTraits { [] }

    /// Also on a connection that may only look: what changes anything is refused then.
    public func walk(_ queue: QueueName, needle: [UInt8]) async throws(TransportError) -> any QueueWalk {
        let lists = keys.lists(queue.rawValue)
        // A key of another type holds no messages: its error reply counts as an empty list.
        let lengths = try await editor.send(lists.map { RedisCommand("LLEN", $0) }).map { $0.integer ?? 0 }
        return ListWalk(editor, editingScripts, keys, queue, lists: Array(zip(lists, lengths)), needle: needle)
    }

    public func insert(_ messages: [KeptMessage], at end: QueueEnd) async throws(TransportError) {
        // At the front the next one to be served is the last of its list.
        let inOrder = end == .front ? messages.reversed() : messages
        for start in stride(from: 0, to: inOrder.count, by: Self.pieceLimit) {
            var lists: [(list: String, bytes: [[UInt8]])] = []
            for message in inOrder[start..<min(start + Self.pieceLimit, inOrder.count)] {
                let list = keys.list(of: message)
                if lists.last?.list == list { lists[lists.count - 1].bytes.append(message.bytes) } else { lists.append((list, [message.bytes])) }
            }
            let command = end == .front ? "RPUSH" : "LPUSH"
            try await editor.send(lists.map { RedisCommand(command, bytes: [Array($0.list.utf8)] + $0.bytes) }, operation: "insert", timeout: .seconds(30))
        }
    }

    private static let pieceLimit = 500
}

extension RedisKeys {
    /// The list that a message belongs to: the one it came from, if that is its queue's; else the one of its priority.
    func list(of message: KeptMessage) -> String {
        if lists(message.queue.rawValue).contains(message.place) { return message.place }
        return list(message.queue, priority: (try? Envelope(decoding: message.bytes))?.priority ?? 0)
    }
}
