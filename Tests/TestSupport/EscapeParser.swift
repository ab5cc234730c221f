/// Takes a terminal's input apart: characters, controls, sequences. After the state machine of DEC terminals (vt100.net/emu/dec_ansi_parser).
struct EscapeParser: Sendable {
    enum Event: Sendable {
        case scalar(Unicode.Scalar)
        case control(UInt8)
        /// ESC and one character.
        case escape(Unicode.Scalar)
        /// The set that ESC ( puts in place: "B" for ASCII, "0" for line drawing.
        case charset(Unicode.Scalar)
        /// The private marker ("?", ">", "!", "" for none), numbers with 0 for those left out, and the final character.
        case csi(String, [Int], Unicode.Scalar)
        case osc(String)
    }

    private enum State { case ground, escape, charset, ignored, csi, osc, string, stringEscape }
    private var state = State.ground
    private var collected: [UInt8] = []
    private var isOSC = false
    private var utf8: [UInt8] = []

    mutating func take(_ byte: UInt8) -> Event? {
        switch state {
        case .ground: return ground(byte)
        case .escape: return escape(byte)
        case .charset:
            state = .ground
            return .charset(Unicode.Scalar(byte))
        case .ignored:
            state = .ground
            return nil
        case .csi: return csi(byte)
        case .osc, .string:
            if byte == 0x07 { return endString() }
            if byte == 0x1B { state = .stringEscape } else { collected.append(byte) }
            return nil
        case .stringEscape:
            if byte == UInt8(ascii: "\\") { return endString() }
            collected += [0x1B, byte]
            state = isOSC ? .osc : .string
            return nil
        }
    }

    private mutating func ground(_ byte: UInt8) -> Event? {
        if byte == 0x1B { state = .escape; return nil }
        if byte < 0x20 || byte == 0x7F { return .control(byte) }
        if byte < 0x80 { return .scalar(Unicode.Scalar(byte)) }
        if byte >= 0xC0 { utf8 = [] }
        utf8.append(byte)
        guard let first = utf8.first, utf8.count == (first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2) else { return nil }
        return String(decoding: utf8, as: UTF8.self).unicodeScalars.first.map(Event.scalar)
    }

    private mutating func escape(_ byte: UInt8) -> Event? {
        collected = []
        state = .ground
        switch byte {
        case UInt8(ascii: "["): state = .csi
        case UInt8(ascii: "]"): (state, isOSC) = (.osc, true)
        case UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"): (state, isOSC) = (.string, false)
        case UInt8(ascii: "("): state = .charset
        case UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "#"), UInt8(ascii: " "): state = .ignored
        default: return .escape(Unicode.Scalar(byte))
        }
        return nil
    }

    private mutating func csi(_ byte: UInt8) -> Event? {
        guard (0x40...0x7E).contains(byte) else {
            if byte < 0x20 { return .control(byte) }
            collected.append(byte)
            return nil
        }
        state = .ground
        let marks = Set("?>!<=$\" '".utf8)
        let prefix = String(decoding: collected.filter(marks.contains), as: UTF8.self)
        let numbers = String(decoding: collected.filter { !marks.contains($0) }, as: UTF8.self)
        return .csi(prefix, numbers.isEmpty ? [] : numbers.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 0 }, Unicode.Scalar(byte))
    }

    private mutating func endString() -> Event? {
        state = .ground
        return isOSC ? .osc(String(decoding: collected, as: UTF8.self)) : nil
    }
}
