import CeleriacCore
import Glibc
import Subprocess
import SystemPackage

/// One run of a program, from its start to its end.
struct CommandRun: Sendable {
    var status: ProcessEnd
    private var output: BoundedOutput
    /// The end of standard error.
    private(set) var errors: [UInt8]

    /// Bytes of standard error that are kept: its end.
    private static let errorLimit = 16 << 10

    /// Starts `command` and waits for its end.
    /// - Throws: `CommandFailure` when it cannot be started; `CancellationError` when the task was cancelled: the program and all of its group are then gone.
    init(_ command: [String], environment: [String: String], input: [UInt8], outputLimit: Int) async throws {
        // A program that does not read its input must not end this one. Ignored for good, as every program that writes to sockets has it.
        signal(SIGPIPE, SIG_IGN)
        guard let program = command.first, !program.isEmpty else { throw CommandFailure(notStarted: command, because: "it has no name") }
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [.send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(2))]
        let configuration = Configuration(
            executable: program.contains("/") ? .path(FilePath(program)) : .name(program), arguments: Arguments(Array(command.dropFirst())),
            environment: .inherit.updating(environment.reduce(into: [:]) { keys, variable in
                if let key = Environment.Key(rawValue: variable.key) { keys[key] = variable.value }
            }),
            platformOptions: options)
        // For the process pool, which ends the group however this process ends.
        let child = PoolChild.current
        var leader: Int32?
        defer { leader.map { child?.ended(group: $0) } }
        do {
            let result = try await Subprocess.run(configuration, input: .inputWriter, output: .sequence, error: .sequence) { execution in
                leader = execution.processIdentifier.value
                child?.began(group: execution.processIdentifier.value)
                async let written: Void = Self.write(input, to: execution.standardInputWriter)
                async let errors = Self.tail(of: execution.standardError, Self.errorLimit)
                let output = await Self.head(of: execution.standardOutput, outputLimit)
                await written
                return (output, await errors)
            }
            (output, errors) = result.closureResult
            switch result.terminationStatus {
            case .exited(let code): status = .exited(code)
            case .signaled(let number): status = .signalled(number)
            }
        } catch let error as SubprocessError {
            // What the group's leader left behind does not outlive the limit.
            leader.map { ProcessSpawn.signalGroup($0, SIGKILL) }
            if Task.isCancelled { throw CancellationError() }
            throw CommandFailure(notStarted: command, because: error.description)
        }
        if Task.isCancelled {
            leader.map { ProcessSpawn.signalGroup($0, SIGKILL) }
            throw CancellationError()
        }
    }

    /// What standard output holds: JSON, else text without its last line break; null when nothing. Text with a note when it was cut.
    var result: Value {
        let text = output.bytes.last == UInt8(ascii: "\n") ? output.bytes.dropLast() : output.bytes[...]
        guard output.dropped == 0 else {
            return .string(String(decoding: output.bytes, as: UTF8.self) + "\n[cut: \(output.dropped) more bytes were printed]")
        }
        if text.isEmpty { return .null }
        return (try? JSON.decode(Array(text))) ?? .string(String(decoding: text, as: UTF8.self))
    }

    /// The last line of standard error that says something.
    var lastWords: String? {
        String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
    }

    /// A program that does not read to the end is not at fault: how it exits is what counts.
    private static func write(_ input: [UInt8], to writer: StandardInputWriter) async {
        _ = try? await writer.write(input)
        try? await writer.finish()
    }

    /// Reads to the end; an error is an end.
    private static func head(of stream: SubprocessOutputSequence, _ limit: Int) async -> BoundedOutput {
        var output = BoundedOutput()
        do {
            for try await piece in stream { piece.withUnsafeBytes { output.append($0, limit: limit) } }
        } catch {}
        return output
    }

    private static func tail(of stream: SubprocessOutputSequence, _ limit: Int) async -> [UInt8] {
        var tail: [UInt8] = []
        do {
            for try await piece in stream {
                piece.withUnsafeBytes { tail.append(contentsOf: $0.suffix(limit)) }
                if tail.count > limit { tail.removeFirst(tail.count - limit) }
            }
        } catch {}
        return tail
    }
}

/// The beginning of an output, and how much more there was.
private struct BoundedOutput: Sendable {
    var bytes: [UInt8] = []
    var dropped = 0

    mutating func append(_ piece: UnsafeRawBufferPointer, limit: Int) {
        let room = max(0, limit - bytes.count)
        bytes.append(contentsOf: piece.prefix(room))
        dropped += piece.count - min(room, piece.count)
    }
}
