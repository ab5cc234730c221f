import CeleriacCore
import TestSupport
import Testing

@Suite struct ISOTimeTests {
    /// Texts with what Python's `dateutil.parser.isoparse` makes of them, naive ones taken as UTC.
    static let readable: [(String, Double)] = [
        ("1970-01-01T00:00:00+00:00", 0), ("2026-11-22T13:08:50.758199+00:00", 1795352930.758199), ("2024-02-29T12:30:15.250000+00:00", 1709209815.25),
        ("2024-02-29T12:30:15Z", 1709209815),
        ("2024-02-29T13:30:15+01:00", 1709209815), ("2024-02-29T18:00:15+0530", 1709209815), ("2024-02-29T09:00:15-03:30", 1709209815),
        ("2024-02-29T13:30:15+01", 1709209815), ("2024-02-29 12:30:15", 1709209815),
        ("20240229T123015Z", 1709209815), ("20240229T123015.25", 1709209815.25), ("2024-02-29T12:30:15,25", 1709209815.25), ("2024-02-29T12:30", 1709209800),
        ("2024-02-29T1230", 1709209800), ("2024-02-29T12", 1709208000),
        ("2024-02-29", 1709164800), ("20240229", 1709164800), ("2024-02", 1706745600), ("2024", 1704067200), ("2024-060", 1709164800), ("2024060", 1709164800),
        ("2024-W09-4", 1709164800), ("2024W094", 1709164800), ("2024-W09", 1708905600),
        ("2024-02-28T24:00", 1709164800), ("0001-01-01T00:00:00", -62135596800), ("9999-12-31T23:59:59", 253402300799), ("1969-12-31T23:59:59.5Z", -0.5),
        ("2021-01-03", 1609632000), ("2020-W53-7", 1609632000),
    ]

    @Test(arguments: readable) func reads(text: String, seconds: Double) throws {
        #expect(try abs(#require(ISOTime.parse(text)) - seconds) < 1e-6)
    }

    @Test(arguments: [
        "", "x", "24", "2024-13", "2024-02-30", "2023-02-29", "2024-00-01", "2024-2-3", "2024-02-29T", "2024-02-29T25:00", "2024-02-29T24:01",
        "2024-02-29T12:60", "2024-02-29T12:30:61", "2024-02-29T12:30:15.", "2024-02-29T12:30:15+", "2024-02-29T12:30:15+1",
        "2024-02-29T12:30:15+24:00", "2024-02-29T12:30:15ZZ", "2024-02-29X12:30", "2024-366x", "2023-366", "2024-W54-1", "2024-W01-8", "0000-01-01", "tomorrow",
        "1709209815", "２０２４-01-01", "2024-02-29T12:30:15+01:00x",
    ]) func refuses(text: String) {
        #expect(ISOTime.parse(text) == nil)
    }

    @Test func writesAsPythonDoes() {
        #expect(ISOTime.text(1795352930.758199) == "2026-11-22T13:08:50.758199+00:00")
        #expect(ISOTime.text(1709209815, offset: 60) == "2024-02-29T13:30:15+01:00")
        #expect(ISOTime.text(1709209815, offset: -210) == "2024-02-29T09:00:15-03:30")
        #expect(ISOTime.text(-0.5) == "1969-12-31T23:59:59.500000+00:00")
        #expect(ISOTime.text(0.9999999) == "1970-01-01T00:00:01+00:00")
        #expect(ISOTime.text(.nan) == nil)
        #expect(ISOTime.text(.infinity) == nil)
        #expect(ISOTime.text(1e300) == nil)
        #expect(ISOTime.text(253402300800) == nil)
    }

    @Test(arguments: UInt64(0)..<4) func whatIsWrittenReadsTheSame(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let seconds = (Double.random(in: -62_135_596_800..<253_402_300_799, using: &random) * 1e3).rounded() / 1e3
            let offset = Int.random(in: -720...840, using: &random)
            guard let text = ISOTime.text(seconds, offset: offset) else { continue }
            #expect(try abs(#require(ISOTime.parse(text)) - seconds) < 1e-4, "\(text)")
        }
    }
}
