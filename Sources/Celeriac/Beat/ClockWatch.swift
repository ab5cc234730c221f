/// Notices when somebody sets the clock: the time of day and the time since the machine started then move apart.
struct ClockWatch {
    /// Seconds of time of day beyond those since the start, as seen last.
    private var apart: Double?

    /// More than any correction that keeps the clock right makes between two looks.
    private static let tolerance = 1.0

    /// Seconds by which the clock was put forward since the last look, negative when it was put back; `nil`: it was left alone.
    mutating func jump(wall: Double, steady: Double) -> Double? {
        defer { apart = wall - steady }
        guard let apart else { return nil }
        let jump = wall - steady - apart
        return jump.magnitude > Self.tolerance ? jump : nil
    }
}
