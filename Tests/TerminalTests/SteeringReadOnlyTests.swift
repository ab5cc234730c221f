import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// Whatever is typed into a dashboard that may only read, Redis is not told to change anything.
    @Suite struct SteeringReadOnlyTests {
        let cluster: RealCluster

        init() throws { cluster = try RealCluster.quiet() }

        /// Keys that mean something, those that act more often; none that leaves or stops the program at once.
        private static let keys: [String] = {
            let letters = "jkgGhl/?:.123456780-[] VAUo<>IwFZfyYvz@EEitprnNdbsSaTLeBcmMQ+_".map(String.init)
            let controls = "bdflprsu".map(Typed.control)
            let acting = ["x", "x", "x", "X", "X", "y", "y", Typed.delete, Typed.enter, Typed.enter, Typed.enter, "2", "4", "j", "1", "3"]
            let moving = [
                Typed.escape, Typed.tab, Typed.backTab, Typed.up, Typed.down, Typed.left, Typed.right, Typed.backspace, Typed.pageUp, Typed.pageDown,
                Typed.home, Typed.end,
            ]
            let mouse = [Typed.click(row: 5, column: 12), Typed.click(row: 29, column: 20), Typed.wheel(down: true, row: 8, column: 30)]
            return letters + controls + acting + moving + mouse + (1...9).map(Typed.function)
        }()

        /// Types 600 keys, the same for the same seed; starts again when they led to the command that ends the program.
        private func typeAtRandom(_ option: String, seed: UInt64) throws {
            var random = SeededGenerator(seed: seed)
            var dashboard = try OperatedDashboard.live(on: cluster, option)
            for number in 1...600 {
                dashboard.press(Self.keys.randomElement(using: &random) ?? "j")
                // Now and then long enough for a dialog to take keys; what is drawn meanwhile has to be read.
                _ = dashboard.waits(within: number % 12 == 0 ? .milliseconds(350) : .milliseconds(15)) { _ in false }
                guard let status = dashboard.terminal.waitForEnd(within: .zero) else { continue }
                try #require(status == 0, "key \(number) of seed \(seed): \(dashboard.screen)")
                dashboard = try OperatedDashboard.live(on: cluster, option)
            }
            dashboard.quit()
        }

        /// Types what would act, step by step, on tasks and workers.
        private func tryToAct(_ option: String, on id: String) throws {
            let dashboard = try OperatedDashboard.live(on: cluster, option)
            defer { dashboard.quit() }
            for keys in [
                "2", "j", "x", "y", "X", Typed.enter, "y", "A", "x", "X", Typed.escape, "4", Typed.function(8), "y", Typed.function(7), "y", "E", "y", "Q", "X",
            ] {
                dashboard.press(keys)
                _ = dashboard.waits(within: .milliseconds(350)) { _ in false }
            }
            dashboard.press(Typed.escape + ":revoke \(id)" + Typed.enter)
            #expect(dashboard.waits(for: option == "--passive" ? "passive:" : "read-only:"), "\(dashboard.screen)")
            for line in ["control pool_grow n=1", "control shutdown", "control revoke task_id=\(id)", "inspect memsample"] {
                dashboard.press(":" + line + Typed.enter + "y" + Typed.escape)
                _ = dashboard.waits(within: .milliseconds(350)) { _ in false }
            }
        }

        private func commands(of option: String, seed: UInt64) throws -> [CommandRecord.Command] {
            let id = try cluster.python("print(shop.mail.apply_async(('read-only',), countdown=3600).id)")
            defer { _ = try? cluster.python("shop.app.control.revoke('\(id)')") }
            let record = try CommandRecord(port: cluster.port)
            try tryToAct(option, on: id)
            try typeAtRandom(option, seed: seed)
            return try record.commands(ofClientsNamed: "celeriac")
        }

        /// Commands that change nothing for anyone else.
        private static let reading: Set<String> = [
            "CLIENT", "EXISTS", "GET", "HELLO", "HGET", "HLEN", "HMGET", "INFO", "LINDEX", "LLEN", "LPOS", "LRANGE", "MGET", "PING", "PSUBSCRIBE", "SCAN",
            "SCARD", "SELECT",
            "SMEMBERS", "STRLEN", "SUBSCRIBE", "TIME", "TTL", "TYPE", "ZCARD", "ZRANGE", "ZSCORE",
        ]

        @Test func readOnlyWritesNothingButItsOwnReplyBoxes() throws {
            let commands = try commands(of: "--read-only", seed: 1)
            let writing = commands.filter { !Self.reading.contains($0.name) }
            #expect(commands.contains { $0.name == "LLEN" }, "the queues were looked at")
            // A reply box is named by the binding that was made for it.
            let bindings = Set(writing.filter { $0.name == "SADD" }.map { $0.words.dropFirst().joined(separator: " ") })
            let boxes = bindings.compactMap { $0.firstMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/).map { String($0.0) } }
            #expect(!boxes.isEmpty, "the workers were asked")
            let strange = writing.filter { command in
                switch command.name {
                case "SADD", "SREM":
                    !(command.words.count == 3 && command.words[1] == "_kombu.binding.reply.celery.pidbox"
                        && bindings.contains(command.words.dropFirst().joined(separator: " ")))
                case "DEL", "BRPOP": !boxes.contains { command.words[1].contains($0) && command.words[1].hasSuffix(".reply.celery.pidbox") }
                case "PUBLISH": !(command.controlMethod.map { SteeringNothingTests.questions.contains($0) } ?? false)
                default: true
                }
            }
            #expect(strange == [])
        }

        @Test func passiveWritesNothingAtAll() throws {
            let commands = try commands(of: "--passive", seed: 2)
            #expect(commands.contains { $0.name == "LLEN" }, "the queues were looked at")
            #expect(commands.filter { !Self.reading.contains($0.name) } == [])
        }
    }
}
