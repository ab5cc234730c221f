public import OrderedCollections

/// Reads arguments as events show them. Nothing is evaluated, and nothing that was cut is taken.
///
/// - Throws: from each method the reason, in words.
public enum ShownArguments {
    public struct Refusal: Error, Hashable, Sendable {
        public var words: String
    }

    /// - Parameter text: of a tuple or a list.
    public static func positional(_ text: String) throws(Refusal) -> [Value] {
        guard first(text) == UInt8(ascii: "(") || first(text) == UInt8(ascii: "["), case .array(let args) = try read(text) else {
            throw Refusal(words: "the text that the sender showed for args is no tuple and no list")
        }
        return args
    }

    /// - Parameter text: of a dict.
    public static func keyword(_ text: String) throws(Refusal) -> OrderedDictionary<String, Value> {
        guard first(text) == UInt8(ascii: "{"), case .object(let kwargs) = try read(text) else {
            throw Refusal(words: "the text that the sender showed for kwargs is no dict")
        }
        return kwargs
    }

    private static func read(_ text: String) throws(Refusal) -> Value {
        if text.hasSuffix(TaskTexts.cutMark.description) { throw Refusal(words: "the text was too long to be held whole: only its first \(TaskTexts.longest >> 10) KiB are") }
        do throws(PythonLiteralError) { return try PythonLiteral.parse(text, as: .saferepr) } catch { throw Refusal(words: error.description) }
    }

    private static func first(_ text: String) -> UInt8? { text.utf8.first { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\n") } }
}
