public import Glibc

/// A program on a terminal of its own, as its user sees it: typed into, resized, looked at.
///
/// Used by one test at a time; the program's output is read while something is waited for. The program ends with this value.
public final class PseudoTerminal {
    public private(set) var screen: ScreenModel
    /// All that the program sent.
    public private(set) var output: [UInt8] = []
    private let child: Child
    private var master: Int32
    public var processID: pid_t { child.id }
    /// As `waitpid` told it; `nil` while the program runs.
    public var status: Int32? { child.status }

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Starts `program` (a path) in a session of its own, whose controlling terminal this is.
    /// `environment` is added to a small one: PATH, HOME, TERM=xterm-256color, LANG=C.UTF-8.
    public init(_ program: String, _ arguments: [String] = [], environment: [String: String] = [:], rows: Int = 24, columns: Int = 80) throws {
        screen = ScreenModel(rows: rows, columns: columns)
        // What posix_openpt, unlockpt and ptsname do on Linux (pts(4)); the module of the C library does not show them.
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var unlocked: Int32 = 0, number: UInt32 = 0
        let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)  // TIOCSPTLCK, TIOCGPTN
        guard master >= 0, ioctl(master, setLock, &unlocked) == 0, ioctl(master, getNumber, &number) == 0 else {
            throw Failure(description: "no pseudo-terminal: errno \(errno)")
        }
        let path = "/dev/pts/\(number)"
        // Held until the program has it: with no slave open, the master reads as hung up.
        let slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        defer { close(slave) }
        PseudoTerminal.setSize(master, rows, columns)

        var variables = ["TERM": "xterm-256color", "LANG": "C.UTF-8"]
        for inherited in ["PATH", "HOME", "TMPDIR"] { variables[inherited] = getenv(inherited).map { String(cString: $0) } }
        variables.merge(environment) { $1 }
        do {
            child = try Child([program] + arguments, environment: variables, terminal: path)
        } catch {
            close(master)
            throw error
        }
    }

    deinit {
        child.stop()
        if master >= 0 { close(master) }
    }

    // MARK: What the user does

    /// Sends characters as typed; `keys` of `Typed` are such characters too.
    public func type(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
            guard sent > 0 else { return }
            bytes = bytes.dropFirst(sent)
        }
    }

    public func resize(rows: Int, columns: Int) {
        screen.resize(rows: rows, columns: columns)
        PseudoTerminal.setSize(master, rows, columns)
    }

    public func signal(_ number: Int32) { child.signal(number) }

    /// Takes the terminal away, as a lost connection does.
    public func hangUp() {
        close(master)
        master = -1
    }

    // MARK: What the user sees

    /// Whether the screen shows `text`, in one row, before the deadline.
    public func wait(for text: String, within limit: Duration = .seconds(10)) -> Bool {
        wait(within: limit) { $0.text.contains(text) }
    }

    /// Reads until `condition` holds, or the deadline; once more when the program has ended.
    public func wait(within limit: Duration = .seconds(10), until condition: (ScreenModel) -> Bool) -> Bool {
        let deadline = ContinuousClock.now + limit
        while !condition(screen) {
            guard master >= 0, read(until: deadline) else { return condition(screen) }
        }
        return true
    }

    /// The exit status, or 128 + the signal's number, as shells have it; `nil` when the program still runs at the deadline.
    public func waitForEnd(within limit: Duration = .seconds(10)) -> Int? {
        let deadline = ContinuousClock.now + limit
        while child.isRunning {
            if ContinuousClock.now >= deadline { return nil }
            // Nothing to read means nothing to wake us: a short nap between two looks at the process.
            if master < 0 || !read(until: min(deadline, .now + .milliseconds(20))) { usleep(5_000) }
        }
        while master >= 0, read(until: .now) {}
        return child.code.map(Int.init)
    }

    /// Whether the terminal is as a shell wants it: it echoes, edits lines, and turns Ctrl-c into a signal.
    public var isCooked: Bool {
        var modes = termios()
        guard tcgetattr(master, &modes) == 0 else { return false }
        let wanted = tcflag_t(ECHO | ICANON | ISIG)
        return modes.c_lflag & wanted == wanted && modes.c_oflag & tcflag_t(OPOST) != 0
    }

    /// False at the deadline, or when there is nothing left to read.
    private func read(until deadline: ContinuousClock.Instant) -> Bool {
        let left = max(.zero, deadline - .now)
        var poller = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000)
        guard poll(&poller, 1, milliseconds) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(master, &buffer, buffer.count)
        guard count > 0 else { return false }
        output += buffer[..<count]
        screen.feed(buffer[..<count])
        return true
    }

    private static func setSize(_ descriptor: Int32, _ rows: Int, _ columns: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }
}

/// What the keys of an xterm send.
public enum Typed {
    public static let enter = "\r", escape = "\u{1B}", tab = "\t", backTab = "\u{1B}[Z", backspace = "\u{7F}"
    public static let up = "\u{1B}OA", down = "\u{1B}OB", right = "\u{1B}OC", left = "\u{1B}OD", home = "\u{1B}OH", end = "\u{1B}OF"
    public static let insert = "\u{1B}[2~", delete = "\u{1B}[3~", pageUp = "\u{1B}[5~", pageDown = "\u{1B}[6~"

    public static func function(_ number: Int) -> String {
        let codes = [15, 17, 18, 19, 20, 21, 23, 24]
        return number <= 4 ? "\u{1B}O" + ["P", "Q", "R", "S"][number - 1] : "\u{1B}[\(codes[number - 5])~"
    }

    public static func control(_ letter: Character) -> String {
        String(Unicode.Scalar((letter.asciiValue ?? 0x40) & 0x1F))
    }

    /// A press and release of the first button at a cell counted from 0, in the SGR encoding.
    public static func click(row: Int, column: Int) -> String { "\u{1B}[<0;\(column + 1);\(row + 1)M\u{1B}[<0;\(column + 1);\(row + 1)m" }
    public static func wheel(down: Bool, row: Int, column: Int) -> String { "\u{1B}[<\(down ? 65 : 64);\(column + 1);\(row + 1)M" }
}
