import TestSupport

/// The program that these tests drive, started on a terminal of its own.
func probe(environment: [String: String] = [:], rows: Int = 24, columns: Int = 80) throws -> PseudoTerminal {
    // Or Swift's own backtracer asks what to do, and waits for a key.
    try PseudoTerminal(builtProgram("TerminalProbe"), environment: environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }, rows: rows, columns: columns)
}
