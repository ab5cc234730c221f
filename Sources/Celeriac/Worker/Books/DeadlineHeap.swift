import HeapModule

/// What waits for its time, the earliest first; of equal times, what came first. Times are seconds since 1970.
///
/// A hundred thousand waiting tasks cost one timer and a logarithm each.
struct DeadlineHeap<Element> {
    private struct Node: Comparable {
        var time: Double
        /// Of insertion: no two have the same.
        var order: Int
        var element: Element

        static func == (left: Node, right: Node) -> Bool { left.order == right.order }
        static func < (left: Node, right: Node) -> Bool { left.time < right.time || left.time == right.time && left.order < right.order }
    }

    private var nodes = Heap<Node>()
    private var inserted = 0

    var count: Int { nodes.count }
    var earliest: Double? { nodes.min?.time }

    mutating func insert(_ element: Element, at time: Double) {
        nodes.insert(Node(time: time, order: inserted, element: element))
        inserted += 1
    }

    /// Takes the earliest one if its time has come.
    mutating func popDue(_ now: Double) -> Element? {
        guard let first = nodes.min, first.time <= now else { return nil }
        return nodes.removeMin().element
    }

    /// Takes all that are left, in no order.
    mutating func removeAll() -> [Element] {
        defer { nodes = Heap() }
        return nodes.unordered.map(\.element)
    }

    /// With their times, in the order in which they will come.
    var sorted: [(time: Double, element: Element)] {
        nodes.unordered.sorted().map { ($0.time, $0.element) }
    }
}
