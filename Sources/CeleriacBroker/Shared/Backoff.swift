/// Growing pauses between attempts, with jitter, so that a cluster does not come back all at once.
package struct Backoff: Sendable {
    private var pause: Duration
    private let first: Duration
    private let longest: Duration

    /// Doubled each time, from `first` up to `longest`.
    package init(first: Duration, longest: Duration) {
        pause = first
        self.first = first
        self.longest = longest
    }

    /// Between half and all of the pause whose turn it is.
    package mutating func next() -> Duration {
        defer { pause = min(longest, pause * 2) }
        return pause * Double.random(in: 0.5...1)
    }

    /// After a success: the next pause is a short one again.
    package mutating func reset() { pause = first }
}
