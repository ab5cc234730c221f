/// Finds a task's slot by its key: open addressing with linear probing, eight bytes an entry.
struct TaskIndex: Sendable {
    /// Low half of the hash above the slot's number plus one; 0 is free. A power of two long.
    private var entries = [UInt64](repeating: 0, count: 1024)
    private var count = 0

    var bytes: Int { heapCost(arrayHeader + entries.count * 8) }

    /// The slot among those whose hash is `hash` that `isIt` accepts.
    @inline(__always)
    func find(_ hash: UInt64, where isIt: (SlotID) -> Bool) -> SlotID? {
        let mask = entries.count - 1
        let tag = UInt32(truncatingIfNeeded: hash)
        return entries.withUnsafeBufferPointer { entries in
            var place = Int(tag) & mask
            while entries[place] != 0 {
                let entry = entries[place]
                if UInt32(entry >> 32) == tag {
                    let slot = SlotID(truncatingIfNeeded: entry) &- 1
                    if isIt(slot) { return slot }
                }
                place = (place + 1) & mask
            }
            return nil
        }
    }

    /// Adds a slot that is not in it yet.
    mutating func insert(_ hash: UInt64, _ slot: SlotID) {
        if (count + 1) * 4 > entries.count * 3 { grow() }
        count += 1
        place(UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(slot) + 1)
    }

    mutating func remove(_ hash: UInt64, _ slot: SlotID) {
        let mask = entries.count - 1
        let entry = UInt64(UInt32(truncatingIfNeeded: hash)) << 32 | UInt64(slot) + 1
        var hole = Int(UInt32(truncatingIfNeeded: hash)) & mask
        while entries[hole] != entry {
            if entries[hole] == 0 { return }
            hole = (hole + 1) & mask
        }
        count -= 1
        // Entries behind the hole that would no longer be reached move into it.
        var next = (hole + 1) & mask
        while entries[next] != 0 {
            let home = Int(entries[next] >> 32) & mask
            if (next - home) & mask >= (next - hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        entries[hole] = 0
    }

    private mutating func place(_ entry: UInt64) {
        let mask = entries.count - 1
        var place = Int(entry >> 32) & mask
        while entries[place] != 0 { place = (place + 1) & mask }
        entries[place] = entry
    }

    private mutating func grow() {
        let old = entries
        entries = [UInt64](repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 { place(entry) }
    }
}
