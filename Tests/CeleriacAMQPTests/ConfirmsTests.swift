import Testing

@testable import CeleriacAMQP

@Suite struct ConfirmsTests {
    private final class Batch {}

    @Test func answersAreAboutOneMessageOrAllUpToIt() {
        let batch = Batch()
        var confirms = Confirms<Batch>()
        for index in 0..<5 { confirms.add(batch, index: index, at: .now) }
        #expect(confirms.settle(2, multiple: false).map(\.index) == [1])
        #expect(confirms.settle(3, multiple: true).map(\.index) == [0, 2])
        #expect(confirms.settle(2, multiple: false).isEmpty && confirms.settle(9, multiple: true).isEmpty && confirms.settle(0, multiple: true).isEmpty)
        #expect(confirms.count == 2)
        confirms.add(batch, index: 5, at: .now)
        #expect(confirms.settle(6, multiple: true).map(\.index) == [3, 4, 5])
        #expect(confirms.oldest == nil)
    }

    @Test func numbersBeginAgainWithTheNextChannel() {
        let batch = Batch()
        var confirms = Confirms<Batch>()
        confirms.add(batch, index: 0, at: .now)
        confirms.add(batch, index: 1, at: .now)
        #expect(confirms.settle(1, multiple: false).count == 1)
        #expect(confirms.abandon().count == 1)
        confirms.add(batch, index: 7, at: .now)
        #expect(confirms.settle(1, multiple: false).map(\.index) == [7])
    }
}
