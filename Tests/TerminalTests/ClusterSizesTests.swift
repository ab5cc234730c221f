import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// The dashboard fits any terminal while the cluster is busy.
    @Suite struct ClusterSizesTests {
        let cluster: RealCluster

        init() throws { cluster = try RealCluster.busy.get() }

        @Test(arguments: ["1", "2", "3", "4", "8"]) func noSizeEndsIt(view: String) throws {
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            dashboard.press(view)
            var sizes = [(30, 140), (4, 18), (60, 200), (1, 1), (24, 80), (2, 300), (100, 20), (15, 60), (5, 20), (4, 18)]
            var random = SeededGenerator(seed: 9)
            sizes += (0..<40).map { _ in (Int.random(in: 4...60, using: &random), Int.random(in: 18...200, using: &random)) }
            for (rows, columns) in sizes {
                dashboard.terminal.resize(rows: rows, columns: columns)
                _ = dashboard.waits(within: .milliseconds(30)) { _ in false }
                try #require(dashboard.terminal.waitForEnd(within: .zero) == nil, "ended at \(rows) × \(columns)")
            }
            dashboard.terminal.resize(rows: 30, columns: 140)
            #expect(dashboard.waits { $0.text.contains("● live") && $0.lines[1].contains("Overview") && $0.lines[29].contains("?") }, "\(dashboard.screen)")
            #expect(dashboard.screen.unknown == [])
        }

        @Test(arguments: ["1", "2", "4"]) func withoutColourNoneIsSent(view: String) throws {
            let dashboard = try OperatedDashboard.live(on: cluster, "--color", "never", rows: 24, columns: 80)
            dashboard.press(view + "j")
            _ = dashboard.waits(within: .seconds(1)) { _ in false }
            dashboard.quit()
            let text = String(decoding: dashboard.terminal.output, as: UTF8.self)
            let colours = text.matches(of: /\u{1B}\[[0-9;]*m/).map(\.output).filter { sequence in
                sequence.dropFirst(2).dropLast().split(separator: ";").contains { Int($0).map { (30...38).contains($0) || (40...48).contains($0) || $0 >= 90 } ?? false }
            }
            #expect(colours.isEmpty, "\(colours.prefix(5))")
        }

        @Test func inASCIINoOtherByteIsSent() throws {
            let dashboard = try OperatedDashboard.live(on: cluster, "--ascii", rows: 24, columns: 80)
            for view in ["1", "2", "3", "4", "8"] {
                dashboard.press(view)
                // A second of whatever comes: names in other scripts are among it.
                _ = dashboard.waits(within: .seconds(1)) { _ in false }
                dashboard.press("j." + Typed.escape + Typed.enter + "]" + Typed.escape)
                _ = dashboard.waits(within: .milliseconds(350)) { _ in false }
            }
            dashboard.press("2/name:商店*" + Typed.enter)
            _ = dashboard.waits(within: .seconds(1)) { _ in false }
            dashboard.quit()
            let strange = dashboard.terminal.output.filter { $0 >= 0x80 }
            #expect(strange.isEmpty, "\(strange.count) bytes: \(String(decoding: strange.prefix(60), as: UTF8.self))")
        }
    }
}
