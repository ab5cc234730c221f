/// A topic exchange's binding key by kombu's rules, which are not AMQP's: `*` is one or more characters without a dot,
/// `#` any text at all, dots and parts of words included (`kombu.transport.virtual.exchange.TopicExchange`).
public struct TopicPattern: Hashable, Sendable {
    public let bindingKey: String
    private let parts: [Part]

    private enum Part: Hashable, Sendable {
        case one(Unicode.Scalar)
        /// Any number of this character: a `*` inside a word reaches kombu's regular expression as it is.
        case many(Unicode.Scalar)
        /// `*` as a word.
        case word
        /// `#` as a word.
        case anything
    }

    public init(_ bindingKey: String) {
        self.bindingKey = bindingKey
        var parts: [Part] = []
        for (index, word) in bindingKey.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false).enumerated() {
            if index > 0 { parts.append(.one(".")) }
            switch String(word) {
            case "*": parts.append(.word)
            case "#": parts.append(.anything)
            default:
                for scalar in word {
                    if scalar == "*", case .one(let repeated)? = parts.last { parts[parts.count - 1] = .many(repeated) } else { parts.append(.one(scalar)) }
                }
            }
        }
        self.parts = parts
    }

    /// Whether a message with this routing key goes to the queue. Time grows with the product of both lengths, whatever the pattern.
    public func matches(_ routingKey: String) -> Bool {
        // Parts that could come next; a part within a repetition stays in.
        var reached = Set(skippable(from: 0))
        for scalar in routingKey.unicodeScalars {
            var next: Set<Int> = []
            for index in reached where index < parts.count {
                switch parts[index] {
                case .one(let expected) where scalar == expected: next.formUnion(skippable(from: index + 1))
                case .many(let expected) where scalar == expected: next.formUnion(skippable(from: index))
                case .word where scalar != ".": next.formUnion([index] + skippable(from: index + 1))
                case .anything where scalar != "\n": next.formUnion(skippable(from: index))
                default: continue
                }
            }
            if next.isEmpty { return false }
            reached = next
        }
        return reached.contains(parts.count)
    }

    /// `index`, and all that follow without taking a character.
    private func skippable(from index: Int) -> [Int] {
        var reached = [index]
        var index = index
        while index < parts.count {
            switch parts[index] {
            case .many, .anything: index += 1
            case .one, .word: return reached
            }
            reached.append(index)
        }
        return reached
    }

    /// The regular expression that kombu stores beside the binding key on Redis.
    public var regularExpression: String {
        let words = bindingKey.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false).map { word in
            switch String(word) {
            case "*": "[^\\.]+"
            case "#": ".*?"
            default: word.map { Self.escaped($0) }.joined()
            }
        }
        return "^" + words.joined(separator: "\\.") + "$"
    }

    /// kombu escapes whatever is neither letter nor digit nor wildcard.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        let properties = scalar.properties
        let isAlphanumeric = properties.isAlphabetic && properties.generalCategory != .nonspacingMark || properties.numericType != nil
        return isAlphanumeric || scalar == "*" || scalar == "#" ? String(scalar) : scalar == "\0" ? "\\000" : "\\" + String(scalar)
    }
}
