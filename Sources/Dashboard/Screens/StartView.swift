public import CeleriacCore

extension DashboardState {
    /// Where the dashboard begins, before any key.
    public mutating func open(_ view: ViewName, filter: Filter? = nil) {
        self.view = view
        self[list].show(filter)
    }
}
