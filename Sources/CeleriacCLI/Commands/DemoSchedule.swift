import CeleriacCore
import OrderedCollections

/// What the demo's beat sends: a schedule of each kind, and one entry of each kind of trouble.
enum DemoSchedule {
    /// - Parameter now: seconds since 1970.
    static func entries(now: Double) throws -> [ScheduleEntry] {
        var entries = [
            ScheduleEntry("stock: recount", task: "search.reindex", args: [0], schedule: .interval(IntervalSchedule(every: 20)), note: "every 20 s"),
            ScheduleEntry("mail: newsletter", task: "mail.newsletter", args: [7], schedule: .crontab(try CrontabSchedule("* * * * *")), zone: "Europe/Berlin"),
            ScheduleEntry("shop: opening", task: "shop.order", args: [1], schedule: .clocked(now + 30), isOneOff: true, note: "once, half a minute after the start"),
            ScheduleEntry("media: on the half minute", task: "media.thumbnail", args: ["window.jpg"], schedule: try Schedule(redBeat: [
                "__type__": "rrule", "freq": 6, "interval": 30, "dtstart": .integer(Int(now)),
            ])),
            // Of these one fails each time,
            ScheduleEntry("bank: reconcile", task: "bank.reconcile", schedule: .interval(IntervalSchedule(every: 25))),
            // one is late, because beat cannot make its message,
            ScheduleEntry(
                "reports: monthly", task: "shop.order", args: [2], options: ["expires": "when the month is over"], schedule: .interval(IntervalSchedule(every: 60)),
                lastRun: now - 600, runs: 41, note: "its expires is no time"),
            // and one is disabled.
            ScheduleEntry("search: rebuild all", task: "search.reindex", args: [99], schedule: .interval(IntervalSchedule(every: 30)), isEnabled: false),
        ]
        if let berlin = SolarSchedule(.sunset, latitude: 52.52, longitude: 13.4) {
            entries.append(ScheduleEntry("lights: shop window", task: "media.thumbnail", args: ["lights.jpg"], schedule: .solar(berlin), note: "sunset in Berlin"))
        }
        return entries
    }
}
