import Glibc
import TestSupport
import Testing

/// However the program ends, the shell finds its terminal as it was.
@Suite(.serialized) struct WayBackTests {
    enum End: String, CaseIterable, CustomTestStringConvertible {
        case quits, isTerminated, isTerminatedWhileItHangs, isAborted, traps, overflowsItsStack, isKilledByAFault, leavesWithoutAWord, isHungUpOn
        var testDescription: String { rawValue }
    }

    @Test(arguments: End.allCases) func theTerminalIsGivenBack(when end: End) throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "24×80"))
        #expect(terminal.screen.isAlternate && !terminal.screen.isCursorVisible && !terminal.isCooked)
        terminal.type("W")
        #expect(terminal.wait { !$0.title.isEmpty })
        let expected: Int
        switch end {
        case .quits: (expected, _) = (0, terminal.type("q"))
        case .isTerminated: (expected, _) = (8, terminal.signal(SIGTERM))
        case .isTerminatedWhileItHangs:
            terminal.type("aH")
            #expect(terminal.wait(for: "key character(\"a\")"))
            terminal.signal(SIGTERM)
            expected = 128 + Int(SIGTERM)
        case .isAborted: (expected, _) = (128 + Int(SIGABRT), terminal.type("A"))
        case .traps: (expected, _) = (128 + Int(trapSignal), terminal.type("T"))
        case .overflowsItsStack: (expected, _) = (128 + Int(SIGSEGV), terminal.type("O"))
        case .isKilledByAFault: (expected, _) = (128 + Int(SIGBUS), terminal.signal(SIGBUS))
        case .leavesWithoutAWord: (expected, _) = (5, terminal.type("R"))
        case .isHungUpOn: (expected, _) = (7, terminal.signal(SIGHUP))
        }
        if end == .isTerminatedWhileItHangs {
            // The first is waiting to be read; the second is not asked.
            #expect(terminal.waitForEnd(within: .milliseconds(300)) == nil)
            terminal.signal(SIGTERM)
        }
        #expect(terminal.waitForEnd() == expected)
        #expect(!terminal.screen.isAlternate)
        #expect(terminal.screen.isCursorVisible)
        #expect(terminal.screen.mouseModes == [])
        #expect(terminal.isCooked)
        let titleIsGivenBack = String(decoding: terminal.output, as: UTF8.self).contains("\u{1B}[23;2t")
        #expect(titleIsGivenBack)
    }

    @Test func aLostTerminalEndsTheProgram() throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "24×80"))
        terminal.hangUp()
        #expect(terminal.waitForEnd() == 7)
    }

    @Test func ctrlZGivesTheShellItsTerminalAndFgPaintsAgain() throws {
        let terminal = try PseudoTerminal("/bin/bash", ["--norc", "--noprofile", "-i"], environment: ["PS1": "shell> "])
        #expect(terminal.wait(for: "shell>"), "\(terminal.screen)")
        terminal.type(builtProgram("TerminalProbe") + "\r")
        #expect(terminal.wait(for: "24×80"))
        terminal.type("a")
        #expect(terminal.wait(for: "key character(\"a\")"))
        terminal.type(Typed.control("z"))
        #expect(terminal.wait { !$0.isAlternate && $0.isCursorVisible && $0.text.contains("Stopped") }, "\(terminal.screen.text)")
        terminal.resize(rows: 25, columns: 90)
        terminal.type("fg\r")
        #expect(terminal.wait { $0.isAlternate && $0.text.contains("┌ 25×90") && $0.text.contains("key character(\"a\")") }, "\(terminal.screen.text)")
        terminal.type("q")
        #expect(terminal.wait { !$0.isAlternate && $0.text.contains("bye") })
    }

    @Test func anotherProgramCanHaveTheTerminalForAWhile() throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "24×80"))
        terminal.type("L")
        #expect(terminal.wait { !$0.isAlternate && $0.text.contains("lent") })
        #expect(terminal.isCooked)
        terminal.type("not for us\r")
        #expect(terminal.wait { $0.isAlternate && $0.text.contains("24×80") })
        terminal.type("a")
        #expect(terminal.wait(for: "key character(\"a\")"))
        #expect(terminal.screen.lines.filter { $0.contains("key ") }.count == 1)
    }

    @Test func onceClosedOrNotOpenedSignalsMeanWhatTheyAlwaysDo() throws {
        let closed = try probe()
        #expect(closed.wait(for: "24×80"))
        closed.type("P")
        #expect(closed.wait(for: "plain"))
        closed.type(Typed.control("c"))
        #expect(closed.waitForEnd() == 128 + Int(SIGINT))
        let refused = try probe(environment: ["TERM": "dumb", "PROBE_WAITS": "1"])
        #expect(refused.wait(for: "no terminal"))
        refused.signal(SIGTERM)
        #expect(refused.waitForEnd() == 128 + Int(SIGTERM))
    }

    #if arch(x86_64)
        private let trapSignal = SIGILL
    #else
        private let trapSignal = SIGTRAP
    #endif
}
