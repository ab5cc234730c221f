import CeleriacCore

/// The messages that wait in one queue: ten lists, one each priority, the highest served first.
struct MemoryQueue {
    private var lists = Array(repeating: MessageList(), count: 10)
    private(set) var count = 0

    mutating func append(_ envelope: Envelope) {
        lists[PrioritySteps.clamped(envelope.priority)].append(envelope)
        count += 1
    }

    /// Puts it where it is taken next among those of its priority.
    mutating func prepend(_ envelope: Envelope) {
        lists[PrioritySteps.clamped(envelope.priority)].prepend(envelope)
        count += 1
    }

    /// The priority of the message that `popFirst` would take.
    var firstPriority: Int? { count == 0 ? nil : lists.lastIndex { !$0.isEmpty } }

    mutating func popFirst() -> Envelope? {
        guard let priority = firstPriority else { return nil }
        count -= 1
        return lists[priority].popFirst()
    }
}

/// First in, first out, and room at the front: two stacks, so that each operation takes constant time on average.
private struct MessageList {
    /// The next one last.
    private var front: [Envelope] = []
    private var back: [Envelope] = []

    var isEmpty: Bool { front.isEmpty && back.isEmpty }
    mutating func append(_ envelope: Envelope) { back.append(envelope) }
    mutating func prepend(_ envelope: Envelope) { front.append(envelope) }

    mutating func popFirst() -> Envelope? {
        if front.isEmpty {
            front = back.reversed()
            back = []
        }
        return front.popLast()
    }
}
