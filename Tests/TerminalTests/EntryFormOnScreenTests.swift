import CeleriacCore
import Foundation
import TestSupport
import Testing

/// The form of a schedule entry, by keys alone, over a real store.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)))
struct EntryFormOnScreenTests {
    private func stored(_ name: String, _ store: String) throws -> Value {
        let finished = try Celeriac.run("-S", store, "schedule", "show", name, "--json")
        guard finished.status == 0 else { throw Program.Missing(description: "\(finished)") }
        return try finished.json()
    }

    /// Goes on to the field of that label; keys right after the form opened do not count.
    private func go(_ dashboard: OperatedDashboard, to label: String) throws {
        try #require(dashboard.insist("\t") { $0.text.contains("▶ \(label)") }, "\(label): \(dashboard.screen)")
    }

    @Test func anEntryIsAddedEditedOverAnothersChangeAndTakenBack() async throws {
        let server = try await RedisServer.start(), broker = "redis://127.0.0.1:\(server.port)/0", store = "redbeat+" + broker
        let dashboard = try OperatedDashboard(broker, ["-S", store], rows: 36, columns: 120)
        defer { dashboard.quit() }
        try #require(dashboard.waits(for: "live", within: .seconds(20)), "\(dashboard.screen)")
        dashboard.press("5")
        try dashboard.open("a", shows: "New entry")
        try go(dashboard, to: "Task")
        dashboard.press("shop.nightly" + Typed.backTab + "nightly\t\t" + Typed.right)
        try #require(dashboard.waits(for: "[crontab]"), "\(dashboard.screen)")
        dashboard.press("\t61 2 * * *")
        try #require(dashboard.waits(for: "minute: 61 is not from 0 to 59"), "\(dashboard.screen)")
        dashboard.press(Typed.control("a") + Typed.control("k") + "30 2 * * *")
        try #require(dashboard.waits(for: "every day at 02:30 UTC"), "\(dashboard.screen)")
        try dashboard.open(Typed.control("s"), shows: "Add nightly")
        try #require(dashboard.waits(for: "Crontab: 30 2 * * *"), "\(dashboard.screen)")
        try dashboard.agree(to: "Add nightly")
        try #require(dashboard.waits(for: "added nightly"), "\(dashboard.screen)")
        #expect(try stored("nightly", store)["crontab"] == "30 2 * * *" && stored("nightly", store)["task"] == "shop.nightly")

        try #require(dashboard.waits { $0.text.contains("every day at 02:30") && !$0.text.contains("New entry") }, "\(dashboard.screen)")
        try dashboard.open("e", shows: "Entry nightly")
        try go(dashboard, to: "Crontab")
        dashboard.press(Typed.control("a") + Typed.control("k") + "0 6 * * *")
        try #require(dashboard.waits(for: "every day at 06:00"), "\(dashboard.screen)")
        #expect(try Celeriac.run("-S", store, "schedule", "edit", "nightly", "--crontab", "0 5 * * *").status == 0)
        try dashboard.open(Typed.control("s"), shows: "Save nightly")
        try dashboard.agree(to: "Save nightly")
        try #require(dashboard.waits { $0.text.contains("THEIRS") && $0.text.contains("0 5 * * *") && $0.text.contains("0 6 * * *") }, "\(dashboard.screen)")
        #expect(try stored("nightly", store)["crontab"] == "0 5 * * *", "nothing is overwritten unknowingly")
        try dashboard.open(Typed.control("s"), shows: "This overwrites what somebody else has changed since.")
        try #require(dashboard.insist("y") { $0.text.contains("edited nightly") }, "\(dashboard.screen)")
        #expect(try stored("nightly", store)["crontab"] == "0 6 * * *")

        try dashboard.open("u", shows: "Take back")
        try dashboard.agree(to: "Take back")
        try #require(dashboard.waits(for: "taken back"), "\(dashboard.screen)")
        #expect(try stored("nightly", store)["crontab"] == "0 5 * * *")
    }
}
