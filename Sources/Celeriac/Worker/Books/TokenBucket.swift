/// Lets through `perSecond` a second, evenly: it never holds more than one token (`kombu.utils.limits.TokenBucket`). Times are seconds on any one clock.
struct TokenBucket: Hashable, Sendable {
    /// Above 0.
    let perSecond: Double
    private var tokens = 1.0
    private var filledAt: Double

    init(perSecond: Double, now: Double) {
        self.perSecond = perSecond
        filledAt = now
    }

    /// Takes a token if there is one.
    mutating func take(at now: Double) -> Bool {
        fill(now)
        // A timer set for the very moment of the next token may come a rounding error before it.
        guard tokens > 1 - 1e-9 else { return false }
        tokens = 0
        return true
    }

    /// When there will be a token; not before `now`.
    func nextToken(after now: Double) -> Double {
        var filled = self
        filled.fill(now)
        return now + (1 - filled.tokens) / perSecond
    }

    private mutating func fill(_ now: Double) {
        // A clock that was set back gives nothing, and takes nothing away.
        tokens = min(1, tokens + max(0, now - filledAt) * perSecond)
        filledAt = now
    }
}
