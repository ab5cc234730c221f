extension ClusterState {
    func queuePage(_ query: ListQuery, now: Double) -> ListPage<QueueRow> {
        let consumers = queueConsumers(now: now)
        let known = queues.known
        return page(
            query, ids: known, name: { words.queues[$0] }, row: { queueRow($0, now: now, consumers: consumers) },
            matches: { $0.matches($1) }, sortValue: Self.sortValue)
    }

    func workerPage(_ query: ListQuery, now: Double) -> ListPage<WorkerRow> {
        page(
            query, ids: workers.known, name: { workers.names[$0] }, row: { workerRow($0, now: now) },
            matches: { $0.matches($1) }, sortValue: Self.sortValue)
    }

    /// Rows by name; all of them are made only when the filter or the sort order looks at them.
    private func page<Row>(
        _ query: ListQuery, ids: [NameID], name: (NameID) -> String, row: (NameID) -> Row, matches: (Filter, Row) -> Bool,
        sortValue: (Row, String) -> FilterValue?
    ) -> ListPage<Row> {
        let total = ids.count
        var named = ids.map { (id: $0, name: name($0)) }
        named.sort { $0.name < $1.name }
        let filter = query.filter.flatMap { $0.expression == .everything ? nil : $0 }
        let column = query.sort.flatMap { $0 == "name" ? nil : $0 }
        guard filter != nil || column != nil else {
            if !query.ascending { named.reverse() }
            let window = ListWindow(query, matching: total, anchor: query.anchor.flatMap { wanted in named.firstIndex { $0.name == wanted } })
            let first = window.range.lowerBound
            return ListPage(
                rows: named[window.range].map { row($0.id) }, first: first, matching: total, total: total, anchorIndex: window.anchor.map { $0 - first })
        }

        var rows: [(name: String, row: Row, key: FilterValue)] = []
        for entry in named {
            let row = row(entry.id)
            if let filter, !matches(filter, row) { continue }
            rows.append((entry.name, row, column.flatMap { sortValue(row, $0) } ?? .none))
        }
        if column != nil {
            // The sort of the standard library keeps equals in order, here by name.
            rows.sort { FilterValue.precedes($0.key, $1.key, ascending: query.ascending) }
        } else if !query.ascending {
            rows.reverse()
        }
        let window = ListWindow(query, matching: rows.count, anchor: query.anchor.flatMap { wanted in rows.firstIndex { $0.name == wanted } })
        let first = window.range.lowerBound
        return ListPage(rows: rows[window.range].map(\.row), first: first, matching: rows.count, total: total, anchorIndex: window.anchor.map { $0 - first })
    }

    private static func sortValue(_ row: QueueRow, _ column: String) -> FilterValue? {
        switch column {
        case "type": row.traits.map { .text($0.type) }
        case "ready": .number(row.ready)
        case "unacked": .number(row.unacked)
        case "eta": .number(row.eta)
        case "consumers": .number(row.consumers)
        case "in", "in_rate": .number(row.inRate)
        case "out", "out_rate": .number(row.outRate)
        case "drain": .number(row.drain)
        case "oldest", "oldest_age": .number(row.oldestAge)
        default: nil
        }
    }

    private static func sortValue(_ row: WorkerRow, _ column: String) -> FilterValue? {
        switch column {
        case "state": .number(Double(WorkerState.allCases.firstIndex(of: row.state) ?? 0))
        case "heartbeat", "heartbeat_age": row.heartbeatAge.map { .number($0) }
        case "active": .number(row.active)
        case "reserved": .number(row.reserved)
        case "scheduled": .number(row.scheduled)
        case "processed": .number(row.processed)
        case "pool": row.pool.value.map { .text($0) }
        case "concurrency": .number(row.concurrency)
        case "load": row.load?.first.map { .number($0) }
        case "memory": .number(row.memory)
        case "queues": row.queues.value.map { .text($0.map(\.rawValue).joined(separator: " ")) }
        case "version": row.version.map { .text($0) }
        default: nil
        }
    }
}

extension FilterValue {
    /// Rows without a value come last in either direction.
    static func precedes(_ a: FilterValue, _ b: FilterValue, ascending: Bool) -> Bool {
        switch (a, b) {
        case (.none, _): false
        case (_, .none): true
        case (.number(let a), .number(let b)): ascending ? a < b : a > b
        case (.text(let a), .text(let b)): ascending ? a < b : a > b
        default: false
        }
    }
}
