import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// What the operator does to workers, Celery sees.
    @Suite struct SteeringWorkersTests {
        let cluster: RealCluster

        init() throws { cluster = try RealCluster.quiet() }

        private func processes(of worker: String) throws -> Int? {
            try cluster.celery("inspect", "stats", "-d", worker)[worker]?["pool"]?["processes"]?.array?.count
        }

        /// Opens the workers with the cursor on `name`.
        private func workers(selecting name: String) throws -> OperatedDashboard {
            let dashboard = try OperatedDashboard.live(on: cluster, columns: 200)
            dashboard.press("4")
            try #require(dashboard.waits { $0.text.contains("Workers 3") && $0.text.contains("prefork") }, "\(dashboard.screen)")
            for _ in 0..<3 {
                if dashboard.waits(within: .seconds(1), until: { $0.lines.contains { $0.contains("▶ " + name) } }) { return dashboard }
                dashboard.press("j")
            }
            throw Program.Missing(description: "\(name) cannot be selected: \(dashboard.screen)")
        }

        @Test func aPoolGrowsAndShrinksByOneProcess() throws {
            let dashboard = try workers(selecting: "batch-2")
            defer { dashboard.quit() }
            let before = try #require(try processes(of: "celery@batch-2"))
            try dashboard.open(Typed.function(8), shows: "Grow the pool of 1 worker")
            try dashboard.agree(to: "Grow the pool of 1 worker")
            #expect(dashboard.waits(for: "pool_grow n=1 on celery@batch-2 on 1 of 1 worker"), "\(dashboard.screen)")
            let grown = try eventually { try processes(of: "celery@batch-2") == before + 1 }
            #expect(grown)
            // A process that is just starting still has its parent's handler of the signal that is to end it, and goes on: Celery's own race.
            var shrunk = false
            for _ in 1...3 where !shrunk {
                try dashboard.open(Typed.function(7), shows: "Shrink the pool of 1 worker")
                try dashboard.agree(to: "Shrink the pool of 1 worker")
                #expect(dashboard.waits(for: "pool_shrink n=1 on celery@batch-2 on 1 of 1 worker"), "\(dashboard.screen)")
                shrunk = try eventually(within: 10) { try processes(of: "celery@batch-2") == before }
            }
            #expect(shrunk)
        }

        @Test func aPoolOfThreadsIsNotOfferedToGrow() throws {
            let dashboard = try workers(selecting: "batch-1")
            defer { dashboard.quit() }
            dashboard.press(Typed.function(8))
            #expect(dashboard.waits(for: "pool keeps its size"), "\(dashboard.screen)")
        }

        @Test func eventsAreSwitchedOnForTheWorkerThatLacksThem() throws {
            _ = try cluster.celery("control", "disable_events", "-d", "celery@batch-2")
            let dashboard = try workers(selecting: "batch-2")
            defer {
                dashboard.quit()
                _ = try? cluster.celery("control", "disable_events", "-d", "celery@batch-2")
            }
            dashboard.press("E")
            try #require(dashboard.waits(for: "Switch task events on"), "\(dashboard.screen)")
            // Those of which it is not known are asked as well: how many depends on what was heard since the start.
            if dashboard.waits(within: .seconds(1), until: { $0.text.contains("on 1 worker") }) {
                try dashboard.agree(to: "Switch task events on")
            } else {
                let count = try #require(dashboard.screen.text.firstMatch(of: /type the count: ([23])/)?.1, "\(dashboard.screen)")
                try dashboard.agree(to: "Switch task events on", typing: String(count))
            }
            #expect(dashboard.waits(for: "enable_events on celery@"), "\(dashboard.screen)")
            let again = try cluster.celery("control", "enable_events", "-d", "celery@batch-2")
            #expect(again.array?.first?["celery@batch-2"]?["ok"]?.string == "task events already enabled", "\(again) \(dashboard.screen)")
        }

        @Test func aConsumerIsAddedAndCancelled() throws {
            let queue = "steered-\(UUID().uuidString.prefix(6))"
            let dashboard = try workers(selecting: "web-1")
            defer { dashboard.quit() }
            let consumes = { (wanted: Bool) in
                try eventually { try cluster.celery("inspect", "active_queues")["celery@web-1"]?.array?.contains { $0["name"]?.string == queue } == wanted }
            }
            try dashboard.open("Q", shows: "Consume a queue")
            dashboard.press(Typed.tab + queue + Typed.control("s"))
            try #require(dashboard.waits(for: "Start consuming on 1 worker"), "\(dashboard.screen)")
            try dashboard.agree(to: "Start consuming on 1 worker")
            let added = try consumes(true)
            #expect(added)
            // The list shows it before the dialog goes by it.
            try #require(dashboard.waits { $0.lines.contains { $0.contains("web-1") && $0.contains("steered") } }, "\(dashboard.screen)")
            try dashboard.open("Q", shows: "Consume a queue")
            try #require(dashboard.waits { $0.lines.contains { $0.contains("Now") && $0.contains(queue) } }, "\(dashboard.screen)")
            dashboard.press(Typed.right + Typed.tab + queue + Typed.control("s"))
            try #require(dashboard.waits(for: "Stop consuming on 1 worker"), "\(dashboard.screen)")
            try dashboard.agree(to: "Stop consuming on 1 worker")
            let cancelled = try consumes(false)
            #expect(cancelled)
        }
    }
}
