/// Whether a schedule is to run now, and when to ask again.
public struct ScheduleDue: Hashable, Sendable {
    public var isDue: Bool
    /// Seconds from now; `nil`: never again.
    public var check: Double?

    public init(isDue: Bool, check: Double?) {
        self.isDue = isDue
        self.check = check
    }
}
