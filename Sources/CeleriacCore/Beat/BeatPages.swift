import OrderedCollections

/// The order of the last list that was asked for.
struct BeatPageCache: Sendable {
    struct Entry: Sendable {
        var key: PageKey
        var names: [String]
        /// Seconds since 1970.
        var builtAt: Double
        /// The table has changed since.
        var isTouched = false
    }

    /// The view and the overview's pane ask for one each.
    private var kept: [Entry] = []

    /// - Parameter cost: seconds that making it anew takes; a list that changes all the time is not made anew all the time.
    func fresh(_ key: PageKey, at now: Double, cost: Double) -> [String]? {
        guard let entry = kept.first(where: { $0.key == key }), now >= entry.builtAt else { return nil }
        return now - entry.builtAt < (entry.isTouched ? 10 * cost : max(1, 10 * cost)) ? entry.names : nil
    }

    mutating func keep(_ key: PageKey, _ names: [String], at now: Double) {
        kept.removeAll { $0.key == key }
        kept.append(Entry(key: key, names: names, builtAt: now))
        if kept.count > 2 { kept.removeFirst() }
    }

    mutating func touch() { for index in kept.indices { kept[index].isTouched = true } }
    mutating func forget() { kept = [] }
}

extension BeatTable {
    /// Seconds for looking at one entry (measured on a 2.5 GHz core).
    private static let lookCost = 1e-6

    public mutating func page(_ query: ListQuery, now: Double) -> ListPage<EntryRow> {
        let filter = query.filter.flatMap { $0.expression == .everything ? nil : $0 }
        let sort = query.sort.flatMap { $0 == "name" ? nil : $0 }
        let order: [String]
        if filter == nil, sort == nil {
            order = names
        } else {
            let key = PageKey(filter: filter, sort: sort, ascending: sort == nil ? true : query.ascending), cost = Double(names.count) * Self.lookCost
            if let kept = pages.fresh(key, at: now, cost: cost) {
                order = kept
            } else {
                order = ordered(filter, sort, ascending: query.ascending, now: now)
                pages.keep(key, order, at: now)
            }
        }
        let isReversed = sort == nil && !query.ascending
        func name(_ place: Int) -> String { order[isReversed ? order.count - 1 - place : place] }
        let anchor = query.anchor.flatMap { order.firstIndex(of: $0) }.map { isReversed ? order.count - 1 - $0 : $0 }
        let window = ListWindow(query, matching: order.count, anchor: anchor)
        var rows: [EntryRow] = [], anchorIndex: Int?
        for place in window.range {
            guard let kept = entries[name(place)] else { continue }
            if place == window.anchor { anchorIndex = rows.count }
            rows.append(row(kept, now: now))
        }
        return ListPage(rows: rows, first: window.range.lowerBound, matching: order.count, total: names.count, anchorIndex: anchorIndex)
    }

    /// Names of all that match, sorted.
    public func names(matching filter: Filter, now: Double) -> [String] { ordered(filter, nil, ascending: true, now: now) }

    private func ordered(_ filter: Filter?, _ sort: String?, ascending: Bool, now: Double) -> [String] {
        var found: [(name: String, key: FilterValue)] = []
        for name in names {
            guard let kept = entries[name] else { continue }
            if let filter, !filter.expression.matches({ value(of: $0, kept, now: now) }) { continue }
            found.append((name, sort.map { sortValue($0, kept, now: now) } ?? .none))
        }
        // The sort of the standard library keeps equals in order, here by name.
        if sort != nil { found.sort { FilterValue.precedes($0.key, $1.key, ascending: ascending) } }
        return found.map(\.name)
    }

    private func sortValue(_ column: String, _ kept: Kept, now: Double) -> FilterValue {
        switch column {
        case "task": .text(kept.entry.task)
        case "schedule": .text(kept.entry.schedule.kind + " " + words(kept))
        case "last_run": lastRun(kept, now: now).map { .number($0) } ?? .none
        case "last_state": kept.outcome.value.map { .text($0.state.rawValue) } ?? .none
        case "last_runtime": kept.outcome.value?.runtime.map { .number($0) } ?? .none
        case "next_run": next(kept, now: now).value.map { .number($0) } ?? .none
        case "state": .number(Double(rank(kept, now: now)))
        case "total_runs": .number(Double(kept.entry.runs))
        case "zone": .text(kept.zone.name)
        default: .none
        }
    }

    private func value(of field: FilterField, _ kept: Kept, now: Double) -> FilterValue {
        let entry = kept.entry
        func text(_ text: String?) -> FilterValue { text.map { .text($0) } ?? .none }
        func number(_ number: Double?) -> FilterValue { number.map { .number($0) } ?? .none }
        switch field {
        case .name, .id: return .text(entry.name)
        case .task: return .text(entry.task)
        case .kind: return .text(entry.schedule.kind)
        case .schedule: return .text(words(kept))
        case .zone: return .text(kept.zone.name)
        case .enabled: return .text(entry.isEnabled ? "yes" : "no")
        case .note: return text(entry.note)
        case .args: return .text(JSON.text(.array(entry.args)))
        case .kwargs: return .text(JSON.text(.object(entry.kwargs)))
        case .queue: return text(entry.options["queue"]?.string)
        case .state: return .texts([EntryState.names[rank(kept, now: now)]] + (kept.outcome.value.map { [$0.state.rawValue] } ?? []))
        case .problem: return text(kept.trouble)
        case .exception: return text(kept.outcome.value?.exception)
        case .lastRun: return number(lastRun(kept, now: now).map { now - $0 })
        case .nextRun: return number(next(kept, now: now).value.map { $0 - now })
        case .runtime: return number(kept.outcome.value?.runtime)
        case .totalRuns: return .number(Double(entry.runs))
        default: return .none
        }
    }

    /// How many there are in all, enabled, and in trouble.
    public func counts(now: Double) -> (total: Int, enabled: Int, inTrouble: Int) {
        var enabled = 0, inTrouble = 0
        for kept in entries.values {
            if kept.entry.isEnabled { enabled += 1 }
            if rank(kept, now: now) <= 3 { inTrouble += 1 }
        }
        return (entries.count, enabled, inTrouble)
    }
}
