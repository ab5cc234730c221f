/// Where the tables of a TOML document stand, so that one of them can be replaced and all else kept byte for byte.
///
/// The text has been read as TOML before: what is none gives no sections or wrong ones, but never a fault.
struct TOMLSections {
    struct Section {
        /// `[entries."a b".kwargs]` is `entries`, `a b`, `kwargs`.
        let path: [String]
        /// From the header to the end of the last line that is neither blank nor a comment: what follows those belongs to the next table.
        let range: Range<Int>
    }

    let bytes: [UInt8]
    private(set) var sections: [Section] = []

    init(_ text: String) {
        bytes = Array(text.utf8)
        var position = 0
        var open: (path: [String], start: Int, end: Int)?
        while position < bytes.count {
            let start = position
            let first = firstOfLine(position)
            let isHeader = first < bytes.count && bytes[first] == UInt8(ascii: "[")
            position = isHeader ? lineEnd(first) : statementEnd(first)
            if isHeader {
                if let open { sections.append(Section(path: open.path, range: open.start..<open.end)) }
                open = (header(first), start, position)
            } else if first < bytes.count, bytes[first] != UInt8(ascii: "#"), bytes[first] != UInt8(ascii: "\n"), bytes[first] != UInt8(ascii: "\r") {
                open?.end = position
            }
        }
        if let open { sections.append(Section(path: open.path, range: open.start..<open.end)) }
    }

    /// The sections of the table at `path` and of those inside it, in order.
    func all(below path: [String]) -> [Section] { sections.filter { $0.path.starts(with: path) } }

    /// The text of some sections, one after the other.
    func text(_ sections: [Section]) -> String { sections.map { String(decoding: bytes[$0.range], as: UTF8.self) }.joined() }

    /// The document with `block`, which ends with a line feed, in the place of the first of `sections`, and without the others.
    func replacing(_ sections: [Section], with block: String) -> String {
        var output: [UInt8] = []
        var position = 0
        for (index, section) in sections.enumerated() {
            output += bytes[position..<section.range.lowerBound]
            if index == 0 { output += block.utf8 }
            position = section.range.upperBound
        }
        output += bytes[position...]
        return String(decoding: output, as: UTF8.self)
    }

    func appending(_ block: String) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return text + (bytes.isEmpty ? "" : bytes.last == UInt8(ascii: "\n") ? "\n" : "\n\n") + block
    }

    // MARK: - Scanning

    private func firstOfLine(_ start: Int) -> Int {
        var position = start
        while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\t") { position += 1 }
        return position
    }

    /// Behind the line feed.
    private func lineEnd(_ start: Int) -> Int { bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count }

    /// Behind the line feed that ends a key and its value, which may have many lines.
    private func statementEnd(_ start: Int) -> Int {
        var position = start
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "#"): position = lineEnd(position) - (bytes.last == UInt8(ascii: "\n") || lineEnd(position) < bytes.count ? 1 : 0)
            case UInt8(ascii: "\""), UInt8(ascii: "'"): position = stringEnd(position)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                position += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                position += 1
            case UInt8(ascii: "\n"):
                position += 1
                if depth <= 0 { return position }
            default: position += 1
            }
        }
        return position
    }

    /// Behind the closing quote, or quotes.
    private func stringEnd(_ start: Int) -> Int {
        let quote = bytes[start], escapes = quote == UInt8(ascii: "\"")
        func quotes(_ position: Int) -> Int { bytes[position...].prefix { $0 == quote }.count }
        let opening = quotes(start)
        if opening == 2 { return start + 2 }
        let isLong = opening >= 3
        var position = start + (isLong ? 3 : 1)
        while position < bytes.count {
            if escapes, bytes[position] == UInt8(ascii: "\\") {
                position += 2
            } else if bytes[position] == quote {
                if !isLong { return position + 1 }
                // Two more may stand before the closing three.
                let count = quotes(position)
                if count >= 3 { return position + min(count, 5) }
                position += count
            } else if !isLong, bytes[position] == UInt8(ascii: "\n") {
                return position
            } else {
                position += 1
            }
        }
        return min(position, bytes.count)
    }

    /// The names in a header, `start` being its first bracket.
    private func header(_ start: Int) -> [String] {
        var path: [String] = []
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "["), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "."): position += 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                let end = stringEnd(position)
                let inner = bytes[min(position + 1, end)..<max(min(position + 1, end), end - 1)]
                path.append(bytes[position] == UInt8(ascii: "'") ? String(decoding: inner, as: UTF8.self) : unescaped(inner))
                position = end
            case UInt8(ascii: "]"), UInt8(ascii: "\n"), UInt8(ascii: "#"): return path
            default:
                let end = bytes[position...].firstIndex { "]. \t\n\"'#".utf8.contains($0) } ?? bytes.count
                path.append(String(decoding: bytes[position..<end], as: UTF8.self))
                position = end
            }
        }
        return path
    }

    private func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
        var output = String.UnicodeScalarView()
        var scalars = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "\\", let escape = scalars.popFirst() else {
                output.append(scalar)
                continue
            }
            switch escape {
            case "b": output.append("\u{8}")
            case "t": output.append("\t")
            case "n": output.append("\n")
            case "f": output.append("\u{C}")
            case "r": output.append("\r")
            case "e": output.append("\u{1B}")
            case "u", "U":
                let digits = scalars.prefix(escape == "u" ? 4 : 8)
                scalars = scalars.dropFirst(digits.count)
                output.append(UInt32(String(digits), radix: 16).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}")
            default: output.append(escape)
            }
        }
        return String(output)
    }
}
