public import CeleriacCore
public import Foundation

/// A program that was started: `celeriac` itself, or what the tests compare it with. Its output goes to files, so that it never waits for a reader.
public final class Program: Sendable {
    public struct Finished: CustomStringConvertible {
        /// Exit code; 124 when the program had to be ended because its time was over.
        public var status: Int32
        public var output: [UInt8]
        public var errors: [UInt8]

        public var text: String { String(decoding: output, as: UTF8.self) }
        public var complaint: String { String(decoding: errors, as: UTF8.self) }
        public var description: String { "exit \(status), \(output.count) bytes, \(complaint)" }
        public func json() throws -> Value { try JSON.decode(output) }

        /// What would steer a terminal, on either stream: controls of C0 and C1, line feeds apart, and DEL, each with what stands before it.
        public var controls: [String] {
            [text, complaint].flatMap { stream in
                let scalars = Array(stream.unicodeScalars)
                return scalars.indices.filter { scalars[$0].properties.generalCategory == .control && scalars[$0] != "\n" }.map { index in
                    String(String.UnicodeScalarView(scalars[max(0, index - 30)...index])).debugDescription
                }
            }
        }
    }

    public struct Missing: Error, CustomStringConvertible {
        public let description: String
        public init(description: String) { self.description = description }
    }

    private let child: Child
    private let folder: URL

    /// Starts `command`, found along `PATH`, which is ended after `limit` seconds. `input`: the path of what it reads.
    public init(_ command: [String], environment: [String: String] = [:], in directory: URL? = nil, input: String? = nil, limit: Int = 60) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("program-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let whole = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        child = try Child(
            ["timeout", "-k", "5", String(limit)] + command, environment: whole, in: directory?.path, input: input ?? "/dev/null",
            output: folder.appendingPathComponent("output").path, errors: folder.appendingPathComponent("errors").path)
    }

    deinit {
        child.stop()
        try? FileManager.default.removeItem(at: folder)
    }

    public var isRunning: Bool { child.isRunning }

    /// What it has printed so far.
    public var printed: String { (try? String(contentsOf: folder.appendingPathComponent("output"), encoding: .utf8)) ?? "" }
    public var complained: String { (try? String(contentsOf: folder.appendingPathComponent("errors"), encoding: .utf8)) ?? "" }

    /// Asks it to end, as a supervisor does.
    public func end() { child.signal(SIGTERM) }

    /// Waits for its end.
    public func finish() throws -> Finished {
        let status = child.wait()
        let bytes = { (name: String) in Array(try Data(contentsOf: self.folder.appendingPathComponent(name))) }
        return Finished(status: status, output: try bytes("output"), errors: try bytes("errors"))
    }
}

/// The program under test.
public enum Celeriac {
    public static let path = ProcessInfo.processInfo.environment["CELERIAC_BIN"] ?? builtProgram("celeriac")

    /// Where it remembers things from run to run, as long as the tests run.
    public static let stateFolder = FileManager.default.temporaryDirectory.appendingPathComponent("celeriac-tests-state-\(ProcessInfo.processInfo.processIdentifier)").path

    /// Starts it with an environment that says nothing about brokers and files of the user.
    public static func start(_ arguments: [String], environment: [String: String] = [:], limit: Int = 60) throws -> Program {
        let unset = ["CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "CELERIAC_SCHEDULER"].flatMap { ["-u", $0] }
        return try Program(
            ["env"] + unset + [path] + arguments, environment: ["XDG_CONFIG_HOME": "/nonexistent", "XDG_STATE_HOME": stateFolder, "LANG": "C.UTF-8"].merging(environment) { $1 }, limit: limit)
    }

    public static func run(_ arguments: String..., limit: Int = 60) throws -> Program.Finished {
        try start(arguments, limit: limit).finish()
    }
}

/// The path of a program that was built with the tests: beside the bundle that runs them.
public func builtProgram(_ name: String) -> String {
    URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name).path
}

public let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Asks until `claim` holds; `false` when it did not within `seconds`. Every question should cost a process or a round trip: there is no pause in between.
public func eventually(within seconds: Double = 20, _ claim: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock(), deadline = clock.now + .seconds(seconds)
    while true {
        if try claim() { return true }
        if clock.now >= deadline { return false }
    }
}
