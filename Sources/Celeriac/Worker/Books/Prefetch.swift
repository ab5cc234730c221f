/// How many messages a worker may hold unsettled (`worker.md`, "Prefetch / QoS").
struct Prefetch: Hashable, Sendable {
    /// Messages per slot of the pool; 0 = any number.
    let multiplier: Int
    /// Upper limit of the count as held tasks raise it.
    let heldLimit: Int?
    var concurrency: Int
    /// Messages that wait for their ETA, and so take no room.
    var held = 0

    init(multiplier: Int, concurrency: Int, heldLimit: Int?) {
        self.multiplier = max(0, multiplier)
        self.concurrency = concurrency
        self.heldLimit = heldLimit
    }

    /// 0 = any number.
    var count: Int {
        let (base, overflows) = max(1, concurrency).multipliedReportingOverflow(by: multiplier)
        guard !overflows, base > 0 else { return 0 }
        let raised = base + held
        let wanted = max(base, min(raised, heldLimit ?? raised))
        // More does not fit AMQP's field; there 0 means no limit.
        return wanted > 65_535 ? 0 : wanted
    }
}
