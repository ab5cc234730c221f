/// Slots in the order in which their tasks first appeared.
///
/// A row with gaps where tasks have left, and the number of tasks in each block of 1,024 places, so that a position
/// counted from either end is found by looking at the blocks and within one of them.
struct AppearanceOrder: Sendable {
    private static let block = 1024

    private var row: [SlotID] = []
    private var inBlock: [UInt16] = []
    /// Before this place there are only gaps.
    private var head = 0
    private(set) var count = 0

    var bytes: Int { heapCost(arrayHeader + row.capacity * 4) + heapCost(arrayHeader + inBlock.capacity * 2) }

    /// Whether gaps take so much room that `compact` is worth its time.
    var wantsCompacting: Bool { row.count > 4096 && row.count > count * 2 }

    /// The place that the slot got.
    mutating func append(_ slot: SlotID) -> UInt32 {
        if row.count & (Self.block - 1) == 0 { inBlock.append(0) }
        row.append(slot)
        inBlock[inBlock.count - 1] += 1
        count += 1
        return UInt32(row.count - 1)
    }

    mutating func remove(at place: UInt32) {
        row[Int(place)] = noSlot
        inBlock[Int(place) / Self.block] -= 1
        count -= 1
    }

    /// The slot that appeared first.
    mutating func oldest() -> SlotID? {
        while head < row.count {
            if row[head] != noSlot { return row[head] }
            head += 1
        }
        return nil
    }

    /// Closes the gaps; `moved` hears every slot's new place.
    mutating func compact(_ moved: (SlotID, UInt32) -> Void) {
        let all = row.filter { $0 != noSlot }
        row = []
        row.reserveCapacity(all.count + all.count / 4)
        inBlock = []
        head = 0
        count = 0
        for slot in all { moved(slot, append(slot)) }
    }

    /// How many appeared later than the one at `place`: its index when the newest stands first.
    func newestFirstIndex(of place: UInt32) -> Int {
        let block = Int(place) / Self.block
        var later = inBlock[(block + 1)...].reduce(0) { $0 + Int($1) }
        for other in Int(place) + 1..<min(row.count, (block + 1) * Self.block) where row[other] != noSlot { later += 1 }
        return later
    }

    /// At most `limit` slots, from the one at `index` on, when the newest stands first.
    func newestFirst(from index: Int, limit: Int) -> [SlotID] {
        oneByOne(from: index, limit: limit, blocks: inBlock.indices.reversed()) { block in
            (block * Self.block..<min(row.count, (block + 1) * Self.block)).reversed()
        }
    }

    /// The same with the oldest first.
    func oldestFirst(from index: Int, limit: Int) -> [SlotID] {
        oneByOne(from: index, limit: limit, blocks: inBlock.indices) { block in block * Self.block..<min(row.count, (block + 1) * Self.block) }
    }

    /// All slots, oldest first.
    func forEach(_ body: (SlotID) -> Void) {
        for slot in row where slot != noSlot { body(slot) }
    }

    /// All slots, newest first, until `body` is false.
    func forEachNewestFirst(_ body: (SlotID) -> Bool) {
        for slot in row.reversed() where slot != noSlot { if !body(slot) { return } }
    }

    private func oneByOne(from index: Int, limit: Int, blocks: some Sequence<Int>, places: (Int) -> some Sequence<Int>) -> [SlotID] {
        var found: [SlotID] = []
        guard limit > 0, index < count else { return found }
        found.reserveCapacity(min(limit, count - index))
        var skip = max(0, index)
        for block in blocks {
            let here = Int(inBlock[block])
            if skip >= here {
                skip -= here
                continue
            }
            for place in places(block) where row[place] != noSlot {
                if skip > 0 {
                    skip -= 1
                    continue
                }
                found.append(row[place])
                if found.count == limit { return found }
            }
        }
        return found
    }
}
