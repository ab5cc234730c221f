/// Limits that remote control gave to tasks in place of their own.
struct LimitOverrides {
    var times: [String: TimeLimits] = [:]
    /// `.some(nil)`: no limit, whatever the task says.
    var rates: [String: RateLimit?] = [:]
    /// `task_default_rate_limit`.
    let defaultRate: RateLimit?
    /// `worker_disable_rate_limits`.
    let ignoresRates: Bool

    init(defaultRate: RateLimit? = nil, ignoresRates: Bool = false) {
        self.defaultRate = defaultRate
        self.ignoresRates = ignoresRates
    }

    func rateLimit(of task: TaskDefinition) -> RateLimit? {
        if ignoresRates { return nil }
        let limit = rates[task.name] ?? task.options.rateLimit ?? defaultRate
        return limit.flatMap { $0.perSecond > 0 && $0.perSecond.isFinite ? $0 : nil }
    }

    func isRateLimited(_ task: TaskDefinition) -> Bool { rateLimit(of: task) != nil }
}
