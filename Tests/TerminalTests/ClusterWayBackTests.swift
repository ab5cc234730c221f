import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// However the dashboard ends, the shell finds its terminal as it was.
    @Suite struct ClusterWayBackTests {
        enum End: String, CaseIterable, CustomTestStringConvertible {
            case q, f10, ctrlC, colonQ, isTerminated, isHungUp
            var testDescription: String { rawValue }
        }

        @Test(arguments: End.allCases) func theTerminalIsAsItWas(after end: End) throws {
            let cluster = try RealCluster.quiet()
            // In a shell that tells the settings before and after, and goes on whatever became of the dashboard.
            let script = "trap : HUP TERM; stty -g; echo \"$0 began\"; \"$@\"; code=$?; echo; stty -g; echo \"$0 ended $code\"; read line"
            let terminal = try PseudoTerminal(
                "/bin/bash", ["-c", script, "dashboard", Celeriac.path, "-b", cluster.broker],
                environment: ["XDG_CONFIG_HOME": "/nonexistent", "SWIFT_BACKTRACE": "enable=no"], rows: 30, columns: 140)
            try #require(terminal.wait(within: .seconds(20)) { $0.isAlternate && $0.text.contains("● live") }, "\(terminal.screen)")
            #expect(!terminal.screen.isCursorVisible && !terminal.isCooked)
            switch end {
            case .q: terminal.type("q")
            case .f10: terminal.type(Typed.function(10))
            case .ctrlC: terminal.type(Typed.control("c"))
            case .colonQ: terminal.type(":q" + Typed.enter)
            case .isTerminated: kill(-terminal.processID, SIGTERM)
            case .isHungUp: kill(-terminal.processID, SIGHUP)
            }
            try #require(terminal.wait { !$0.isAlternate && $0.text.contains("dashboard ended") }, "\(terminal.screen)")
            let settings = terminal.screen.text.matches(of: /[0-9a-f]+(:[0-9a-f]+){10,}/).map { String($0.0) }
            #expect(settings.count == 2 && settings[0] == settings[1], "\(terminal.screen)")
            #expect(terminal.screen.isCursorVisible)
            #expect(terminal.screen.mouseModes == [])
            #expect(terminal.screen.text.contains("dashboard ended 0"), "\(terminal.screen)")
        }
    }
}
