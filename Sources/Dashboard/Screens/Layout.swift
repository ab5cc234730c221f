import CeleriacCore

/// Where the parts of the screen are, for a size.
struct Layout: Hashable {
    var header: Rect?
    var tabs: Rect?
    var body: Rect
    var outcome: Rect?
    var hints: Rect?
    /// Lines for jobs under way, the newest first.
    var jobs: Rect?
    /// Panes have frames around them.
    var hasFrames: Bool

    /// Lines around the body go one after the other as the screen gets lower: tabs, outcome, hints, header.
    init(rows: Int, columns: Int, jobs count: Int = 0) {
        func line(_ row: Int) -> Rect { Rect(row: row, rows: 1, columns: columns) }
        hasFrames = columns >= 60 && rows >= 15
        guard rows >= 5, columns >= 20 else {
            body = Rect(rows: min(rows, 1), columns: columns)
            return
        }
        header = line(0)
        hints = line(rows - 1)
        outcome = rows >= 7 ? line(rows - 2) : nil
        tabs = rows >= 10 ? line(1) : nil
        let top = tabs == nil ? 1 : 2, bottom = outcome == nil ? 1 : 2
        let lines = rows >= 10 ? min(2, count) : 0
        body = Rect(row: top, rows: rows - top - bottom - lines, columns: columns)
        if lines > 0 { jobs = Rect(row: body.row + body.rows, rows: lines, columns: columns) }
    }

    /// Too small for anything but one line of figures.
    var isOneLine: Bool { header == nil }
}

extension DashboardState {
    var layout: Layout { Layout(rows: rows, columns: columns, jobs: jobs.count) }

    /// The frame of a list that is on screen, table and all; `nil` when it is not.
    func frame(of list: ListName) -> Rect? {
        let layout = layout
        if layout.isOneLine { return nil }
        if list == .messages { return listedQueue == nil ? nil : layout.body }
        if view == .overview { return overviewFrames(layout)[list] }
        return list == self.list ? layout.body : nil
    }

    /// Headings and rows of a list that is on screen.
    func tableArea(of list: ListName) -> Rect? {
        guard let frame = frame(of: list) else { return nil }
        if list == .messages { return documentArea }
        var area = hasFrame(list) ? frame.inner : frame
        if list == .queuesPane, hasFrame(list), area.rows >= 6 { area.rows -= 1 }
        if brokerLine(of: list) != nil { area.rows -= 1 }
        return area
    }

    /// Where the view of queues tells how the broker is, if that is known and there is room.
    func brokerLine(of list: ListName) -> Rect? {
        guard list == .queues, header.standing != nil, let frame = frame(of: list), frame.rows >= 8 else { return nil }
        let area = hasFrame(list) ? frame.inner : frame
        return Rect(row: area.row + area.rows - 1, column: area.column, rows: 1, columns: area.columns)
    }

    /// Rows of a list that can be seen.
    func window(of list: ListName) -> Int { max(1, (tableArea(of: list)?.rows ?? 2) - 1) }

    func hasFrame(_ list: ListName) -> Bool {
        guard layout.hasFrames else { return false }
        if list == .messages { return true }
        return view != .overview || isZoomed || columns >= 100
    }

    /// Text of the open detail: inside the frame, under its tabs.
    var documentArea: Rect {
        let body = layout.body
        var area = layout.hasFrames ? body.inner : body
        guard let detail = details.last, !detail.tabs.isEmpty else { return area }
        area.row += 1
        area.rows = max(0, area.rows - 1)
        return area
    }

    /// Those that the overview has: without a store of entries it spares the room for them where room is scarce.
    var panes: [ListName] { columns < 100 && !beat.hasStore ? ListName.panes.filter { $0 != .beatPane } : ListName.panes }

    /// Frames of the overview's panes: two columns where there is room, stacked below 100 columns, one list below 60 × 15.
    func overviewFrames(_ layout: Layout) -> [ListName: Rect] {
        let body = layout.body
        if isZoomed || !layout.hasFrames { return [pane: body] }
        let around = columns >= 100 ? 3 : 1             // heading and frame
        func need(_ list: ListName, _ least: Int) -> Int { max(least, self[list].matching) + around }
        if columns < 100 {
            let heights = share(body.rows, panes.map { need($0, $0 == .failuresPane ? 1 : 2) }, least: around + 1)
            var row = body.row
            return Dictionary(uniqueKeysWithValues: zip(panes, heights).map { pane, height in
                defer { row += height }
                return (pane, Rect(row: row, rows: height, columns: columns))
            })
        }
        let top = max(need(.queuesPane, 4) + 1, need(.workersPane, 4))
        let bottom = max(need(.beatPane, 2), need(.failuresPane, 2))
        let heights = share(body.rows, [top, need(.timingsPane, 3), bottom], least: around + 1)
        let left = columns * 53 / 100, second = body.row + heights[0], third = second + heights[1]
        return [
            .queuesPane: Rect(row: body.row, rows: heights[0], columns: left),
            .workersPane: Rect(row: body.row, column: left, rows: heights[0], columns: columns - left),
            .timingsPane: Rect(row: second, rows: heights[1], columns: columns),
            .beatPane: Rect(row: third, rows: heights[2], columns: left),
            .failuresPane: Rect(row: third, column: left, rows: heights[2], columns: columns - left),
        ]
    }
}

/// Deals out `total` rows: first `least` to each, then one by one to those that need more, then evenly.
func share(_ total: Int, _ needs: [Int], least: Int) -> [Int] {
    var heights = needs.map { min(least, $0) }
    var left = total - heights.reduce(0, +)
    while left > 0, let next = needs.indices.filter({ heights[$0] < needs[$0] }).min(by: { heights[$0] < heights[$1] }) {
        heights[next] += 1
        left -= 1
    }
    for index in heights.indices where left != 0 {
        let part = left / (heights.count - index)
        heights[index] = max(0, heights[index] + part)
        left -= part
    }
    return heights
}
