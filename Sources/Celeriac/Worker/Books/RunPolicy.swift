import CeleriacCore

/// What was decided about one run before it begins: its message is asked first, then its task's options, then the app's configuration.
struct RunPolicy: Hashable, Sendable {
    var acksLate: Bool
    var acksOnFailure: Bool
    var acksOnTimeout: Bool
    var rejectsOnWorkerLost: Bool
    var storesResult: Bool
    var storesErrors: Bool
    var tracksStarted: Bool
    var sendsEvents: Bool
    var limits: TimeLimits

    /// - Parameter overriding: limits that `control time_limit` gave the task.
    init(_ message: TaskMessage, options: TaskOptions, configuration: AppConfiguration, overriding: TimeLimits? = nil) {
        acksLate = options.acksLate ?? configuration.acksLate
        acksOnFailure = options.acksOnFailure ?? configuration.acksOnFailure
        acksOnTimeout = options.acksOnTimeout ?? configuration.acksOnTimeout
        rejectsOnWorkerLost = options.rejectsOnWorkerLost ?? configuration.rejectsOnWorkerLost
        storesResult = !(message.ignoresResult ?? options.ignoresResult ?? configuration.ignoresResults)
        storesErrors = storesResult || options.storesErrorsEvenIfIgnored ?? configuration.storesErrorsEvenIfIgnored
        tracksStarted = storesResult && options.tracksStarted ?? configuration.tracksStarted
        sendsEvents = options.sendsEvents
        let own = overriding ?? options.limits
        limits = TimeLimits(
            soft: Self.limit(message.softLimit) ?? own.soft ?? configuration.limits.soft,
            hard: Self.limit(message.hardLimit) ?? own.hard ?? configuration.limits.hard)
    }

    /// A message's limit in seconds; none when it is no time that a clock could measure.
    private static func limit(_ seconds: Double?) -> Duration? {
        guard let seconds, seconds > 0, seconds < 1e9 else { return nil }
        return .seconds(seconds)
    }
}
