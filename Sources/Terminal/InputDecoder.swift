import Dashboard

/// Makes keys of what curses read: names control characters, recognises sequences that the terminal's entry does not list,
/// swallows those that mean nothing (or their letters would be taken for commands), and tells double clicks.
struct InputDecoder {
    private var pending: [RawInput] = []
    private var lastPress: (row: Int, column: Int, at: ContinuousClock.Instant)?

    /// The longest time between the presses of a double click.
    static let doubleClick = Duration.milliseconds(400)

    /// The next key; `nil` when `read`, which gives what is there already, has nothing more.
    mutating func next(now: ContinuousClock.Instant, _ read: () -> RawInput?) -> Key? {
        while let raw = take(read) {
            switch raw {
            case .ignored: continue
            case .key(let key): return key
            case .scalar(0x1B):
                guard let sequence = sequence(read) else { return .escape }
                switch sequence {
                case .key(.mouse(.click, let row, let column)): return press(row, column, now)
                case .key(let key): return key
                case .meaningless: continue
                }
            case .scalar(let value):
                guard let key = Key(scalar: value) else { continue }
                return key
            }
        }
        return nil
    }

    private mutating func take(_ read: () -> RawInput?) -> RawInput? { pending.isEmpty ? read() : pending.removeFirst() }

    private enum Sequence { case key(Key), meaningless }

    /// What follows an escape; `nil`, with everything read put back, when it is no sequence.
    private mutating func sequence(_ read: () -> RawInput?) -> Sequence? {
        guard let first = take(read) else { return nil }
        guard first == .scalar(UInt32(ascii: "[")) || first == .scalar(UInt32(ascii: "O")) else {
            pending.insert(first, at: 0)
            return nil
        }
        var taken = [first]
        var parameters = ""
        // A sequence comes in one piece: what is not there now was typed by hand.
        while let raw = take(read) {
            taken.append(raw)
            guard case .scalar(let value) = raw, let scalar = Unicode.Scalar(value), scalar.isASCII, taken.count < 32 else { break }
            if (0x20...0x3F).contains(value) {
                parameters.unicodeScalars.append(scalar)
            } else if scalar == "M", parameters.isEmpty {
                return oldMouse(read)
            } else {
                return EscapeSequence.key(parameters: parameters, final: Character(scalar)).map(Sequence.key) ?? .meaningless
            }
        }
        pending.insert(contentsOf: taken, at: 0)
        return nil
    }

    /// The three characters of X10's encoding, from terminals without the newer one.
    private mutating func oldMouse(_ read: () -> RawInput?) -> Sequence {
        var values: [Int] = []
        while values.count < 3, let raw = take(read) {
            guard case .scalar(let value) = raw else { return .meaningless }
            values.append(Int(value))
        }
        guard values.count == 3 else { return .meaningless }
        return EscapeSequence.mouse(button: values[0] - 32, row: values[2] - 33, column: values[1] - 33).map(Sequence.key) ?? .meaningless
    }

    private mutating func press(_ row: Int, _ column: Int, _ now: ContinuousClock.Instant) -> Key {
        if let last = lastPress, last.row == row, last.column == column, now - last.at <= InputDecoder.doubleClick {
            lastPress = nil
            return .mouse(.doubleClick, row: row, column: column)
        }
        lastPress = (row, column, now)
        return .mouse(.click, row: row, column: column)
    }
}

extension UInt32 {
    fileprivate init(ascii scalar: Unicode.Scalar) { self = scalar.value }
}

extension Key {
    /// From what a terminal in raw mode sends for one key; `nil` for what is no character.
    init?(scalar value: UInt32) {
        guard let scalar = Unicode.Scalar(value) else { return nil }
        switch value {
        case 0: self = .control(" ")
        case 8, 0x7F: self = .backspace
        case 9: self = .tab
        case 10, 13: self = .enter
        case 0x1B: self = .escape
        case 1...26: self = .control(Character(Unicode.Scalar(UInt8(value) + 0x60)))
        case 28...31: self = .control(Character(Unicode.Scalar(UInt8(value) + 0x40)))
        case 0x80..<0xA0: return nil
        default: self = .character(Character(scalar))
        }
    }
}
