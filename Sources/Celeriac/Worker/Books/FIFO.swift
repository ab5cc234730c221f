/// A queue: appending and taking cost the same however long it is.
struct FIFO<Element> {
    private var slots: [Element?] = []
    private var head = 0

    var count: Int { slots.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Element? { head < slots.count ? slots[head] : nil }

    mutating func append(_ element: Element) { slots.append(element) }

    mutating func popFirst() -> Element? {
        guard head < slots.count else { return nil }
        defer {
            slots[head] = nil
            head += 1
            // Moving the rest down costs no more than the takes since the last time.
            if head >= 64, head * 2 >= slots.count {
                slots.removeFirst(head)
                head = 0
            }
        }
        return slots[head]
    }

    mutating func removeAll() -> [Element] {
        defer {
            slots = []
            head = 0
        }
        return elements
    }

    /// In order.
    var elements: [Element] { slots[head...].compactMap(\.self) }
}
