/// Titles side by side, one of them active.
struct TabStrip: Hashable {
    struct Tab: Hashable {
        /// Shown before the title: the digit that opens it.
        var key: String
        var title: String
        var isActive: Bool
    }

    var tabs: [Tab]

    /// Where each tab stands. Without room the gaps between them give way first, then the titles to their keys.
    func places(width: Int) -> [(tab: Tab, column: Int, text: String)] {
        let labels = tabs.reduce(0) { $0 + label($1, short: false).count }
        let isNarrow = labels > width, gap = isNarrow || labels + tabs.count + 1 <= width ? 1 : 0
        var column = gap
        return tabs.map { tab in
            let text = label(tab, short: isNarrow && !tab.isActive && !tab.key.isEmpty)
            defer { column += DisplayWidth.columns(of: text) + gap }
            return (tab, column, text)
        }
    }

    private func label(_ tab: Tab, short: Bool) -> String {
        short ? " \(tab.key) " : " " + (tab.key.isEmpty ? "" : tab.key + " ") + tab.title + " "
    }

    func render(into grid: inout Grid, at line: Rect) {
        for place in places(width: line.columns) {
            grid.write(place.text, row: line.row, column: line.column + place.column, width: line.columns - place.column, style: place.tab.isActive ? Style(.tabActive, .bold) : Style(.tab))
        }
    }

    /// The tab at a column of the line.
    func tab(at column: Int, width: Int) -> Tab? {
        places(width: width).last { $0.column <= column && column < $0.column + DisplayWidth.columns(of: $0.text) }?.tab
    }
}

extension DashboardState {
    var viewTabs: TabStrip {
        TabStrip(tabs: ViewName.allCases.map { TabStrip.Tab(key: String($0.number), title: $0.title, isActive: $0 == view) })
    }
}
