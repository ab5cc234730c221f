import CeleriacCore
import Foundation

/// A program that was started: `celeriac` itself, or what the tests compare it with. Its output goes to files, so that it never waits for a reader.
final class Program: Sendable {
    struct Finished: CustomStringConvertible {
        /// Exit code; 124 when the program had to be ended because its time was over.
        var status: Int32
        var output: [UInt8]
        var errors: [UInt8]

        var text: String { String(decoding: output, as: UTF8.self) }
        var complaint: String { String(decoding: errors, as: UTF8.self) }
        var description: String { "exit \(status), \(output.count) bytes, \(complaint)" }
        func json() throws -> Value { try JSON.decode(output) }

        /// What would steer a terminal, on either stream: controls of C0 and C1, line feeds apart, and DEL, each with what stands before it.
        var controls: [String] {
            [text, complaint].flatMap { stream in
                let scalars = Array(stream.unicodeScalars)
                return scalars.indices.filter { scalars[$0].properties.generalCategory == .control && scalars[$0] != "\n" }.map { index in
                    String(String.UnicodeScalarView(scalars[max(0, index - 30)...index])).debugDescription
                }
            }
        }
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    private let process: Process
    private let folder: URL

    /// Starts `command`, found along `PATH`, which is ended after `limit` seconds.
    init(_ command: [String], environment: [String: String] = [:], in directory: URL? = nil, limit: Int = 60) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("program-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "-k", "5", String(limit)] + command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try Self.file(folder.appendingPathComponent("output"))
        process.standardError = try Self.file(folder.appendingPathComponent("errors"))
        try process.run()
    }

    private static func file(_ url: URL) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else { throw Missing(description: "cannot write \(url.path)") }
        return try FileHandle(forWritingTo: url)
    }

    var isRunning: Bool { process.isRunning }

    /// What it has printed so far.
    var printed: String { (try? String(contentsOf: folder.appendingPathComponent("output"), encoding: .utf8)) ?? "" }

    /// Waits for its end.
    func finish() throws -> Finished {
        process.waitUntilExit()
        defer { try? FileManager.default.removeItem(at: folder) }
        let bytes = { (name: String) in Array(try Data(contentsOf: self.folder.appendingPathComponent(name))) }
        return Finished(status: process.terminationStatus, output: try bytes("output"), errors: try bytes("errors"))
    }
}

/// The program under test.
enum Celeriac {
    static let path = ProcessInfo.processInfo.environment["CELERIAC_BIN"] ?? packageFolder.appendingPathComponent(".build/debug/celeriac").path

    /// Starts it with an environment that says nothing about brokers and files of the user.
    static func start(_ arguments: [String], environment: [String: String] = [:], limit: Int = 60) throws -> Program {
        let unset = ["CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "CELERIAC_SCHEDULER"].flatMap { ["-u", $0] }
        return try Program(["env"] + unset + [path] + arguments, environment: ["XDG_CONFIG_HOME": "/nonexistent", "LANG": "C.UTF-8"].merging(environment) { $1 }, limit: limit)
    }

    static func run(_ arguments: String..., limit: Int = 60) throws -> Program.Finished {
        try start(arguments, limit: limit).finish()
    }
}

let packageFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Asks until `claim` holds; `false` when it did not within `seconds`. Every question should cost a process or a round trip: there is no pause in between.
func eventually(within seconds: Double = 20, _ claim: () throws -> Bool) rethrows -> Bool {
    let clock = ContinuousClock(), deadline = clock.now + .seconds(seconds)
    while true {
        if try claim() { return true }
        if clock.now >= deadline { return false }
    }
}

extension Value {
    /// Of an object, in order; empty when this is none.
    var members: [(key: String, value: Value)] { object.map { Array($0) } ?? [] }
    var names: [String] { members.map(\.key) }

    /// Objects as lists of members, sorted by name, at every depth: two that differ only in order become equal.
    var sorted: Value {
        switch self {
        case .array(let items): .array(items.map(\.sorted))
        case .object: .array(members.sorted { $0.key < $1.key }.map { [.string($0.key), $0.value.sorted] })
        default: self
        }
    }
}
