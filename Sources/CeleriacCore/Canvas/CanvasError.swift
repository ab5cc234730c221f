/// Why a signature cannot be applied.
public struct CanvasError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// A part of it is no signature.
        case notASignature
        /// An execution option, by Celery's name, has a value that cannot be used.
        case badOption(String)
        /// There is nothing in it to be sent.
        case empty
        /// A group was given `link` or `link_error` when it was applied.
        case linkOnGroup
        case chordWithoutBody
        /// The replacement of a task belongs to a chord already.
        case partOfAChord
        /// The task is in no chord that could be added to.
        case notInAChord
        /// Signatures stand too deep inside each other, or a chain is too long.
        case tooLarge
    }

    public var kind: Kind
    /// In words; may quote names from foreign signatures, **not yet made safe to show**.
    public var cause: String

    public init(_ kind: Kind, cause: String) {
        self.kind = kind
        self.cause = cause
    }

    init(_ error: MessageError) { self.init(.notASignature, cause: error.cause) }

    public var description: String {
        if case .badOption(let name) = kind { "the option \"\(name)\" cannot be used: \(cause)" } else { "the signature cannot be applied: \(cause)" }
    }
}
