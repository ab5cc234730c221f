import Testing

@testable import Celeriac

@Suite struct LamportClockTests {
    @Test func itJumpsBeyondWhatItHears() {
        let clock = LamportClock()
        #expect(clock.forward() == 1)
        clock.adjust(to: 40)
        #expect(clock.now == 41)
        clock.adjust(to: 3)
        #expect(clock.now == 42)
    }
}
