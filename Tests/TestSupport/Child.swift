import Foundation
public import Glibc
import Synchronization

/// A process that was started by this one, with no signal blocked: threads of the concurrency runtime block nearly all, and a new process
/// inherits that, so that a worker could not end the processes of its pool.
///
/// Output goes to files, and nothing of it is a pipe that somebody reads to its end: a crash here leaves no reader waiting for processes that
/// are still there. Foundation's `Process` and `FileHandle.readabilityHandler` have crashed inside libdispatch when many start and end at once.
public final class Child: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let id: pid_t
    /// As `waitpid` told it.
    private let end = Mutex<Int32?>(nil)

    /// - Parameters:
    ///   - command: a program, found along `PATH` unless it is a path, and its arguments.
    ///   - environment: all of it; `nil` for that of this process.
    ///   - terminal: the path of a terminal for its three streams, which becomes its controlling one in a session of its own.
    public init(
        _ command: [String], environment: [String: String]? = nil, in directory: String? = nil, input: String = "/dev/null",
        output: String = "/dev/null", errors: String? = nil, terminal: String? = nil
    ) throws {
        let command = (directory.map { ["env", "-C", $0] } ?? []) + command
        guard let name = command.first, let program = Self.path(of: name) else { throw Failure(description: "\(command.first ?? "") is not installed") }
        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        let writing = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, terminal ?? input, terminal == nil ? O_RDONLY : O_RDWR, 0)
        if terminal != nil { posix_spawn_file_actions_adddup2(&actions, 0, 1) } else { posix_spawn_file_actions_addopen(&actions, 1, output, writing, 0o600) }
        if let errors { posix_spawn_file_actions_addopen(&actions, 2, errors, writing, 0o600) } else { posix_spawn_file_actions_adddup2(&actions, 1, 2) }
        var all = sigset_t(), none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        let newSession: Int32 = terminal == nil ? 0 : 0x80  // POSIX_SPAWN_SETSID, which <spawn.h> shows to GNU sources only
        posix_spawnattr_setflags(&attributes, Int16(newSession | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)))

        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = (environment ?? ProcessInfo.processInfo.environment).map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var child: pid_t = 0
        let refused = posix_spawn(&child, program, &actions, &attributes, &arguments, &variables)
        id = child
        guard refused == 0 else { throw Failure(description: "\(program) cannot be started: \(String(cString: strerror(refused)))") }
    }

    deinit { stop() }

    /// As `waitpid` tells it; `nil` while the process runs.
    public var status: Int32? {
        end.withLock { end in
            var told: Int32 = 0
            if end == nil, waitpid(id, &told, WNOHANG) == id { end = told }
            return end
        }
    }

    public var isRunning: Bool { status == nil }

    /// The exit status, or 128 + the signal's number, as shells have it; `nil` while it runs.
    public var code: Int32? { status.map { $0 & 0x7F == 0 ? $0 >> 8 & 0xFF : 128 + ($0 & 0x7F) } }

    /// Waits for its end; blocks the thread.
    public func wait() -> Int32 {
        while true {
            if let code { return code }
            usleep(2_000)
        }
    }

    public func signal(_ number: Int32) {
        if isRunning { kill(id, number) }
    }

    /// Ends the process at once, without a farewell.
    public func stop() {
        signal(SIGKILL)
        _ = wait()
    }

    static func path(of name: String) -> String? {
        guard !name.contains("/") else { return name }
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
