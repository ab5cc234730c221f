/// What waits for its time, the earliest first; of equal times, what came first. Times are seconds since 1970.
///
/// A binary heap: a hundred thousand waiting tasks cost one timer and a logarithm each.
struct DeadlineHeap<Element> {
    private struct Node {
        var time: Double
        /// Of insertion.
        var order: Int
        var element: Element

        func precedes(_ other: Node) -> Bool { time < other.time || time == other.time && order < other.order }
    }

    private var nodes: [Node] = []
    private var inserted = 0

    var count: Int { nodes.count }
    var earliest: Double? { nodes.first?.time }

    mutating func insert(_ element: Element, at time: Double) {
        nodes.append(Node(time: time, order: inserted, element: element))
        inserted += 1
        var child = nodes.count - 1
        while child > 0, nodes[child].precedes(nodes[(child - 1) / 2]) {
            nodes.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest one if its time has come.
    mutating func popDue(_ now: Double) -> Element? {
        guard let first = nodes.first, first.time <= now else { return nil }
        let last = nodes.removeLast()
        if !nodes.isEmpty {
            nodes[0] = last
            sink()
        }
        return first.element
    }

    /// Takes all that are left, in no order.
    mutating func removeAll() -> [Element] {
        defer { nodes = [] }
        return nodes.map(\.element)
    }

    /// With their times, in the order in which they will come.
    var sorted: [(time: Double, element: Element)] {
        nodes.sorted { $0.precedes($1) }.map { ($0.time, $0.element) }
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < nodes.count && nodes[child].precedes(nodes[least]) { least = child }
            guard least != parent else { return }
            nodes.swapAt(parent, least)
            parent = least
        }
    }
}
