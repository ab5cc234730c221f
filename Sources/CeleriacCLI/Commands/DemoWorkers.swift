import CeleriacBroker
import Foundation
import Synchronization

/// Processes of this executable that end with this one, even when it is killed: each holds a socket whose other end is here, and ends when that closes.
final class DemoWorkers: Sendable {
    private struct Started {
        let process: pid_t
        /// Closed to end it.
        let lifeline: Int32
    }

    private let started = Mutex<[Started]>([])

    /// - Throws: `Failure` when the system refuses.
    func start(_ arguments: [String], log: String) throws {
        var ends: [Int32] = [-1, -1]
        // Close-on-exec: the next process must not hold this one's lifeline.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw Failure(.failed, "no socket: \(String(cString: strerror(errno)))") }
        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
            close(ends[0])
        }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var all = sigset_t(), none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        // A group of its own: the keys of the terminal are the dashboard's.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        var words: [UnsafeMutablePointer<CChar>?] = ([CommandLine.arguments[0]] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let refused = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, &words, environ)
        guard refused == 0 else {
            close(ends[1])
            throw Failure(.failed, "a process of the demo could not be started: \(String(cString: strerror(refused)))")
        }
        started.withLock { $0.append(Started(process: process, lifeline: ends[1])) }
    }

    /// Returns when all have ended; kills what has not after three seconds.
    func end() {
        let all = started.withLock { started in
            defer { started = [] }
            return started
        }
        for worker in all { close(worker.lifeline) }
        let deadline = ContinuousClock.now + .seconds(3)
        for worker in all {
            while waitpid(worker.process, nil, WNOHANG) == 0 {
                if ContinuousClock.now >= deadline { kill(worker.process, SIGKILL) }
                usleep(5_000)
            }
        }
    }
}
