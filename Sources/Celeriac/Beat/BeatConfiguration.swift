public import CeleriacCore

/// How one beat runs; what the command line of `celery beat` decides, and Celery's settings about it.
public struct BeatConfiguration: Sendable {
    /// Where the entries are: a URL, or `file:` and a path, as `Schemes.schedules` takes it; `nil`: nowhere but in `entries`.
    public var scheduler: String?
    /// `beat_schedule`: put into the store at the start, over what it has under the same names; when they ran last stays.
    public var entries: [ScheduleEntry] = []
    /// `beat_max_loop_interval`: after which all is read again, should a change have gone unheard.
    public var maxInterval = Duration.seconds(300)
    /// `beat_cron_starting_deadline`: a crontab's missed run is made good only when it is no older than this; `nil`: always.
    public var cronStartingDeadline: Duration?
    /// `timezone`: IANA name of the zone of entries that name none.
    public var zone = "UTC"

    public init() {}
}
