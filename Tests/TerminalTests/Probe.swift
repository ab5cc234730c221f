import Foundation
import TestSupport

/// The program that these tests drive, started on a terminal of its own.
func probe(environment: [String: String] = [:], rows: Int = 24, columns: Int = 80) throws -> PseudoTerminal {
    // Or Swift's own backtracer asks what to do, and waits for a key.
    try PseudoTerminal(builtProgram("TerminalProbe"), environment: environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }, rows: rows, columns: columns)
}

/// The path of a program that was built with the tests: beside the bundle that runs them.
func builtProgram(_ name: String) -> String {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name).path
}
