import Testing

@testable import CeleriacAMQP

@Suite struct LossWatchTests {
    private struct Looks {
        var watch = LossWatch()
        var counts = LossWatch.Counts(lost: 100, exchanges: ["": (1000, 990), "celery.pidbox": (10, 30), "reply.celery.pidbox": (30, 28)])
        var now = 0.0

        mutating func look(for seconds: Double, isListening: Bool = true, _ change: (inout LossWatch.Counts) -> Void = { _ in }) {
            for _ in stride(from: 0, to: seconds, by: 5) {
                change(&counts)
                watch.note(counts, at: now, isListening: isListening) { $0.hasSuffix(".pidbox") }
                now += 5
            }
        }
    }

    @Test func whatWasLostBeforeWeListenedIsNotCounted() {
        var looks = Looks()
        looks.look(for: 60, isListening: false) { $0.lost += 50 }
        looks.look(for: 20) { $0.lost += 50 }
        looks.look(for: 60)
        #expect(looks.watch.count == 0 && looks.watch.grewAt == nil)
    }

    @Test func aLossIsCountedOnce() {
        var looks = Looks()
        looks.look(for: 25)
        looks.counts.lost += 7
        looks.look(for: 120)
        #expect(looks.watch.count == 7 && looks.watch.grewAt == 35)
    }

    @Test func machineryLosesWhatItLikes() {
        var looks = Looks()
        looks.look(for: 25)
        // A broadcast that no worker hears, and replies that come too late for one that two of them heard.
        looks.look(for: 60) { counts in
            counts.lost += 3
            counts.exchanges["celery.pidbox"]?.taken += 1
            counts.exchanges["reply.celery.pidbox"]?.taken += 2
        }
        looks.look(for: 60)
        #expect(looks.watch.count == 0)
    }

    @Test func aBrokerThatCountsAnewIsWatchedAnew() {
        var looks = Looks()
        looks.look(for: 25)
        looks.counts = .init(lost: 0, exchanges: [:])
        looks.look(for: 30)
        looks.counts.lost = 2
        looks.look(for: 30)
        #expect(looks.watch.count == 2)
    }
}
