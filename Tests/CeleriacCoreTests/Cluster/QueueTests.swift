import CeleriacCore
import Testing

@Suite struct QueueTests {
    static func facts(
        _ name: QueueName, ready: Int?, arrived: Int? = nil, interval: Double? = nil, at: Double, _ change: (inout BrokerFacts.Queue) -> Void = { _ in }
    ) -> BrokerFacts {
        var queue = BrokerFacts.Queue(name: name)
        queue.ready = ready
        queue.arrived = arrived
        queue.interval = interval
        change(&queue)
        return BrokerFacts(at: at, queues: [queue])
    }

    @Test func nothingIsShownBeforeTheBrokerAnswers() {
        var state = ClusterState()
        state.hear(taskEvent("sent", uuid(1), "gen1@h", at: start, [("queue", "mail")]))
        let row = state.queue("mail", now: start)
        #expect(row?.ready == .asking)
        #expect(row?.inRate == .asking)
    }

    @Test func ratesFollowArrivalsAndLength() throws {
        var state = ClusterState()
        state.fold(.live, at: start)
        for step in 0...30 {
            state.fold(Self.facts("mail", ready: 100 + step * 10, arrived: 20, interval: 1, at: start + Double(step)))
        }
        let row = try #require(state.queue("mail", now: start + 30))
        #expect(row.ready == .known(400))
        #expect(abs((row.inRate.value ?? 0) - 20) < 0.1)
        #expect(abs((row.outRate.value ?? 0) - 10) < 0.1)
        #expect(row.drain == .known(.infinity))
    }

    @Test func whatTheBrokerCountsItselfGoesBeforeWhatIsWorkedOut() throws {
        var state = ClusterState()
        state.fold(.live, at: start)
        for step in 0...3 {
            state.fold(Self.facts("mail", ready: 100, at: start + Double(step)) { ($0.inRate, $0.outRate, $0.consumers) = (4, 14, 3) })
        }
        let row = try #require(state.queue("mail", now: start + 3))
        #expect(row.inRate == .known(4) && row.outRate == .known(14) && row.drain == .known(10) && row.consumers == .known(3))
        #expect(row.traits == nil && row.traitValues == nil)
    }

    @Test func howTheBrokerIsStandsInTheHeader() {
        var state = ClusterState(), facts = BrokerFacts(at: start, problems: ["odd: the key is a hash"])
        facts.standing = BrokerStanding()
        facts.standing?.alarms = [.init("is down", on: "b", blocks: false), .init("short of memory", on: "a", blocks: true)]
        state.fold(facts)
        let header = state.picture(PictureRequest(), now: start).header
        #expect(header.standing?.blockade == "short of memory" && header.newestProblem == nil && header.queueProblem == "odd: the key is a hash")
        #expect(header.standing?.problems == ["a is short of memory: publishers are blocked", "b is down"])
    }

    @Test func aShrinkingQueueTellsWhenItIsEmpty() throws {
        var state = ClusterState()
        state.fold(.live, at: start)
        for step in 0...30 {
            state.fold(Self.facts("mail", ready: 1_000 - step * 10, arrived: 5, interval: 1, at: start + Double(step)))
        }
        let drain = try #require(state.queue("mail", now: start + 30)?.drain.value)
        #expect(abs(drain - 70) < 1)
    }

    @Test func whereMessagesNeverStayEventsTellTheRate() throws {
        var state = ClusterState()
        state.fold(.live, at: start)
        state.hear(taskEvent("sent", uuid(0), "gen1@h", at: start, [("name", "shop.mail"), ("queue", "mail")]))
        for step in 0...20 {
            for number in 0..<4 { state.run(uuid(step * 4 + number + 1), name: "shop.mail", at: start + Double(step)) }
            state.fold(Self.facts("mail", ready: 0, arrived: 0, interval: 1, at: start + Double(step)))
        }
        let row = try #require(state.queue("mail", now: start + 20))
        guard case .inferred(let rate) = row.outRate else { Issue.record("\(row.outRate)"); return }
        #expect(abs(rate - 4) < 0.5)
        #expect(row.drain == .known(0))
        #expect(row.oldestAge == .notApplicable)
        #expect(state.row(uuid(5))?.queue == .inferred("mail"))
        #expect(state.row(uuid(0))?.queue == .known("mail"))
    }

    @Test func withoutEventsAnEmptyQueueHasNoRateRatherThanNone() {
        var state = ClusterState()
        state.fold(.live, at: start)
        state.fold(Self.facts("mail", ready: 0, at: start))
        state.fold(Self.facts("mail", ready: 0, arrived: 0, interval: 1, at: start + 1))
        #expect(state.queue("mail", now: start + 1)?.inRate == .noAnswer(last: nil, at: nil))
    }

    @Test func theOldestMessageIsAsOldAsIsKnown() {
        var state = ClusterState()
        state.fold(.live, at: start)
        state.fold(
            Self.facts("mail", ready: 1, at: start) {
                $0.oldest = TaskID(uuid(1)); $0.oldestSeenAt = start - 5
            })
        #expect(state.queue("mail", now: start + 2)?.oldestAge == .atLeast(7))
        state.hear(taskEvent("sent", uuid(1), "gen1@h", at: start - 60, [("queue", "mail")]))
        #expect(state.queue("mail", now: start + 2)?.oldestAge == .known(62))
        state.fold(Self.facts("mail", ready: 1, at: start + 3) { $0.oldestSentAt = start - 100 })
        #expect(state.queue("mail", now: start + 3)?.oldestAge == .known(103))
    }

    @Test func aLostBrokerLeavesTheLastFiguresWithTheirAge() throws {
        var state = ClusterState()
        state.fold(.live, at: start)
        state.fold(Self.facts("mail", ready: 7, at: start) { $0.unacked = 3 })
        state.fold(.reconnecting(since: start + 1, retryAt: start + 5, reason: "refused"), at: start + 1)
        let row = try #require(state.queue("mail", now: start + 60))
        #expect(row.ready == .noAnswer(last: 7, at: start))
        #expect(row.unacked == .noAnswer(last: 3, at: start))
        #expect(row.eta == .noAnswer(last: nil, at: nil))
        #expect(row.updatedAt == start)
    }

    @Test func theHistoryHasASlotEachFiveSecondsForFiveMinutes() throws {
        var state = ClusterState()
        for step in 0..<100 { state.fold(Self.facts("a", ready: step, at: start + Double(step) * 5)) }
        state.fold(Self.facts("b", ready: 1_000, at: start + 99 * 5))
        let row = try #require(state.queue("a", now: start + 495))
        #expect(row.history == (40..<100).map(Double.init))
        #expect(state.picture(PictureRequest(), now: start + 495).readyHistory == (40..<99).map(Double.init) + [1_099])
        state.fold(Self.facts("a", ready: 7, at: start + 99 * 5 + 15))
        #expect(state.queue("a", now: start + 510)?.history.suffix(4) == [99, 99, 99, 7])
    }
}
