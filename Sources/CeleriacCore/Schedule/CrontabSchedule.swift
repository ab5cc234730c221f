/// Celery's five fields. Day of month and day of week must both match.
public struct CrontabSchedule: Hashable, Sendable {
    /// A field as it was written, so that an editor shows and stores it unchanged; a list of numbers stands as `1,2,3`.
    public var minute: String
    public var hour: String
    public var dayOfMonth: String
    public var monthOfYear: String
    public var dayOfWeek: String
}
