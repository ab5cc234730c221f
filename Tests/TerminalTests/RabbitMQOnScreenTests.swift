import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// The dashboard on RabbitMQ, where results go only to who sent the task.
    @Suite(.enabled(if: RabbitServer.isThere, Comment(rawValue: RabbitServer.missing))) struct RabbitMQOnScreenTests {
        let cluster: RealCluster

        init() throws { cluster = try RealCluster.quiet(on: .rabbitmq) }

        private func live(_ columns: Int = 140) throws -> OperatedDashboard {
            let dashboard = try OperatedDashboard(cluster.broker, results: "rpc://", columns: columns)
            try #require(dashboard.waits(within: .seconds(60)) { $0.text.contains("● live") && $0.text.contains("workers 3/3") }, "\(dashboard.screen)")
            return dashboard
        }

        @Test func aTaskIsSeenFromItsSendingToItsEnd() throws {
            let mark = "m" + UUID().uuidString.prefix(8)
            let dashboard = try live()
            defer { dashboard.quit() }
            dashboard.press("2")
            // Its queue is a quorum queue; of its workers one tells what it does.
            _ = try cluster.celery("control", "cancel_consumer", "reports", "-d", "celery@batch-2")
            defer { _ = try? cluster.celery("control", "add_consumer", "reports", "-d", "celery@batch-2") }
            let id = try cluster.python("print(shop.render.delay('\(mark)', 4).id)")
            for state in ["STARTED", "SUCCESS"] {
                let shown = dashboard.waits { $0.lines.contains { $0.contains(id.prefix(8)) && $0.contains(state) && $0.contains("reports") && $0.contains("batch-1") } }
                #expect(shown, "\(state): \(dashboard.screen)")
            }
            #expect(dashboard.lines(with: String(id.prefix(8))).first?.contains(/\b4\.[0-9] s\b/) == true, "\(dashboard.screen)")
            try dashboard.filter("args~\"\(mark)\"", shows: 1)
            dashboard.press("j" + Typed.enter + "]]")
            #expect(dashboard.waits(for: "reach only who sent the task"), "\(dashboard.screen)")
        }

        @Test func aWorkerThatIsShutDownByKeyIsShownAsGone() throws {
            let dashboard = try live(200)
            defer {
                dashboard.quit()
                try? cluster.mend()
            }
            dashboard.press("4")
            try #require(dashboard.waits { $0.text.contains("Workers 3") && $0.text.contains("prefork") }, "\(dashboard.screen)")
            dashboard.press("G")
            try #require(dashboard.waits(for: "▶ web-1"), "\(dashboard.screen)")
            try dashboard.open("X", shows: "Shut down 1 worker")
            try dashboard.agree(to: "Shut down 1 worker", typing: "celery@web-1")
            #expect(dashboard.waits(within: .seconds(30)) { $0.text.contains("workers 2/3") && $0.lines.contains { $0.contains("web-1") && $0.contains("offline") } }, "\(dashboard.screen)")
            let left = try eventually { Set(try cluster.celery("inspect", "ping").names) == ["celery@batch-1", "celery@batch-2"] }
            #expect(left)
            try cluster.mend()
            #expect(dashboard.waits(within: .seconds(30)) { $0.text.contains("workers 3/3") }, "\(dashboard.screen)")
        }

        @Test func aServerThatIsKilledTakesNothingOffTheScreen() throws {
            let queue = "kept-\(UUID().uuidString.prefix(6))"
            _ = try cluster.python("for n in range(5): shop.stock.apply_async(('kept',), queue='\(queue)')")
            let dashboard = try live()
            defer { dashboard.quit() }
            dashboard.press("3/\(queue)" + Typed.enter)
            // The first number behind the name; the type may be known or not.
            let shows = { (screen: ScreenModel) in
                screen.lines.first { $0.contains(queue) && $0.contains("│") }?.split(separator: " ").drop { $0 != queue }.dropFirst().first { Int($0) != nil }
            }
            try #require(dashboard.waits { shows($0) == "5" }, "\(dashboard.screen)")
            try cluster.kill("rabbitmq")
            try #require(dashboard.waits { !$0.text.contains("● live") && ($0.text.contains("reconnecting") || $0.text.contains("lost")) }, "\(dashboard.screen)")
            #expect(dashboard.waits { $0.text.contains(/data .* old/) }, "\(dashboard.screen)")
            #expect(shows(dashboard.screen) == "5", "\(dashboard.screen)")
            try cluster.mend()
            // What is not known yet may be told as such, but is not nothing.
            var lies: Set<Substring> = []
            let isBack = dashboard.waits(within: .seconds(30)) { screen in
                if let ready = shows(screen), ready != "5" { lies.insert(ready) }
                return screen.text.contains("● live") && !screen.text.contains(/data .* old/) && screen.text.contains("workers 3/3")
            }
            #expect(isBack, "\(dashboard.screen)")
            #expect(dashboard.waits { shows($0) == "5" }, "\(dashboard.screen)")
            #expect(lies == [], "\(dashboard.screen)")
            dashboard.press("2")
            let id = try cluster.python("print(shop.stock.apply_async(('after',), queue='mail').id)")
            #expect(dashboard.waits { $0.lines.contains { $0.contains(id.prefix(8)) && $0.contains("SUCCESS") } }, "\(dashboard.screen)")
        }
    }
}
