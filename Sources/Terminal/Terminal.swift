import CTerminal
public import Dashboard
import Dispatch
import Glibc

/// Shows grids on the terminal of standard input and output, and tells what is typed there.
///
/// One a process. It is given back on every end but SIGKILL: by `close`, by a signal, by a fault.
/// While it is open nothing else may write to standard output or error.
@MainActor
public final class Terminal {
    public struct Options: Hashable, Sendable {
        /// Without it the terminal's own selection works as usual.
        public var mouse: Bool

        public init(mouse: Bool = true) { self.mouse = mouse }
    }

    /// A new one repaints everything with the next grid.
    public var theme: Theme {
        didSet { shown = nil }
    }
    /// Grids are made of these; with the ASCII ones whatever else a grid holds is replaced.
    public let glyphs: Glyphs
    /// In cells.
    public private(set) var size = (rows: 24, columns: 80)
    /// 0 in monochrome; known once open.
    public private(set) var colors = 0
    /// Keys, resizes and the end, in order. To be read by one task.
    public let inputs: AsyncStream<Input>

    private let options: Options
    private let sink: AsyncStream<Input>.Continuation
    private var decoder = InputDecoder()
    private var keyboard: (any DispatchSourceRead)?
    private var signals: (any DispatchSourceRead)?
    private var state = State.closed
    /// What stands on the screen; `nil` when that is not known.
    private var shown: Grid?
    private var title: String?

    private enum State { case closed, open, lent }

    public init(theme: Theme, glyphs: Glyphs = .unicode, options: Options = Options()) {
        self.theme = theme
        self.glyphs = glyphs
        self.options = options
        (inputs, sink) = AsyncStream.makeStream(of: Input.self)
    }

    /// Whether the environment's locale can show more than ASCII; sets the process's character encoding from it.
    public static var drawsUnicode: Bool { ct_locale_is_utf8() }

    /// Takes the terminal. Keys are read on the main queue, which must be running: `main` has to be async, or call `dispatchMain`.
    public func open() throws(TerminalError) {
        guard state == .closed else { return }
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw TerminalError(kind: .notATerminal) }
        guard !term.isEmpty else { throw TerminalError(kind: .unknownTerm("")) }
        let pipe = ct_catch_signals()
        guard pipe >= 0 else { throw TerminalError(kind: .refused(String(cString: strerror(errno)))) }
        let opening = ct_open(options.mouse)
        if opening != CT_OPENED { ct_release_signals() }
        switch opening {
        case CT_OPENED: break
        case CT_UNKNOWN_TERM: throw TerminalError(kind: .unknownTerm(term))
        case CT_NO_CURSOR_MOTION: throw TerminalError(kind: .dumb(term))
        default: throw TerminalError(kind: .refused("curses gave no reason"))
        }
        state = .open
        colors = Int(ct_colors())
        shown = nil
        measure()
        signals = source(pipe) { $0.readSignals(pipe) }
        keyboard = source(STDIN_FILENO) { $0.readKeys() }
    }

    /// Gives the terminal back and ends `inputs`. It cannot be opened again.
    public func close() {
        guard state != .closed else { return }
        // A suspended source must not be let go.
        if state == .lent { keyboard?.resume() }
        keyboard?.cancel()
        signals?.cancel()
        if state == .open, title != nil { send(ControlStrings.restoreTitle) }
        ct_close()
        ct_release_signals()
        state = .closed
        sink.finish()
    }

    /// Writes what differs from the grid shown before. A grid of another size than the terminal's is cut.
    public func show(_ grid: Grid) {
        guard state == .open else { return }
        let grid = glyphs == .ascii ? grid.inASCII() : grid
        let runs = grid.runs(since: shown)
        // Every other row first: curses scrolls a region as soon as three neighbours have moved together, and the sequences for that (SD, SU)
        // are missing in many emulators, which would then keep remains of the screen before.
        for parity in 0...1 {
            for run in runs where run.row < size.rows && run.row % 2 == parity { draw(run, theme: theme, colors: colors) }
            ct_refresh()
        }
        shown = grid
    }

    /// Repaints everything that is shown, whatever the terminal has made of it.
    public func redraw() {
        guard state == .open else { return }
        ct_forget()
        ct_refresh()
    }

    /// Gives the terminal to `body`, an editor for one; keys typed meanwhile are not ours.
    public func lend<Value>(_ body: () async throws -> Value) async rethrows -> Value {
        guard state == .open else { return try await body() }
        leave()
        defer { comeBack() }
        return try await body()
    }

    /// Stops the program as Ctrl-z does in the shell; returns, with the screen painted again, when it goes on.
    public func suspend() {
        switch state {
        case .closed: break
        case .lent: ct_stop()  // who has the terminal has stopped already
        case .open:
            leave()
            ct_stop()
            comeBack()
        }
    }

    /// Asks the terminal to put `text` on the clipboard (OSC 52); whether it did is not told.
    /// - Returns: false when the text is too long for that, or the terminal gone.
    @discardableResult
    public func copy(_ text: String) -> Bool {
        let multiplexer: ControlStrings.Multiplexer? = getenv("TMUX") != nil ? .tmux : getenv("STY") != nil ? .screen : nil
        guard state == .open, let bytes = ControlStrings.copy(text, through: multiplexer) else { return false }
        return send(bytes)
    }

    /// The window's title, until the terminal is given back. Texts of others must have passed the gate.
    public func setTitle(_ title: String) {
        guard state == .open, ControlStrings.takesTitle(term: term) else { return }
        if self.title == nil {
            send(ControlStrings.keepTitle)
            ct_set_farewell(ControlStrings.restoreTitle)
        }
        if self.title != title { send(ControlStrings.title(title)) }
        self.title = title
    }

    private var term: String { getenv("TERM").map { String(cString: $0) } ?? "" }

    @discardableResult
    private func send(_ bytes: String) -> Bool { ct_send(bytes, bytes.utf8.count) }

    private func source(_ descriptor: Int32, _ handler: @escaping @MainActor @Sendable (Terminal) -> Void) -> any DispatchSourceRead {
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .main)
        // The main queue is the main actor's.
        source.setEventHandler { [weak self] in MainActor.assumeIsolated { self.map(handler) } }
        source.resume()
        return source
    }

    private func measure() {
        var rows: Int32 = 0, columns: Int32 = 0
        ct_size(&rows, &columns)
        size = (Int(rows), Int(columns))
    }
}

// MARK: - Input

extension Terminal {
    private func readKeys() {
        guard state == .open else { return }
        var isSilent = true
        while let key = decoder.next(now: .now, { RawInput(ct_next()) }) {
            sink.yield(.key(key))
            isSilent = false
        }
        // Readable, and yet nothing to read: the end.
        if isSilent, ct_lost() { hangUp() }
    }

    private func readSignals(_ pipe: Int32) {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(pipe, &bytes, bytes.count)
        guard count > 0 else { return }
        // Each counts once, however often it came.
        for signal in Set(bytes[..<count].map(Int32.init)).sorted() {
            switch signal {
            case SIGWINCH: resize()
            case SIGCONT: if state == .open { comeBack() }
            case SIGTSTP: suspend()
            // Ctrl-c in an editor that has the terminal is the editor's.
            case SIGINT where state == .lent: break
            case SIGINT: sink.yield(.key(.control("c")))
            case SIGTERM: sink.yield(.terminate)
            case SIGHUP: hangUp()
            default: break
            }
        }
    }

    private func resize() {
        guard state == .open else { return }
        let before = size
        measure()
        guard before != size else { return }
        // What the terminal made of the old picture is its own affair.
        ct_forget()
        shown = nil
        sink.yield(.resized(rows: size.rows, columns: size.columns))
    }

    private func hangUp() {
        keyboard?.cancel()
        sink.yield(.hangup)
        sink.finish()
    }

    private func leave() {
        state = .lent
        keyboard?.suspend()
        if title != nil { send(ControlStrings.restoreTitle) }
        ct_leave()
    }

    private func comeBack() {
        guard state != .closed else { return }
        ct_resume()
        if state == .lent {
            keyboard?.resume()
            if let title { send(ControlStrings.keepTitle + ControlStrings.title(title)) }
        }
        state = .open
        resize()
    }
}
