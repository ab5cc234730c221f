import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@testable import CeleriacAMQP

@Suite struct UnsettledTests {
    private func held(_ count: UInt64) -> (Unsettled, [Delivery.Tag]) {
        var unsettled = Unsettled()
        unsettled.begin()
        let tags = (1...count).map { unsettled.hold($0, .init(source: "q", envelope: Envelope(body: Array("\($0)".utf8)))) }
        return (unsettled, tags)
    }

    @Test func oneAnswerTellsOfAllUpToTheFirstOpenOne() {
        var (unsettled, tags) = held(6)
        let first = unsettled.settle([.acknowledge(tags[1]), .acknowledge(tags[4])])
        #expect(first.acknowledgedUpTo == nil && first.acknowledged == [2, 5])
        let second = unsettled.settle([.acknowledge(tags[0]), .acknowledge(tags[2])])
        #expect(second.acknowledgedUpTo == 3 && second.acknowledged.isEmpty)
        // The fifth is settled already; the broker must not be told of it as the last one.
        let third = unsettled.settle([.acknowledge(tags[3]), .acknowledge(tags[3])])
        #expect(third.acknowledgedUpTo == nil && third.acknowledged == [4])
    }

    @Test func whatIsRejectedIsToldBeforeAnAnswerThatWouldTakeItIn() {
        var (unsettled, tags) = held(3)
        let answers = unsettled.settle([.acknowledge(tags[2]), .release(tags[1]), .acknowledge(tags[0])])
        #expect(answers.rejected.map(\.tag) == [2] && answers.rejected.map(\.requeue) == [true])
        #expect(answers.acknowledgedUpTo == 3 && answers.acknowledged.isEmpty)
    }

    @Test func aMessageOnTheMoveKeepsTheAnswersFromTakingItIn() {
        var (unsettled, tags) = held(3)
        let moving: [Settlement] = [.reject(tags[0], requeue: true)]
        let copies = unsettled.startMoving(moving).copies
        #expect(copies.map(\.routingKey) == ["q"] && copies[0].envelope.returns == 1 && copies[0].envelope.isRedelivered)
        #expect(unsettled.startMoving(moving).copies.isEmpty)
        let others = unsettled.settle([.acknowledge(tags[1]), .acknowledge(tags[2])])
        #expect(others.acknowledgedUpTo == nil && others.acknowledged == [2, 3])
        #expect(unsettled.settle(moving).acknowledged == [1])
        #expect(unsettled.settle(moving).acknowledged.isEmpty)
    }

    @Test func tagsOfAnEarlierChannelMeanNothing() {
        var (unsettled, tags) = held(2)
        unsettled.begin()
        _ = unsettled.hold(1, .init(source: "q", envelope: Envelope(body: [])))
        let answers = unsettled.settle(tags.map { .acknowledge($0) } + [.acknowledge(.init("x")), .acknowledge(.init("2.")), .acknowledge(.init(""))])
        #expect(answers.acknowledged.isEmpty && answers.acknowledgedUpTo == nil)
    }

    /// Whatever is settled in whatever order, the broker is told of each message exactly once.
    @Test(arguments: UInt64(0)..<100) func theBrokerIsToldOfEachOnce(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = UInt64.random(in: 1...40, using: &random)
        var (unsettled, tags) = held(count)
        var open = Set(1...count), order = tags.shuffled(using: &random)
        while !order.isEmpty {
            let piece = order.prefix(Int.random(in: 1...6, using: &random))
            order.removeFirst(piece.count)
            let settlements: [Settlement] = piece.map { Bool.random(using: &random) ? .acknowledge($0) : .release($0) }
            let rejected = Set(settlements.filter { if case .release = $0 { true } else { false } }.map { UInt64($0.tag.rawValue.dropFirst(2))! })
            let answers = unsettled.settle(settlements)
            for (tag, _) in answers.rejected { #expect(open.remove(tag) != nil && rejected.contains(tag)) }
            if let limit = answers.acknowledgedUpTo {
                #expect(open.contains(limit))
                let taken = open.filter { $0 <= limit }
                #expect(taken.isSubset(of: Set(piece.map { UInt64($0.rawValue.dropFirst(2))! })) && taken.isDisjoint(with: rejected))
                open.subtract(taken)
            }
            for tag in answers.acknowledged { #expect(open.remove(tag) != nil) }
        }
        #expect(open.isEmpty)
    }
}
