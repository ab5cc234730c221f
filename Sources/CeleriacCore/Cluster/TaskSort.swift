/// The columns by which tasks can be sorted.
enum TaskSort: String, Sendable {
    case id, name, state, worker, queue, args, kwargs, sent, received, started, finished, wait, runtime, retries, eta, expires, result, exception
}

extension ClusterState {
    /// Sorts slots that are in newest-first order; equals stay in it, and tasks without a value come last in either direction.
    func sort(_ slots: inout [SlotID], by column: TaskSort, ascending: Bool, now: Double) {
        switch column {
        case .id:
            sortByText(&slots, ascending) { slot, body in
                withUnsafeTemporaryAllocation(byteCount: 36, alignment: 1) { text in
                    guard tasks[slot].flags.contains(.isUUID) else { return tasks[slot].texts.with(.id, body) }
                    tasks[slot].key.write(to: text)
                    return body(UnsafeRawBufferPointer(text))
                }
            }
        case .args: sortByText(&slots, ascending) { slot, body in tasks[slot].texts.with(.args, body) }
        case .kwargs: sortByText(&slots, ascending) { slot, body in tasks[slot].texts.with(.kwargs, body) }
        case .result: sortByText(&slots, ascending) { slot, body in tasks[slot].texts.with(.result, body) }
        case .exception: sortByText(&slots, ascending) { slot, body in tasks[slot].texts.with(.exception, body) }
        case .name: sortByRank(&slots, ascending, ranks(words.tasks.texts)) { tasks[$0].name }
        case .worker: sortByRank(&slots, ascending, ranks(workers.names.texts)) { tasks[$0].worker }
        case .queue: sortByRank(&slots, ascending, ranks(words.queues.texts)) { queue(of: $0) }
        case .state: sortByRank(&slots, ascending, ranks(words.states.map { words[$0].rawValue }, isNumberZeroText: true)) { NameID(tasks[$0].state.rawValue) }
        case .sent: sortByNumber(&slots, ascending) { tasks[$0].sent }
        case .received: sortByNumber(&slots, ascending) { tasks[$0].received }
        case .started: sortByNumber(&slots, ascending) { tasks[$0].started }
        case .finished: sortByNumber(&slots, ascending) { tasks[$0].finished }
        case .wait: sortByNumber(&slots, ascending) { tasks[$0].wait }
        case .runtime: sortByNumber(&slots, ascending) { runtime(of: $0, now: now) }
        case .retries: sortByNumber(&slots, ascending) { Double(tasks[$0].retries) }
        case .eta: sortByNumber(&slots, ascending) { tasks[$0].eta }
        case .expires: sortByNumber(&slots, ascending) { tasks[$0].expires }
        }
    }

    private struct Keyed<Key> {
        var key: Key
        /// Position before, which decides between equals.
        var index: UInt32
        var slot: SlotID
    }

    private func sortByNumber(_ slots: inout [SlotID], _ ascending: Bool, _ number: (SlotID) -> Double) {
        var keyed: [Keyed<Double>] = []
        keyed.reserveCapacity(slots.count)
        for (index, slot) in slots.enumerated() {
            let number = number(slot)
            keyed.append(Keyed(key: number.isNaN ? .infinity : ascending ? number : -number, index: UInt32(index), slot: slot))
        }
        keyed.sort { $0.key != $1.key ? $0.key < $1.key : $0.index < $1.index }
        slots = keyed.map(\.slot)
    }

    /// Places of texts among all of them in alphabetical order; NaN for number 0, which means that there is none.
    private func ranks(_ texts: [String], isNumberZeroText: Bool = false) -> [Double] {
        var ranks = [Double](repeating: .nan, count: texts.count)
        for (rank, index) in texts.indices.sorted(by: { texts[$0] < texts[$1] }).enumerated() { ranks[index] = Double(rank) }
        if !isNumberZeroText { ranks[0] = .nan }
        return ranks
    }

    private func sortByRank(_ slots: inout [SlotID], _ ascending: Bool, _ ranks: [Double], _ id: (SlotID) -> NameID) {
        sortByNumber(&slots, ascending) { slot in
            let id = Int(id(slot))
            return id < ranks.count ? ranks[id] : .nan
        }
    }

    /// By the first eight bytes, which decide nearly always, then by all.
    private func sortByText(_ slots: inout [SlotID], _ ascending: Bool, _ with: (SlotID, (UnsafeRawBufferPointer) -> [UInt8]) -> [UInt8]?) {
        var keyed: [Keyed<UInt64>] = []
        var without: [SlotID] = []
        for (index, slot) in slots.enumerated() {
            var key: UInt64 = 0
            let found = with(slot) { bytes in
                for place in 0..<8 { key = key << 8 | (place < bytes.count ? UInt64(bytes[place]) : 0) }
                return []
            }
            if found == nil { without.append(slot) } else { keyed.append(Keyed(key: key, index: UInt32(index), slot: slot)) }
        }
        func whole(_ slot: SlotID) -> [UInt8] { with(slot) { Array($0) } ?? [] }
        keyed.sort { a, b in
            if a.key != b.key { return ascending == (a.key < b.key) }
            let (first, second) = (whole(a.slot), whole(b.slot))
            if first == second { return a.index < b.index }
            return ascending == first.lexicographicallyPrecedes(second)
        }
        slots = keyed.map(\.slot) + without
    }
}
