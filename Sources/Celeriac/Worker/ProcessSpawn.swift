import Glibc

/// How a process of the pool is started and ended.
///
/// By `posix_spawn` and not by swift-subprocess, which offers a process its three streams only: those belong to the tasks, which may print; the pool
/// talks over a descriptor beside them. Nor does it need a scope around the life of a process, or output that is gathered.
enum ProcessSpawn {
    /// The variable that tells a process what it is.
    static let variable = "CELERIAC_POOL_CHILD"
    /// Where a process finds its end of the link.
    static let descriptor: Int32 = 3

    /// What is started: this executable once more, with the same arguments.
    struct Program: Hashable, Sendable {
        /// Not the path that it stands for: the file may have been replaced by another version since.
        var path = "/proc/self/exe"
        var arguments = CommandLine.arguments
    }

    /// Starts `program`, as the leader of a process group, with no signal blocked or ignored.
    ///
    /// The group keeps the keys of a terminal (Ctrl-c, Ctrl-\) away from it, and lets what it started end with it. `PR_SET_PDEATHSIG` is not used:
    /// it fires when the *thread* that started the process ends, and threads come and go here; the process sees the end of its link instead.
    /// - Returns: its id, or why there is none.
    static func start(_ program: Program, link other: Int32) -> Result<Int32, SpawnError> {
        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, other, descriptor)
        for open in openDescriptors() where open > descriptor { posix_spawn_file_actions_addclose(&actions, open) }
        var all = sigset_t(), none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var arguments: [UnsafeMutablePointer<CChar>?] = program.arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment().map { strdup($0) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process: pid_t = 0
        let refused = posix_spawn(&process, program.path, &actions, &attributes, &arguments, &variables)
        return refused == 0 ? .success(process) : .failure(SpawnError(description: String(cString: strerror(refused))))
    }

    /// All variables of this process, and the one that says what the new one is.
    private static func environment() -> [String] {
        var variables: [String] = []
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if !text.hasPrefix(variable + "=") { variables.append(text) }
            next += 1
        }
        return variables + [variable + "=1"]
    }

    /// Descriptors open now. What is opened between this look and the start must be close-on-exec, as all of ours is.
    private static func openDescriptors() -> [Int32] {
        guard let folder = opendir("/proc/self/fd") else { return [] }
        defer { closedir(folder) }
        var found: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if let number = Int32(name) { found.append(number) }
        }
        return found
    }

    /// A signal to a process and all of its group; one that is gone is no error.
    static func signalGroup(_ process: Int32, _ signal: Int32) { kill(-process, signal) }

    /// Waits until `process` has ended, and leaves it there to be reaped: its number is not given to another one yet. Blocks the thread.
    static func waitForEnd(of process: Int32) {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, Int32(WEXITED) | 0x0100_0000) != 0, errno == EINTR {}  // WNOWAIT
    }

    /// Removes an ended process from the system's table; how it ended, as Celery words it.
    static func reap(_ process: Int32) -> ProcessEnd {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            // Somebody else reaped it, as `waitpid(-1)` in the program around us would.
            guard errno == EINTR else { return .unknown }
        }
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
    }

    /// Kilobytes of memory that a process holds, from `/proc/PID/statm`; `nil` when it is gone.
    static func residentKilobytes(of process: Int32) -> Int? {
        let file = open("/proc/\(process)/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let words = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return words.count > 1 ? Int(words[1]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) / 1024 } : nil
    }
}

struct SpawnError: Error, CustomStringConvertible {
    let description: String
}

/// How a process ended.
enum ProcessEnd: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)
    case unknown

    /// In billiard's words, which people search for.
    var description: String {
        switch self {
        case .exited(let code): "Worker exited prematurely: exitcode \(code)"
        case .signalled(let number): "Worker exited prematurely: signal \(number) (\(SignalName.of(number)))"
        case .unknown: "Worker exited prematurely"
        }
    }
}

enum SignalName {
    private static let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP", SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE",
        SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1", SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
        SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
    ]

    static func of(_ number: Int32) -> String { names[number] ?? "SIG\(number)" }
}
