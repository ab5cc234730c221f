/// A workflow as a tree, drawn from the top down.
public struct WorkflowDetail: Hashable, Sendable {
    public var row: WorkflowRow
    public var nodes: [WorkflowNode]

    public init(row: WorkflowRow, nodes: [WorkflowNode]) {
        self.row = row
        self.nodes = nodes
    }
}

/// One line of the tree.
public struct WorkflowNode: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        case task(TaskRow)
        /// The body that a chord's end started.
        case body(TaskRow)
        /// A task that others name as their parent, of which no event is held.
        case unseen(TaskID)
        /// Heads its members.
        case group(Group)
        /// Siblings that are not listed.
        case more(WorkflowCounts)
    }

    public struct Group: Hashable, Sendable {
        public var id: String
        public var isChord: Bool
        /// Members that the backend's counter expects; does not apply to groups that are not counted.
        public var size: Fact<Int>
        public var counts: WorkflowCounts
        public var verdict: ChordVerdict?

        public init(id: String, isChord: Bool, size: Fact<Int> = .noAnswer(last: nil, at: nil), counts: WorkflowCounts, verdict: ChordVerdict? = nil) {
            self.id = id
            self.isChord = isChord
            self.size = size
            self.counts = counts
            self.verdict = verdict
        }
    }

    /// For each level above and for its own: whether a sibling follows further down. Empty at the top.
    public var trail: [Bool]
    public var content: Content

    public init(trail: [Bool] = [], _ content: Content) {
        self.trail = trail
        self.content = content
    }

    public var task: TaskRow? {
        switch content {
        case .task(let task), .body(let task): task
        default: nil
        }
    }
}

extension ClusterState {
    /// Members looked at, lines at most, and siblings listed before the others are summed up.
    private static let membersInTree = 100_000
    static let linesInTree = 2_000
    static let siblingsListed = 50
    /// Levels that `trail` tells apart; a chain of thousands of steps goes on below the last of them.
    static let levelsInTree = 20

    mutating func workflowDetail(_ wanted: TaskID, now: Double) -> WorkflowDetail? {
        let index = workflowIndex(now: now)
        let slots: [SlotID]
        // A task that stands alone is a tree of one.
        if let entry = workflow(of: wanted, index) { slots = members(of: entry, index) } else { slots = tasks.find(wanted).map { [$0] } ?? [] }
        guard let row = workflowRow(slots, now: now) else { return nil }
        var tree = TreeDrawing(WorkflowShape(slots, self, limit: Self.membersInTree), self, now: now)
        tree.draw()
        return WorkflowDetail(row: row, nodes: tree.nodes)
    }
}

/// Draws a shape line by line.
private struct TreeDrawing {
    private enum Item {
        case task(SlotID, isBody: Bool)
        case unseen(TaskID, [SlotID])
        case group(Int, [SlotID])
        case more([SlotID])
    }

    private let shape: WorkflowShape
    private let state: ClusterState
    private let now: Double
    private(set) var nodes: [WorkflowNode] = []
    /// Members of one group may stand in several places, and its body beneath each of them: it is drawn once.
    private var drawn: Set<SlotID> = []

    init(_ shape: WorkflowShape, _ state: ClusterState, now: Double) {
        self.shape = shape
        self.state = state
        self.now = now
    }

    /// A stack of its own: a chain may have thousands of steps.
    mutating func draw() {
        var open: [(item: Item, trail: [Bool])] = []
        func push(_ items: [Item], under trail: [Bool], isTop: Bool) {
            for (index, item) in items.enumerated().reversed() {
                let deeper = trail.count >= ClusterState.levelsInTree ? Array(trail.dropLast()) : trail
                open.append((item, isTop ? [] : deeper + [index < items.count - 1]))
            }
        }
        push(tops(), under: [], isTop: true)
        while let (item, trail) = open.popLast() {
            if case .task(let slot, _) = item, !drawn.insert(slot).inserted { continue }
            guard nodes.count < ClusterState.linesInTree else {
                // Whatever is still open is summed up in one line.
                nodes.append(WorkflowNode(.more(summary(of: [item] + open.map(\.item)))))
                return
            }
            nodes.append(WorkflowNode(trail: trail, content(of: item)))
            push(items(under: item), under: trail, isTop: false)
        }
    }

    private func tops() -> [Item] {
        // Tasks whose parent nobody has told of stand together under its id.
        var under: [TaskID: [SlotID]] = [:]
        var unseen: [TaskID] = []
        var rest: [SlotID] = []
        for slot in shape.heads {
            guard let parent = state.parentID(of: slot), parent != state.id(of: slot), state.tasks.find(parent) == nil else {
                rest.append(slot)
                continue
            }
            if under[parent] == nil { unseen.append(parent) }
            under[parent, default: []].append(slot)
        }
        return unseen.map { Item.unseen($0, under[$0] ?? []) } + grouped(rest + shape.omitted)
    }

    /// Members of a group under its line, the other siblings beside it.
    private func grouped(_ siblings: [SlotID]) -> [Item] {
        var order: [Int?: [SlotID]] = [:]
        var numbers: [Int] = []
        for slot in siblings {
            let number = shape.groupOf[slot]
            if let number, order[number] == nil { numbers.append(number) }
            order[number, default: []].append(slot)
        }
        return numbers.map { .group($0, order[$0] ?? []) } + listed(order[nil] ?? [])
    }

    /// All in order, or, of many, the worst first and a line that sums up the rest.
    private func listed(_ siblings: [SlotID]) -> [Item] {
        guard siblings.count > ClusterState.siblingsListed else { return siblings.map { .task($0, isBody: false) } }
        // By severity in seven buckets: the order within each stays.
        var buckets = [[SlotID]](repeating: [], count: 7)
        for slot in siblings { buckets[6 - state.tasks[slot].state.severity].append(slot) }
        let sorted = buckets.flatMap { $0 }
        return sorted.prefix(ClusterState.siblingsListed).map { .task($0, isBody: false) } + [.more(Array(sorted.dropFirst(ClusterState.siblingsListed)))]
    }

    private func items(under item: Item) -> [Item] {
        switch item {
        case .task(let slot, _): grouped(shape.children[slot] ?? [])
        case .unseen(_, let slots): grouped(slots)
        case .group(let number, let slots): listed(slots) + (shape.bodies[number].map { [.task($0, isBody: true)] } ?? [])
        case .more: []
        }
    }

    private func content(of item: Item) -> WorkflowNode.Content {
        switch item {
        case .task(let slot, let isBody): isBody ? .body(state.taskRow(slot, now: now)) : .task(state.taskRow(slot, now: now))
        case .unseen(let id, _): .unseen(id)
        case .group(let number, let slots): .group(group(number, slots))
        case .more(let slots): .more(counts(slots))
        }
    }

    private func group(_ number: Int, _ slots: [SlotID]) -> WorkflowNode.Group {
        let isFired = shape.bodies[number] != nil
        let chord = state.groups[number]?.chord
        let size: Fact<Int> = chord.map { $0.size.map { .known($0) } ?? .notApplicable } ?? .noAnswer(last: nil, at: nil)
        return WorkflowNode.Group(
            id: state.groups[number]?.id ?? "?", isChord: isFired || state.groups[number]?.isChord == true, size: size, counts: counts(slots),
            verdict: state.chordVerdict(number, isFired: isFired, now: now))
    }

    private func counts(_ slots: [SlotID]) -> WorkflowCounts {
        var counts = WorkflowCounts()
        for slot in slots { counts.add(state.tasks[slot].state) }
        return counts
    }

    /// All that lies below these as well.
    private func summary(of items: [Item]) -> WorkflowCounts {
        var counts = WorkflowCounts()
        var (open, seen) = (items, drawn)
        if case .task(let slot, _)? = items.first { seen.remove(slot) }
        while let item = open.popLast() {
            if case .task(let slot, _) = item {
                guard seen.insert(slot).inserted else { continue }
                counts.add(state.tasks[slot].state)
            }
            if case .more(let slots) = item { for slot in slots { counts.add(state.tasks[slot].state) } }
            open += self.items(under: item)
        }
        return counts
    }
}
