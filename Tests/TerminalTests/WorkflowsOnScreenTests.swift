import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// Chains and chords of a real cluster, as their operator meets them.
    @Suite struct WorkflowsOnScreenTests {
        let cluster: RealCluster

        init() throws { cluster = try RealCluster.quiet() }

        @Test func aChordThatWaitsSaysForWhomAndThenShowsItsBody() throws {
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            dashboard.press("6")
            let sent = try cluster.python(
                """
                from celery import chord
                header = [shop.add.s(1, 2), shop.add.s(3, 4), shop.render.s('slow', 15)]
                result = chord(header, shop.total.s()).apply_async()
                print(result.parent.results[2].id)
                """)
            try dashboard.narrow(to: "id:\(sent)", until: "Workflows 1 of")
            try #require(dashboard.waits(for: "2/3", within: .seconds(20)), "\(dashboard.screen)")
            dashboard.press("j" + Typed.enter)
            try #require(dashboard.waits(for: "chord waits: 2 of 3 members done; missing \(sent.prefix(8)) (running on"), "\(dashboard.screen)")
            try #require(dashboard.waits(within: .seconds(30)) { $0.text.contains("shop.total (body)") }, "\(dashboard.screen)")
            // Events show the body before the next look at the result backend shows the count.
            #expect(dashboard.waits { !$0.text.contains("chord waits") }, "\(dashboard.screen)")
        }

        @Test func aFailedStepIsSeenAtTheRootAndItsTaskIsOneKeyAway() throws {
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            dashboard.press("6")
            let first = try cluster.python(
                """
                from celery import chain
                result = chain(shop.charge.s('E-1').set(queue='mail'), shop.refuse.si('chain').set(queue='mail'), shop.mail.si('never')).apply_async()
                print(result.parent.parent.id)
                """)
            try dashboard.narrow(to: "id:\(first)", until: "Workflows 1 of")
            let row = { dashboard.lines(with: String(first.prefix(8))).first ?? "" }
            try #require(dashboard.waits(for: "shop.refuse: PaymentRefused") && row().contains("FAILURE") && row().contains("1/2"), "\(dashboard.screen)")
            dashboard.press("j" + Typed.enter)
            try #require(dashboard.waits(for: "failed first: shop.refuse"), "\(dashboard.screen)")
            dashboard.press("jj")
            try #require(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("shop.refuse") } }, "\(dashboard.screen)")
            dashboard.press("t")
            #expect(dashboard.waits(for: "ConnectionError: bank did not answer for chain"), "\(dashboard.screen)")
        }
    }
}

extension OperatedDashboard {
    /// Filters until the title says `title`.
    fileprivate func narrow(to filter: String, until title: String) throws {
        press("/" + filter + Typed.enter)
        try #require(waits(for: title, within: .seconds(20)), "\(filter): \(screen)")
    }
}
