import CeleriacCore

extension DashboardState {
    /// Answers "is anything wrong?": queues, workers, timings, beat and failures at once.
    func renderOverview(_ picture: Picture, _ context: DrawContext, into grid: inout Grid) {
        let frames = overviewFrames(layout)
        for pane in panes where frames[pane] != nil { renderList(pane, picture, context, into: &grid) }
        guard let frame = frames[.queuesPane], hasFrame(.queuesPane), frame.rows >= 8, !picture.readyHistory.isEmpty else { return }
        let line = Rect(row: frame.row + frame.rows - 2, column: frame.column + 3, rows: 1, columns: frame.columns - 5)
        let legend = "  ready, last 5 min"
        let spark = Charts.sparkline(picture.readyHistory, width: max(0, line.columns - legend.count))
        let used = grid.write(spark, row: line.row, column: line.column, style: Style(context.isStale ? .stale : .spark))
        grid.write(legend, row: line.row, column: line.column + used, width: line.columns - used, style: Style(.dim))
    }
}
