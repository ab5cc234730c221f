import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// A broker that goes away takes nothing off the screen.
    @Suite struct ClusterLinkTests {
        @Test func fiveTimesTheServerIsKilledAndTheDashboardComesBackByItself() async throws {
            var server: RedisServer? = try await RedisServer.start()
            let port = try #require(server?.port)
            let dashboard = try OperatedDashboard("redis://127.0.0.1:\(port)/0", ["top", "--view", "tasks"])
            defer { dashboard.quit() }
            try #require(dashboard.waits(for: "● live"), "\(dashboard.screen)")
            for round in 1...5 {
                try SentEvent(id: "round-\(round)", name: "shop.round\(round)").publish(on: port)
                try #require(dashboard.waits(for: "shop.round\(round)"), "\(dashboard.screen)")
                server = nil
                try #require(dashboard.waits { $0.text.contains("reconnecting") || $0.text.contains("lost") }, "\(dashboard.screen)")
                #expect(!dashboard.screen.text.contains("● live"))
                for old in 1...round { #expect(!dashboard.lines(with: "shop.round\(old)").isEmpty, "old data stays: \(dashboard.screen)") }
                #expect(dashboard.waits { $0.text.contains(/data .* old/) }, "\(dashboard.screen)")
                // The keys go on.
                dashboard.press("3")
                #expect(dashboard.waits(for: "┌ Queues"), "\(dashboard.screen)")
                dashboard.press("2")
                #expect(dashboard.waits(for: "┌ Tasks"), "\(dashboard.screen)")
                server = try await RedisServer.start(port: port)
                #expect(dashboard.waits(within: .seconds(5)) { $0.text.contains("● live") }, "round \(round): \(dashboard.screen)")
            }
            try SentEvent(id: "last", name: "shop.last").publish(on: port)
            #expect(dashboard.waits(for: "shop.last"), "\(dashboard.screen)")
        }

        @Test func aServerThatWasNeverThereIsWaitedFor() async throws {
            let port = try freePort()
            let dashboard = try OperatedDashboard("redis://127.0.0.1:\(port)/0", [])
            defer { dashboard.quit() }
            try #require(dashboard.waits { $0.text.contains("reconnecting") }, "\(dashboard.screen)")
            let server = try await RedisServer.start(port: port)
            #expect(dashboard.waits(within: .seconds(5)) { $0.text.contains("● live") }, "\(dashboard.screen)")
            _ = server.port
        }
    }
}
