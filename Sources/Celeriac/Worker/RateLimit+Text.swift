import CeleriacCore

extension RateLimit {
    /// Reads Celery's notation: `10/m`, `2.5/s`, `100/h`; a bare number is per second.
    ///
    /// `.some(nil)`: no limit (0, an empty text, null). `nil`: no such notation.
    static func reading(_ value: Value) -> RateLimit?? {
        switch value {
        case .null: return .some(nil)
        case .string(""): return .some(nil)
        case .string(let text):
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let number = Double(parts[0].trimming(" \t\n")), number.isFinite else { return nil }
            guard parts.count == 2 else { return limit(number) }
            // Divided step by step, as Celery does it: the last digit depends on it.
            switch parts[1] {
            case "s": return limit(number)
            case "m": return limit(number / 60)
            case "h": return limit(number / 60 / 60)
            default: return nil
            }
        default:
            guard let number = value.double, number.isFinite else { return nil }
            return limit(number)
        }
    }

    private static func limit(_ perSecond: Double) -> RateLimit?? { perSecond > 0 ? .some(RateLimit(perSecond: perSecond)) : .some(nil) }
}

extension Substring {
    fileprivate func trimming(_ characters: String) -> Substring {
        var text = self
        while let first = text.first, characters.contains(first) { text.removeFirst() }
        while let last = text.last, characters.contains(last) { text.removeLast() }
        return text
    }
}
