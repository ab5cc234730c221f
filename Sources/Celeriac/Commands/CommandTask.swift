import CeleriacCore
import Glibc
import OrderedCollections

/// A task whose body is another program, in whatever language.
///
/// The program reads one line of JSON from standard input, `{"id": …, "name": …, "args": […], "kwargs": {…}, "retries": …}`, and then the end. What it
/// prints is the result: JSON, else text. It exits with 0 for success, 75 (`EX_TEMPFAIL`) to be run again later, 76 to be rejected; anything else
/// fails the task, with the end of standard error as its traceback. No shell is in between.
///
/// The program leads a process group of its own. At the soft limit, and when the task is terminated, the group gets SIGTERM, two seconds later SIGKILL.
public struct CommandTask: Hashable, Sendable {
    public var name: String
    /// The program, found along `PATH` unless it is a path, and its arguments.
    public var command: [String]
    /// Added to the worker's own.
    public var environment: [String: String]
    public var options: TaskOptions
    /// Bytes of standard output that are kept; the rest is read and dropped, and the result is then text that says so.
    public var outputLimit = 8 << 20

    public init(_ name: String, command: [String], environment: [String: String] = [:], options: TaskOptions = TaskOptions()) {
        self.name = name
        self.command = command
        self.environment = environment
        self.options = options
    }

    /// To be registered with an `App`.
    public var definition: TaskDefinition {
        TaskDefinition(name: name, options: options) { [self] args, kwargs, context in try await run(args, kwargs, context) }
    }

    private func run(_ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ context: TaskContext) async throws -> Value {
        let call: Value = [
            "id": .string(context.id.rawValue), "name": .string(name), "args": .array(args), "kwargs": .object(kwargs), "retries": .integer(context.retries),
        ]
        let run = try await CommandRun(command, environment: environment, input: JSON.encode(call) + [UInt8(ascii: "\n")], outputLimit: outputLimit)
        switch run.status {
        case .exited(0): return run.result
        case .exited(EX_TEMPFAIL): try context.retry(because: CommandFailure(command, run))
        case .exited(Self.rejection): try context.reject(run.lastWords ?? "\(command[0]) rejected it", requeue: false)
        default: throw CommandFailure(command, run)
        }
    }

    /// One above `EX_TEMPFAIL`, as `EX_PROTOCOL`: the program says that this call is none of its.
    private static let rejection: Int32 = 76
}

/// Why a command task failed.
struct CommandFailure: CeleryError, Hashable {
    /// In words, with the program's name.
    let cause: String
    /// The end of what it wrote to standard error.
    let traceback: String?
    /// Starting it again is of no use when it is not there.
    var isRetryable = true

    var stored: StoredException { StoredException(type: "CommandError", module: "celeriac", arguments: [.string(cause)]) }

    init(_ command: [String], _ run: CommandRun) {
        let end =
            switch run.status {
            case .exited(let code): "exit status \(code)"
            case .signalled(let number): "ended by signal \(number) (\(SignalName.of(number)))"
            case .unknown: "ended unseen"
            }
        cause = "\(command.first ?? ""): \(end)\(run.lastWords.map { ": \($0)" } ?? "")"
        traceback = run.errors.isEmpty ? nil : String(decoding: run.errors, as: UTF8.self)
    }

    init(notStarted command: [String], because reason: String) {
        cause = "\(command.first ?? "") could not be started: \(reason)"
        traceback = nil
        isRetryable = false
    }
}
