import CeleriacCore
import Foundation
import TestSupport
import Testing

/// `celeriac schedule next`, which asks no broker.
@Suite struct ScheduleNextTests {
    private func run(_ arguments: String...) throws -> Program.Finished {
        try Program([Celeriac.path, "schedule", "next"] + arguments, limit: 20).finish()
    }

    @Test func jsonIsTheTimesAlone() throws {
        let finished = try run("--crontab", "*/5 9-17 * * mon-fri", "--timezone", "Europe/Berlin", "--after", "1785520800", "-n", "3", "--json")
        #expect(finished.status == 0, "\(finished)")
        // Friday 2026-07-31, 20:00 in Berlin; Monday 09:00 comes next.
        #expect(try finished.json() == [1_785_740_400, 1_785_740_700, 1_785_741_000])
    }

    @Test func linesTellLocalTimeAndWeekday() throws {
        let finished = try run("--crontab", "30 2 * * *", "--timezone", "Europe/Berlin", "--after", "1774700000", "-n", "2")
        #expect(finished.text == "Sun 2026-03-29 03:30 Europe/Berlin\nMon 2026-03-30 02:30 Europe/Berlin\n")
        #expect(finished.complaint.hasPrefix("every day at 02:30 Europe/Berlin\n2026-03-29: 02:30 does not exist; it runs at 03:30\n"))
        #expect(try run("--every", "90", "--after", "0", "-n", "2", "--json").json() == [90, 180])
        #expect(try run("--solar", "sunset", "--at", "-33.9,151.2", "--after", "1785520800", "-n", "2").text.contains("2026-08-01 07:1"))
    }

    @Test(arguments: [
        [], ["--crontab", "60 * * * *"], ["--crontab", "* * * *"], ["--every", "0"], ["--every", "5", "--crontab", "* * * * *"], ["--solar", "moonrise", "--at", "1,1"],
        ["--solar", "sunset"], ["--solar", "sunset", "--at", "91,0"], ["--every", "5", "--timezone", "../../etc/passwd"], ["--every", "5", "--timezone", "No/Where"],
        ["--every", "5", "-n", "0"], ["--every", "5", "--after", "nan"], ["--every", "x"],
    ])
    func wrongUsageExitsWith2(arguments: [String]) throws {
        let finished = try Program([Celeriac.path, "schedule", "next"] + arguments, limit: 20).finish()
        #expect(finished.status == 2 && finished.text.isEmpty && !finished.complaint.isEmpty && finished.controls.isEmpty, "\(finished)")
    }
}
