/// A shell pattern as Python's `fnmatch` reads it: `*`, `?`, `[abc]`, `[!a-z]`; it has to match the whole text.
struct GlobPattern: Sendable {
    private enum Part {
        case any, one
        case scalar(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    private let parts: [Part]

    init(_ pattern: String) {
        let scalars = Array(pattern.unicodeScalars)
        var parts: [Part] = []
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case "*": parts.append(.any)
            case "?": parts.append(.one)
            case "[":
                // A bracket right after the opening one, or after `!`, belongs to the set.
                let isNegated = index + 1 < scalars.count && scalars[index + 1] == "!"
                let start = index + (isNegated ? 2 : 1)
                guard start < scalars.count, let end = scalars[(start + 1)...].firstIndex(of: "]") else {
                    parts.append(.scalar("["))
                    break
                }
                parts.append(.set(Self.ranges(scalars[start..<end]), isNegated: isNegated))
                index = end
            default: parts.append(.scalar(scalars[index]))
            }
            index += 1
        }
        self.parts = parts
    }

    private static func ranges(_ set: ArraySlice<Unicode.Scalar>) -> [ClosedRange<Unicode.Scalar>] {
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        var rest = set
        while let first = rest.popFirst() {
            if rest.first == "-", let last = rest.dropFirst().first {
                rest = rest.dropFirst(2)
                if first <= last { ranges.append(first...last) }
            } else {
                ranges.append(first...first)
            }
        }
        return ranges
    }

    /// Time grows with the product of both lengths, whatever the pattern.
    func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        // Where to go on when what follows the last `*` does not fit: one character further.
        var position = 0, part = 0
        var retry: (part: Int, position: Int)?
        while position < scalars.count {
            if part < parts.count {
                if case .any = parts[part] {
                    retry = (part + 1, position)
                    part += 1
                    continue
                }
                if Self.fits(parts[part], scalars[position]) {
                    part += 1
                    position += 1
                    continue
                }
            }
            guard let (restart, from) = retry else { return false }
            retry = (restart, from + 1)
            part = restart
            position = from + 1
        }
        return parts[part...].allSatisfy { if case .any = $0 { true } else { false } }
    }

    private static func fits(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .any, .one: true
        case .scalar(let expected): scalar == expected
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
        }
    }
}
