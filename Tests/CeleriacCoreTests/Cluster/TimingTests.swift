import CeleriacCore
import TestSupport
import Testing

@testable import CeleriacCore

@Suite struct TimingTests {
    @Test func percentilesAreWithinThreePercent() {
        var random = SeededGenerator(seed: 1)
        for scale in [0.0001, 0.02, 3, 600] {
            var histogram = LogHistogram()
            var all: [Double] = []
            for _ in 0..<2_000 {
                let seconds = scale * Double.random(in: 0.1...10, using: &random)
                all.append(seconds)
                histogram.record(seconds)
            }
            all.sort()
            for share in [0.5, 0.95, 0.99] {
                let exact = all[Int((share * 2_000).rounded(.up)) - 1]
                #expect(abs((histogram.percentile(share) ?? 0) / exact - 1) < 0.032)
            }
            #expect(histogram.max == all.last)
            #expect(histogram.bytes < 1_200)
        }
    }

    @Test func aTaskCountsOnceHoweverOftenItsEventsCome() throws {
        var state = ClusterState()
        for _ in 0..<3 { state.run(uuid(1), at: start, seconds: 2) }
        let rows = state.timings(over: 900, now: start + 3)
        let row = try #require(rows.first)
        #expect((row.name, row.count, row.ok, row.failed, row.retried) == ("shop.charge", 1, 1, 0, 0))
        #expect(row.runMax == 2)
        #expect(abs((row.waitP50 ?? 0) - 0.5) < 0.02)
        #expect(row.histogram == [0, 0, 0, 0, 0, 0, 1, 0])
    }

    @Test func waitingForAnETAIsNoWaiting() throws {
        var state = ClusterState()
        state.hear(taskEvent("sent", uuid(1), "gen1@h", at: start - 3_600, [("name", "a"), ("eta", .string(try #require(ISOTime.text(start))))]))
        state.hear(taskEvent("started", uuid(1), at: start + 2))
        let rows = state.timings(over: 900, now: start + 3)
        let row = try #require(rows.first)
        #expect(abs((row.waitP50 ?? 0) - 2) < 0.07)
        #expect(state.row(uuid(1))?.wait == 3_602)
    }

    @Test func whatIsOlderThanAQuarterOfAnHourIsGone() {
        var state = ClusterState()
        for minute in 0..<30 { state.run(uuid(minute), at: start + Double(minute) * 60) }
        let now = start + 30 * 60 - 1
        #expect(state.timings(over: 900, now: now).first?.count == 15)
        #expect(state.timings(over: 180, now: now).first.map { 3...6 ~= $0.count } == true)
        #expect(state.timings(over: 900, now: now + 3_600).isEmpty)
    }

    @Test func failuresAreGroupedByTypeAndTask() {
        var state = ClusterState()
        for number in 0..<5 {
            state.run(uuid(number), name: "shop.mail", at: start, result: nil)
            let exception = number < 3 ? "ConnectionError('refused', \(number))" : "ExceptionWithTraceback()"
            let traceback = "Traceback (most recent call last):\n  File \"a.py\"\nshop.errors.Declined: no\n"
            state.hear(
                taskEvent("failed", uuid(number), at: start + 1 + Double(number), [("exception", .string(exception)), ("traceback", .string(traceback))]))
        }
        var request = PictureRequest()
        request.failures = 10
        let rows = state.picture(request, now: start + 10).failures ?? []
        #expect(rows.map(\.exception) == ["ConnectionError", "shop.errors.Declined"] && rows.allSatisfy { $0.task == "shop.mail" })
        #expect(rows.map(\.count) == [3, 2] && rows.map(\.newestAt) == [start + 3, start + 5])
        #expect(state.picture(request, now: start + 1_000).failures == [])
        #expect(state.timings(over: 900, now: start + 10).first?.failed == 5)
    }

    @Test func uniqueFailuresStayBounded() {
        var table = FailureTable()
        for number in 0..<50_000 { table.count("E\(number)", task: NameTable.other, at: start + Double(number) * 0.001) }
        #expect(table.bytes < 1 << 20)
        #expect(table.rows(now: start + 50, limit: 1, names: NameTable(limit: 1, hash: ByteHash())).first?.count == 1)
    }
}
