extension Table {
    /// Where one column stands, in columns from the table's left edge.
    struct Place: Hashable {
        var column: Int
        var x: Int
        var width: Int
    }

    /// Chooses the columns that fit `width`, dropping by priority, and deals out what is left.
    func layout(width: Int, _ list: ListState) -> [Place] {
        let gap = width < 64 ? 1 : 2
        let room = width - Self.gutter
        var shown = columns.indices.filter { $0 == 0 || $0 > list.scroll }
        var widths = Dictionary(uniqueKeysWithValues: shown.map { ($0, list.isWide ? columns[$0].most : columns[$0].least) })
        func used() -> Int { shown.reduce(gap * max(0, shown.count - 1)) { $0 + (widths[$1] ?? 0) } }
        if !list.isWide {
            while used() > room, let victim = shown.filter({ columns[$0].drop > 0 }).max(by: { (columns[$0].drop, $0) < (columns[$1].drop, $1) }) {
                shown.removeAll { $0 == victim }
            }
            // Not even the columns that never go fit: the widest give way.
            while used() > room, let widest = shown.max(by: { (widths[$0] ?? 0, $1) < (widths[$1] ?? 0, $0) }), (widths[widest] ?? 0) > 1 { widths[widest, default: 1] -= 1 }
            grow(&widths, shown.sorted { (columns[$0].drop, $0) < (columns[$1].drop, $1) }, by: room - used()) { columns[$0].ideal }
            growEvenly(&widths, shown.filter { columns[$0].isFlexible }, by: room - used())
        }
        var x = Self.gutter
        return shown.compactMap { index in
            let place = Place(column: index, x: x, width: min(widths[index] ?? 0, max(0, width - x)))
            x += (widths[index] ?? 0) + gap
            return place.width > 0 ? place : nil
        }
    }

    /// The column under `x`, counted from the table's left edge.
    func column(at x: Int, width: Int, _ list: ListState) -> Column<Row>? {
        layout(width: width, list).last { $0.x <= x }.map { columns[$0.column] }
    }

    /// Widens the narrowest column first, each up to its most.
    private func growEvenly(_ widths: inout [Int: Int], _ flexible: [Int], by room: Int) {
        for _ in 0..<max(0, room) {
            let next = flexible.filter { (widths[$0] ?? 0) < columns[$0].most }.min { (widths[$0] ?? 0, $0) < (widths[$1] ?? 0, $1) }
            guard let next else { return }
            widths[next, default: 0] += 1
        }
    }

    /// Widens columns in the given order, each up to its limit, as long as there is room.
    private func grow(_ widths: inout [Int: Int], _ order: [Int], by room: Int, upTo limit: (Int) -> Int) {
        var room = room
        for index in order {
            let more = min(max(0, room), max(0, limit(index) - (widths[index] ?? 0)))
            widths[index, default: 0] += more
            room -= more
        }
    }
}
