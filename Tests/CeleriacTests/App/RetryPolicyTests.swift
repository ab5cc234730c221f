import Testing
import TestSupport

@testable import Celeriac

@Suite struct RetryPolicyTests {
    /// `get_exponential_backoff_interval(factor, retries, maximum)` of Celery 5.7.
    @Test(arguments: [(1, 0, 1), (1, 3, 8), (2, 3, 16), (1, 9, 512), (1, 10, 600), (30, 100, 600), (0, 0, 1)])
    func theDelayDoublesUpToItsLimit(first: Int, retries: Int, seconds: Int) {
        var random = SeededGenerator(seed: 1)
        let policy = RetryPolicy.backoff(.seconds(first), jitter: false)
        #expect(policy.pause(before: retries, using: &random) == .seconds(seconds))
    }

    @Test func jitterTakesEveryWholeSecondUpToTheDelay() {
        var random = SeededGenerator(seed: 7)
        let policy = RetryPolicy.backoff(.seconds(1))
        let pauses = Set((0..<500).map { _ in policy.pause(before: 2, using: &random) })
        #expect(pauses == Set((0...4).map { .seconds($0) }))
    }

    @Test func aFixedDelayIsExact() {
        var random = SeededGenerator(seed: 7)
        #expect(RetryPolicy.fixed(.milliseconds(1500)).pause(before: 5, using: &random) == .milliseconds(1500))
    }
}
