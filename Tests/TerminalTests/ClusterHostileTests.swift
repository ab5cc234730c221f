import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// Whatever comes over the broker, the dashboard goes on, and the terminal is steered by nobody else.
    @Suite struct ClusterHostileTests {
        private func watched(_ options: [String] = []) async throws -> (RedisServer, OperatedDashboard) {
            let server = try await RedisServer.start(options)
            let dashboard = try OperatedDashboard("redis://127.0.0.1:\(server.port)/0", ["top", "--view", "tasks"], columns: 180)
            try #require(dashboard.waits(for: "● live"), "\(dashboard.screen)")
            return (server, dashboard)
        }

        @Test func aNameThatSteersTerminalsIsOnlyText() async throws {
            let (server, dashboard) = try await watched()
            defer { dashboard.quit() }
            let names = [
                "evil\u{1B}]0;owned\u{07}name", "evil\u{9B}31mname", "evil\u{1B}[2J\u{1B}[Hname", "evil\u{1B}Pq#owned\u{1B}\\name", "evil\r\nname\u{8}",
                "evil\u{202E}name",
            ]
            for (index, name) in names.enumerated() {
                try SentEvent(id: name + "\(index)", name: name, args: "('\(name)',)", worker: "celery@" + name).publish(on: server.port)
            }
            try #require(dashboard.waits { $0.lines.filter { $0.contains("evil") }.count >= names.count }, "\(dashboard.screen)")
            // In details, in the window's title if there is one, in dialogs and in the log as well.
            for keys in [
                "j", Typed.enter, "]", "]", "]", Typed.escape, "v", Typed.escape, "x", Typed.escape, "4", Typed.enter, Typed.escape, "1", "8", "?",
                Typed.escape, ":find " + names[2] + Typed.enter,
            ] {
                dashboard.press(keys)
                _ = dashboard.waits(within: .milliseconds(350)) { _ in false }
            }
            dashboard.quit()
            #expect(dashboard.screen.unknown == [])
            #expect(!dashboard.screen.title.contains("owned"))
            let output = String(decoding: dashboard.terminal.output, as: UTF8.self).unicodeScalars
            #expect(!output.contains("\u{9B}") && !output.contains("\u{202E}"))
            let commands = String(output).components(separatedBy: "\u{1B}]").dropFirst()
            #expect(commands.allSatisfy { $0.hasPrefix("2;celeriac") || $0.hasPrefix("52;c;") }, "\(Array(commands.map { $0.prefix(40) }))")
            #expect(!String(output).contains("\u{1B}P"))
        }

        @Test func garbageIsCountedInTheHeader() async throws {
            let (server, dashboard) = try await watched()
            defer { dashboard.quit() }
            var random = SeededGenerator(seed: 8)
            for length in [0, 1, 17, 4096] { try SentEvent.publish((0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }, on: server.port) }
            let pickled: Value = [
                "body": "gAR9lC4=", "content-type": "application/x-python-serialize", "content-encoding": "binary", "properties": ["body_encoding": "base64"],
            ]
            try SentEvent.publish(JSON.encode(pickled), on: server.port)
            try SentEvent.publish(Array(String(repeating: "[", count: 100_000).utf8), on: server.port)
            #expect(dashboard.waits(for: "6 unreadable"), "\(dashboard.screen)")
            try SentEvent(id: "sound", name: "shop.sound").publish(on: server.port)
            #expect(dashboard.waits(for: "shop.sound"), "\(dashboard.screen)")
        }

        /// `nil`: the server's default, which cuts a subscriber off that falls behind by 32 MB.
        @Test(arguments: [nil, "pubsub 0 0 0"]) func anEventOfFortyMegabytesIsSurvived(limit: String?) async throws {
            let (server, dashboard) = try await watched(limit.map { ["--client-output-buffer-limit", $0] } ?? [])
            defer { dashboard.quit() }
            try SentEvent(id: "giant", name: "shop.giant", args: String(repeating: "x", count: 40 << 20)).publish(on: server.port)
            var number = 0
            let goesOn = try eventually(within: 20) {
                number += 1
                try SentEvent(id: "sound-\(number)", name: "shop.sound").publish(on: server.port)
                return dashboard.waits(within: .milliseconds(200)) { $0.text.contains("shop.sound") && $0.text.contains("● live") }
            }
            #expect(goesOn, "\(dashboard.screen)")
            #expect(dashboard.terminal.status == nil)
            dashboard.press("3")
            #expect(dashboard.waits(for: "┌ Queues"), "\(dashboard.screen)")
        }
    }
}
