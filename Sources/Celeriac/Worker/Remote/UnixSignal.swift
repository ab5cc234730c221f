import CeleriacCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Signals by the names that remote control uses.
enum UnixSignal {
    static let terminate = SIGTERM

    private static let names: [String: Int32] = [
        "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ABRT": SIGABRT, "KILL": SIGKILL, "USR1": SIGUSR1, "USR2": SIGUSR2, "TERM": SIGTERM, "ALRM": SIGALRM,
        "STOP": SIGSTOP, "CONT": SIGCONT, "PIPE": SIGPIPE,
    ]

    /// `SIGTERM`, `TERM`, `15`; `nil` when there is no such signal.
    static func number(_ value: Value) -> Int32? {
        if let number = value.integer { return 1...64 ~= number ? Int32(number) : nil }
        guard let text = value.string?.uppercased() else { return nil }
        return names[text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text]
    }
}
