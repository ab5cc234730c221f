import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// What the operator sends again, Python gets as it was sent first.
    @Suite struct RetryingTests {
        @Test(arguments: RealCluster.Kind.all) func aGroupOfFailuresIsRetriedWithItsTrueArguments(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            let tasks = try FragileTasks(cluster, rounds: 5)
            dashboard.press("7")
            try #require(dashboard.waits(within: .seconds(30)) { $0.lines.contains { $0.contains(" 50  Broken") && $0.contains("shop.fragile") } }, "\(dashboard.screen)")
            dashboard.press(Typed.enter)
            try #require(dashboard.waits { $0.text.contains("Tasks 50 of ") || $0.text.contains("Tasks 50,") }, "its members: \(dashboard.screen)")
            try tasks.mend()
            dashboard.press("7")
            try dashboard.open("r", shows: "Retry 50 tasks")
            try #require(dashboard.insist(Typed.enter) { $0.text.contains("type the context's name") }, "\(dashboard.screen)")
            #expect(dashboard.waits { $0.text.contains("at most 50") && $0.text.contains("in context default") }, "\(dashboard.screen)")
            try dashboard.agree(to: "Retry 50 tasks", typing: "default")
            #expect(dashboard.waits(for: "retried 50 tasks"), "\(dashboard.screen)")
            let came = try eventually(within: 40) { try tasks.countOfThoseDone() >= 50 }
            #expect(came)
            #expect(try tasks.comparison(rounds: 5) == "same")

            // Begun again, it sends none twice.
            dashboard.press("7")
            try dashboard.open("r", shows: "Retry 50 tasks")
            try #require(dashboard.insist(Typed.enter) { $0.text.contains("type the context's name") }, "\(dashboard.screen)")
            try dashboard.agree(to: "Retry 50 tasks", typing: "default")
            #expect(dashboard.waits(for: "50 were retried before"), "\(dashboard.screen)")
            #expect(try tasks.countOfThoseDone() == 50)
        }

        /// Without stored records there are the senders' texts: those that were cut are told, and left alone.
        @Test func withoutStoredRecordsOnlyTextsThatAreWholeAreTaken() throws {
            let cluster = try RealCluster.quiet()
            let dashboard = try OperatedDashboard(cluster.broker)
            defer { dashboard.quit() }
            try #require(dashboard.waits(within: .seconds(20)) { $0.text.contains("live") && $0.text.contains("workers 3/3") }, "\(dashboard.screen)")
            let tasks = try FragileTasks(cluster, rounds: 1)
            dashboard.press("7")
            try #require(dashboard.waits(within: .seconds(30)) { $0.lines.contains { $0.contains(" 10  Broken") } }, "\(dashboard.screen)")
            try tasks.mend()
            try dashboard.open("r", shows: "Retry 10 tasks")
            try #require(dashboard.insist(Typed.enter) { $0.text.contains("type the count") }, "\(dashboard.screen)")
            try dashboard.agree(to: "Retry 10 tasks", typing: "10")
            // Deeper than three levels, longer than 1024 characters, texts that end in "...", and a text that ends in a backslash.
            #expect(dashboard.waits { $0.text.contains("retried 5 tasks") && $0.text.contains("5 left alone") }, "\(dashboard.screen)")
            let came = try eventually { try tasks.countOfThoseDone() >= 5 }
            #expect(came)
            #expect(try tasks.comparison(rounds: 1, lacking: [1, 5, 6, 7, 8]) == "same")
        }

        @Test func oneTaskIsRetriedFromItsDialogAndAnotherOneFromTheForm() throws {
            let cluster = try RealCluster.quiet()
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            let mark = "o" + UUID().uuidString.prefix(8)
            let id = try cluster.python("print(shop.fragile.apply_async(('\(mark)', [1, (2,)], 'é'), {'k': 2**70}, queue='mail').id)")
            dashboard.press("2")
            try dashboard.filter("state:failure args~\"\(mark)\"", shows: 1)
            try cluster.redis("set", "mended:\(mark)", "1", "ex", "600", database: 1)
            dashboard.press("j")
            try dashboard.open("r", shows: "Retry 1 task")
            let tellsAll = dashboard.waits { screen in [id, "result_extended", "1180591620717411303424", "in context default"].allSatisfy { screen.text.contains($0) } }
            #expect(tellsAll, "\(dashboard.screen)")
            try dashboard.agree(to: "Retry 1 task")
            #expect(dashboard.waits(for: "retried \(id) as "), "\(dashboard.screen)")
            let got = { try cluster.redis("lrange", "got:\(mark)", "0", "-1", database: 1) }
            let wanted = #"[[[1, [2]], "\u00e9"], {"k": 1180591620717411303424}]"#
            let once = try eventually { try got() == wanted }
            #expect(once)

            // Another one like it, with other arguments.
            try dashboard.open("c", shows: "Send another one like")
            try #require(dashboard.insist("\t") { $0.lines.contains { $0.contains("▶ Args") } }, "\(dashboard.screen)")
            dashboard.press(Typed.control("u") + "[\"\(mark)\", \"other\"]")
            try #require(dashboard.waits(for: "[\"\(mark)\", \"other\"]"), "\(dashboard.screen)")
            try #require(dashboard.insist(Typed.control("s")) { $0.text.contains("Send 1 task") }, "\(dashboard.screen)")
            try dashboard.agree(to: "Send 1 task")
            #expect(dashboard.waits(for: "sent shop.fragile as "), "\(dashboard.screen)")
            let twice = try eventually { try got() == wanted + "\n" + #"[["other"], {"k": 1180591620717411303424}]"# }
            #expect(twice)
        }
    }
}
