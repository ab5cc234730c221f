extension ClusterState {
    /// Groups of failures, the largest first where no other order is asked for.
    func failurePage(_ query: ListQuery, now: Double) -> ListPage<FailureRow> {
        var rows = failures.rows(now: now, names: words.tasks)
        if let filter = query.filter, filter.expression != .everything { rows = rows.filter { filter.matches($0, now: now) } }
        rows.sort { ($0.total, $0.newestAt, $1.id) > ($1.total, $1.newestAt, $0.id) }
        if let column = query.sort {
            // The sort of the standard library keeps equals in order.
            let keyed = rows.map { (row: $0, key: Self.sortValue($0, column) ?? .none) }
            rows = keyed.sorted { FilterValue.precedes($0.key, $1.key, ascending: query.ascending) }.map(\.row)
        } else if !query.ascending {
            rows.reverse()
        }
        let window = ListWindow(query, matching: rows.count, anchor: query.anchor.flatMap { wanted in rows.firstIndex { $0.id == wanted } })
        let first = window.range.lowerBound
        return ListPage(
            rows: Array(rows[window.range]), first: first, matching: rows.count, total: failures.count, anchorIndex: window.anchor.map { $0 - first })
    }

    private static func sortValue(_ row: FailureRow, _ column: String) -> FilterValue? {
        switch column {
        case "exception": .text(row.exception)
        case "name", "task": .text(row.task)
        case "count": .number(Double(row.total))
        case "first": .number(row.firstAt)
        case "last": .number(row.newestAt)
        default: nil
        }
    }
}

extension Filter {
    /// - Parameter now: seconds since 1970, from which times are counted back.
    public func matches(_ row: FailureRow, now: Double) -> Bool {
        expression.matches { field in
            switch field {
            case .exception, .error: .text(row.exception)
            case .name, .task: .text(row.task)
            case .count: .number(Double(row.total))
            case .first: .number(now - row.firstAt)
            // Spelled `last`.
            case .lastRun: .number(now - row.newestAt)
            default: .none
            }
        }
    }
}
