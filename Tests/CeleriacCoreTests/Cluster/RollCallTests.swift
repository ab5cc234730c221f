import CeleriacCore
import Testing

@Suite struct RollCallTests {
    @Test func whoAppearsLaterIsAskedOnce() {
        var roll = RollCall()
        roll.note(asked: ["a"], answered: ["a"])
        #expect(roll.next(of: ["a"], now: start) == [])
        #expect(roll.next(of: ["a", "b", "c"], now: start + 5) == ["b", "c"])
        roll.note(asked: ["b", "c"], answered: ["b", "c"])
        #expect(roll.next(of: ["a", "b", "c"], now: start + 60) == [])
    }

    @Test func whoIsAskedTooEarlyIsAskedAgainButNotForEver() {
        var roll = RollCall()
        for second in 0..<3 {
            #expect(roll.next(of: ["a"], now: start + Double(second)) == ["a"])
            roll.note(asked: ["a"], answered: [])
        }
        #expect(roll.next(of: ["a"], now: start + 10) == [])
    }

    @Test func thereIsASecondBetweenTwoCalls() {
        var roll = RollCall()
        #expect(roll.next(of: ["a"], now: start) == ["a"])
        roll.note(asked: ["a"], answered: ["a"])
        #expect(roll.next(of: ["a", "b"], now: start + 0.9) == [])
        #expect(roll.next(of: ["a", "b"], now: start + 1) == ["b"])
        // A clock that is set back does not silence it.
        #expect(roll.next(of: ["a", "b"], now: start - 1000) == ["b"])
    }

    @Test func whoLeavesAndComesBackIsAskedAnew() {
        var roll = RollCall()
        roll.note(asked: ["a", "b"], answered: ["a", "b"])
        #expect(roll.next(of: ["b"], now: start) == [])
        #expect(roll.next(of: ["a", "b"], now: start + 1) == ["a"])
    }

    @Test func manyAreAskedInBatches() {
        var roll = RollCall()
        let names = (0..<250).map { WorkerName("celery@w\($0)") }
        var asked: [WorkerName] = []
        for second in 0..<3 {
            let batch = roll.next(of: names, now: start + Double(second))
            #expect(batch.count <= 100)
            roll.note(asked: batch, answered: Set(batch))
            asked += batch
        }
        #expect(asked == names)
    }
}
