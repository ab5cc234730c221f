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
        if end == .back { return try await push(messages.map { (keys.place(of: $0).list, $0.bytes) }, "LPUSH") }
        // From the last one on, so that each that is put next to another one finds it.
        var lists: [String: [(place: ListPlace, bytes: [UInt8])]] = [:]
        for message in messages {
            let place = keys.place(of: message)
            lists[place.list, default: []].append((place, message.bytes))
        }
        for (list, messages) in lists {
            let isScattered = messages.contains { $0.place.hasNeighbours }
            let length = isScattered ? try await editor.send(RedisCommand("LLEN", list)).integer ?? 0 : 0
            switch (length, messages.count) {
            case (1..., ...Self.fewest): try await insert(messages, in: list)
            case (1...Self.longest, _): try await weave(messages, in: list)
            // The next one to be served is the last of its list.
            default: try await push(messages.reversed().map { (list, $0.bytes) }, "RPUSH")
            }
        }
    }

    /// Messages that are worth looking for their neighbours one by one.
    private static let fewest = 16
    /// Lists that the server can pass through without anybody minding.
    private static let longest = 200_000
    private static let pieceLimit = 500, step = 2000

    private func push(_ messages: [(list: String, bytes: [UInt8])], _ command: String) async throws(TransportError) {
        for start in stride(from: 0, to: messages.count, by: Self.pieceLimit) {
            var lists: [(list: String, bytes: [[UInt8]])] = []
            for message in messages[start..<min(start + Self.pieceLimit, messages.count)] {
                if lists.last?.list == message.list { lists[lists.count - 1].bytes.append(message.bytes) } else { lists.append((message.list, [message.bytes])) }
            }
            try await editor.send(lists.map { RedisCommand(command, bytes: [Array($0.list.utf8)] + $0.bytes) }, operation: "insert", timeout: .seconds(30))
        }
    }

    private func weave(_ messages: [(place: ListPlace, bytes: [UInt8])], in list: String) async throws(TransportError) {
        let arguments = messages.flatMap { message in
            [Array(message.place.follower.utf8), Array(message.place.leader.utf8), Array((ListPlace.tag(message.bytes) ?? "").utf8), message.bytes]
        }
        _ = try await editingScripts.run(.weave, keys: [list], arguments, timeout: .seconds(60))
    }

    /// From the last one on, so that each that is put next to another one finds it; first of all those that nobody came after, behind the one before them.
    private func insert(_ messages: [(place: ListPlace, bytes: [UInt8])], in list: String) async throws(TransportError) {
        var rest = messages
        if let last = rest.last, last.place.follower.isEmpty {
            var run = [rest.removeLast()]
            while let next = rest.last, next.place.follower == ListPlace.tag(run[0].bytes) { run.insert(rest.removeLast(), at: 0) }
            if var neighbour = try await find(run[0].place.leader, in: list) {
                for message in run {
                    try await put(message.bytes, "BEFORE", neighbour, in: list)
                    neighbour = message.bytes
                }
            } else {
                rest += run
            }
        }
        for message in rest.reversed() {
            if let neighbour = try await find(message.place.follower, in: list) {
                try await put(message.bytes, "AFTER", neighbour, in: list)
            } else {
                try await push([(list, message.bytes)], "RPUSH")
            }
        }
    }

    private func put(_ bytes: [UInt8], _ side: String, _ neighbour: [UInt8], in list: String) async throws(TransportError) {
        let command = RedisCommand("LINSERT", bytes: [Array(list.utf8), Array(side.utf8), neighbour, bytes])
        // It may have been taken a moment ago.
        if try await editor.send([command], operation: "insert")[0].integer ?? 0 <= 0 { try await push([(list, bytes)], "RPUSH") }
    }

    /// The message with a delivery tag, from the front on.
    private func find(_ tag: String, in list: String) async throws(TransportError) -> [UInt8]? {
        if tag.isEmpty { return nil }
        let needle = Array("\"delivery_tag\": \"\(tag)\"".utf8)
        var end = try await editor.send(RedisCommand("LLEN", list)).integer ?? 0
        while end > 0 {
            let start = max(0, end - Self.step)
            let reply = try await editingScripts.run(.search, keys: [list], [Array(String(start).utf8), Array(String(end - 1).utf8), needle])
            if let bytes = reply.items?.last?.bytes { return bytes }
            end = start
        }
        return nil
    }
}

extension RedisKeys {
    /// Where a message belongs: where it came from, if that is in its queue; else the list of its priority.
    func place(of message: KeptMessage) -> ListPlace {
        if let place = ListPlace(message.place, in: lists(message.queue.rawValue)) { return place }
        return ListPlace(list(message.queue, priority: (try? Envelope(decoding: message.bytes))?.priority ?? 0))
    }
}
