/// How long to wait before the next attempt: 0.1 s, doubled each time up to 2 s, with jitter so that not all clients come back at once.
struct Backoff {
    private var attempts = 0

    /// Seconds; at most 2.
    mutating func next(using random: inout some RandomNumberGenerator) -> Double {
        let step = min(0.1 * Double(1 << min(attempts, 10)), 2)
        attempts += 1
        return step * Double.random(in: 0.75...1, using: &random)
    }
}
