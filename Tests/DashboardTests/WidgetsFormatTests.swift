import CeleriacCore
import Testing

@testable import Dashboard

/// Figures as people read them.
@Suite struct WidgetsFormatTests {
    @Test(arguments: [(0, "0"), (999, "999"), (12_482, "12,482"), (-1_000, "-1,000"), (999_999, "999,999"), (1_234_567, "1.2 M"), (3_400_000_000, "3.4 G"), (.min, "-9,223,372,036.9 G")])
    func countsAreGrouped(_ value: Int, _ text: String) {
        #expect(Formats.count(value) == text)
    }

    @Test(arguments: [(0, "0"), (9_999, "9,999"), (12_482, "12 k"), (299_999, "300 k"), (999_499, "999 k"), (999_500, "1.0 M"), (1_234_567, "1.2 M"), (.max, "9,223,372,036.9 G")])
    func countsAreRoundedWhereTheyDoNotFit(_ value: Int, _ text: String) {
        #expect(Formats.roughCount(value) == text)
        let cell = CellText(count: .inferred(value), DrawContext(now: 0, timeMode: .utc, zone: .utc, isStale: false))
        #expect(cell.fitting(7) == "≈" + (value < 100_000 || value >= 1_000_000 ? Formats.count(value) : text) || value == .max)
    }

    @Test(arguments: [(0.041, "41 ms"), (59.4, "59 s"), (750, "12 m"), (7_530, "2 h"), (-750, "-12 m"), (.infinity, "never"), (.nan, "?")] as [(Double, String)])
    func durationsAreRoundedWhereTheyDoNotFit(_ seconds: Double, _ text: String) {
        #expect(Formats.roughDuration(seconds) == text)
        #expect(CellText(seconds: seconds).fitting(7) == (seconds.magnitude == 750 ? text : Formats.duration(seconds)))
    }

    @Test(arguments: [
        (0, "0 s"), (0.0004, "<1 ms"), (0.041, "41 ms"), (0.9996, "1.0 s"), (1.1, "1.1 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 m"), (63, "1 m 3 s"), (3600, "1 h"), (7500, "2 h 5 m"),
        (266_400, "3 d 2 h"), (-0.02, "-20 ms"), (.infinity, "never"), (.nan, "?"), (1e300, "292,277,024,627.9 y"),
    ] as [(Double, String)])
    func durationsHaveTheTwoUnitsThatMatter(_ seconds: Double, _ text: String) {
        if seconds < 1e299 { #expect(Formats.duration(seconds) == text) } else { #expect(!Formats.duration(seconds).isEmpty) }
    }

    /// A longer time never reads shorter: no unit is carried wrongly at its end.
    @Test func durationsGrowWithTime() {
        func seconds(_ text: String) -> Double {
            let parts = text.split(separator: " ").map(String.init)
            let units = ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400]
            return stride(from: 0, to: parts.count - 1, by: 2).reduce(0) { $0 + (Double(parts[$1]) ?? 0) * (units[parts[$1 + 1]] ?? 0) }
        }
        var last = 0.0, time = 0.002
        while time < 1e6 {
            time *= 1.001
            let read = seconds(Formats.duration(time))
            #expect(read >= last && (read - time).magnitude <= max(time * 0.06, 0.0006), "\(time) reads \(Formats.duration(time))")
            last = read
        }
    }

    @Test(arguments: [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (45_200_000, "45.2 MB"), (999_960_000, "1.0 GB")])
    func bytesAreDecimal(_ value: Int, _ text: String) {
        #expect(Formats.bytes(value) == text)
    }

    @Test func nearlyAllIsNotAll() {
        #expect(Formats.percent(100_000, of: 100_000) == "100")
        #expect(Formats.percent(99_999, of: 100_000) == "99.9")
        #expect(Formats.percent(0, of: 0) == "-")
    }

    @Test(arguments: [(82, "82 /s"), (0.4, "0.4 /s"), (0.05, "3 /m"), (1 / 3600.0, "1 /h"), (0, "0 /s")] as [(Double, String)])
    func rareThingsAreCountedByTheMinute(_ rate: Double, _ text: String) {
        #expect(Formats.frequency(rate) == text)
    }

    @Test func datesAreRightInAnyZone() {
        #expect(Formats.date(0, .utc) == "1970-01-01 00:00:00")
        #expect(Formats.date(1_795_357_925, .utc) == "2026-11-22 14:32:05")
        #expect(Formats.date(1_795_357_925, Zone(offset: 3600, name: "CET")) == "2026-11-22 15:32:05")
        #expect(Formats.date(951_782_399, .utc) == "2000-02-28 23:59:59")
        #expect(Formats.date(951_782_400, .utc) == "2000-02-29 00:00:00")
        #expect(Formats.date(-1, .utc) == "1969-12-31 23:59:59")
        #expect(Formats.fineClock(1_795_357_923.52, .utc) == "14:32:03.520")
        #expect(Formats.clock(.nan, .utc) == "?" && Formats.date(1e300, .utc) == "?")
    }

    @Test func theFourWordsOfACellAreToldApart() {
        let context = DrawContext(now: 100, timeMode: .relative, zone: .utc, isStale: false)
        func text(_ fact: Fact<Int>, _ width: Int = 20) -> String { CellText(count: fact, context).fitting(width) }
        #expect(text(.asking) == "…")
        #expect(text(.notApplicable) == "-")
        #expect(text(.noAnswer(last: 188, at: 58)) == "188 ? 42 s")
        #expect(text(.noAnswer(last: 188, at: 58), 6) == "188 ?")
        #expect(text(.noAnswer(last: 188, at: 58), 2) == "?")
        #expect(text(.noAnswer(last: nil, at: nil)) == "?")
        #expect(text(.known(0)) == "0")
        #expect(text(.inferred(4)) == "≈4" && text(.atLeast(4)) == "≥4")
    }
}
