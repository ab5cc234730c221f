public import Dashboard

/// What the terminal tells.
public enum Input: Hashable, Sendable {
    case key(Key)
    /// In cells.
    case resized(rows: Int, columns: Int)
    /// The other side is gone (end of input, or SIGHUP); nothing more comes.
    case hangup
    /// SIGTERM: leave in good order. A second one before this is read ends the process.
    case terminate
}
