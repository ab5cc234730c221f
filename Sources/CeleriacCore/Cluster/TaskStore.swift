/// All tasks that are held: slots in pages, found by key, in the order of their appearance.
///
/// A value like any other: a copy is independent (and costs as much as it holds, once either side changes).
struct TaskStore: Sendable {
    private static let pageSize = 1024

    private var pages: ContiguousArray<ContiguousArray<TaskSlot>> = []
    private var freeSlots: [SlotID] = []
    private var index = TaskIndex()
    private(set) var order = AppearanceOrder()
    private var textBytes = 0
    /// The row of tasks that came to an end, the earliest first; some may have begun anew since.
    private var firstFinished = noSlot
    private var lastFinished = noSlot
    /// Children whose parents are not held: parent's key → first child.
    private var orphans: [TaskKey: SlotID] = [:]
    let hash: ByteHash
    /// Grows whenever a task comes or goes.
    private(set) var changes = 0

    init(hash: ByteHash) {
        self.hash = hash
    }

    var count: Int { order.count }

    /// Estimated bytes on the heap.
    var bytes: Int {
        pages.count * (heapCost(arrayHeader + Self.pageSize * MemoryLayout<TaskSlot>.stride) + 8) + textBytes + index.bytes + order.bytes
            + freeSlots.capacity * 4 + orphans.capacity * 32
    }

    @inline(__always)
    subscript(slot: SlotID) -> TaskSlot {
        _read { yield pages[Int(slot) / Self.pageSize][Int(slot) & (Self.pageSize - 1)] }
        _modify { yield &pages[Int(slot) / Self.pageSize][Int(slot) & (Self.pageSize - 1)] }
    }

    @inline(__always)
    func find(_ key: TaskKey) -> SlotID? {
        index.find(hash(key.high, key.low)) { self[$0].key == key }
    }

    func find(_ id: TaskID) -> SlotID? {
        find(TaskKey.of(id, hash: hash).key)
    }

    /// The slot of the task called `id`, made now if there is none.
    @inline(__always)
    mutating func findOrAdd(_ id: UnsafeRawBufferPointer) -> (slot: SlotID, isNew: Bool) {
        let (key, isUUID) = TaskKey.of(id, hash: hash)
        if let slot = find(key) { return (slot, false) }
        return (add(key, id: id, isUUID: isUUID), true)
    }

    private mutating func add(_ key: TaskKey, id: UnsafeRawBufferPointer, isUUID: Bool) -> SlotID {
        if freeSlots.isEmpty { addPage() }
        let slot = freeSlots.removeLast()
        index.insert(hash(key.high, key.low), slot)
        let place = order.append(slot)
        self[slot].key = key
        self[slot].place = place
        self[slot].flags = isUUID ? .isUUID : []
        if !isUUID { replaceTexts(of: slot, 1 << UInt16(TaskTexts.Kind.id.rawValue)) { add in add(.id, id) } }
        changes += 1
        adopt(by: slot)
        return slot
    }

    private mutating func addPage() {
        let first = pages.count * Self.pageSize
        var free = TaskSlot()
        free.flags = .isFree
        pages.append(ContiguousArray(repeating: free, count: Self.pageSize))
        freeSlots.append(contentsOf: (first..<first + Self.pageSize).reversed().map { SlotID($0) })
    }

    /// See `TaskTexts.replace`.
    @inline(__always)
    mutating func replaceTexts(of slot: SlotID, _ kinds: UInt16, with additions: (_ add: (TaskTexts.Kind, UnsafeRawBufferPointer) -> Void) -> Void) {
        let before = self[slot].texts.cost
        self[slot].texts.replace(kinds, with: additions)
        textBytes += self[slot].texts.cost - before
    }

    // MARK: Leaving

    /// Notes that the task came to an end, so that it may leave when room is needed.
    @inline(__always)
    mutating func noteFinished(_ slot: SlotID) {
        guard !self[slot].flags.contains(.isInFinishedRow) else { return }
        self[slot].flags.insert(.isInFinishedRow)
        self[slot].nextFinished = noSlot
        if lastFinished == noSlot { firstFinished = slot } else { self[lastFinished].nextFinished = slot }
        lastFinished = slot
    }

    /// The task that should leave first: the one that finished longest ago, else the one that appeared first.
    mutating func nextToLeave() -> SlotID? {
        while firstFinished != noSlot {
            let slot = firstFinished
            if self[slot].state.isFinal { return slot }
            takeFromFinishedRow()
        }
        return order.oldest()
    }

    private mutating func takeFromFinishedRow() {
        let slot = firstFinished
        firstFinished = self[slot].nextFinished
        if firstFinished == noSlot { lastFinished = noSlot }
        self[slot].nextFinished = noSlot
        self[slot].flags.remove(.isInFinishedRow)
    }

    /// Removes what `nextToLeave` gave.
    mutating func remove(_ slot: SlotID) {
        if firstFinished == slot { takeFromFinishedRow() }
        disown(by: slot)
        unlink(slot)
        let key = self[slot].key
        index.remove(hash(key.high, key.low), slot)
        order.remove(at: self[slot].place)
        textBytes -= self[slot].texts.cost
        let serial = self[slot].serial &+ 1
        self[slot] = TaskSlot()
        self[slot].serial = serial
        self[slot].flags = .isFree
        freeSlots.append(slot)
        changes += 1
        if order.wantsCompacting {
            var order = order
            order.compact { slot, place in self[slot].place = place }
            self.order = order
        }
    }

    // MARK: Family

    /// Hangs the task under the parent that its texts name, whether that one is held or not.
    mutating func link(_ slot: SlotID) {
        if self[slot].flags.contains(.isLinked) { unlink(slot) }
        guard let parent = parentKey(of: slot), parent != self[slot].key else { return }
        let first: SlotID
        if let holder = find(parent) {
            first = self[holder].firstChild
            self[holder].firstChild = slot
        } else {
            first = orphans[parent] ?? noSlot
            orphans[parent] = slot
        }
        self[slot].flags.insert(.isLinked)
        self[slot].nextSibling = first
        self[slot].previousSibling = noSlot
        if first != noSlot { self[first].previousSibling = slot }
    }

    /// Takes the task from under its parent. The texts must still name the parent under which it hangs.
    mutating func unlink(_ slot: SlotID) {
        guard self[slot].flags.contains(.isLinked) else { return }
        let (previous, next) = (self[slot].previousSibling, self[slot].nextSibling)
        if next != noSlot { self[next].previousSibling = previous }
        if previous != noSlot {
            self[previous].nextSibling = next
        } else if let parent = parentKey(of: slot) {
            if let holder = find(parent) { self[holder].firstChild = next } else { orphans[parent] = next == noSlot ? nil : next }
        }
        self[slot].flags.remove(.isLinked)
        self[slot].nextSibling = noSlot
        self[slot].previousSibling = noSlot
    }

    private mutating func adopt(by slot: SlotID) {
        guard !orphans.isEmpty, let first = orphans.removeValue(forKey: self[slot].key) else { return }
        self[slot].firstChild = first
    }

    private mutating func disown(by slot: SlotID) {
        guard self[slot].firstChild != noSlot else { return }
        orphans[self[slot].key] = self[slot].firstChild
        self[slot].firstChild = noSlot
    }

    func parentKey(of slot: SlotID) -> TaskKey? {
        key(of: slot, .parentUUID, .parent)
    }

    func rootKey(of slot: SlotID) -> TaskKey? {
        self[slot].flags.contains(.isRoot) ? self[slot].key : key(of: slot, .rootUUID, .root)
    }

    private func key(of slot: SlotID, _ uuid: TaskTexts.Kind, _ text: TaskTexts.Kind) -> TaskKey? {
        let texts = self[slot].texts
        return texts.with(uuid) { TaskKey(raw: $0) } ?? texts.with(text) { TaskKey.of($0, hash: hash).key }
    }

    /// The task's children in the order of their appearance, at most `limit` of them (then the newest).
    func children(of slot: SlotID, limit: Int) -> [SlotID] {
        var children: [SlotID] = []
        var child = self[slot].firstChild
        while child != noSlot, children.count < limit {
            children.append(child)
            child = self[child].nextSibling
        }
        return children.reversed()
    }
}
