public import CeleriacCore

/// An error that says itself what Celery is to make of it. Any other error is stored under its type's name, module `swift`, with its description as
/// the one argument, and is worth a retry.
public protocol CeleryError: Error {
    /// What callers, Python ones among them, get to see. With the module and type of an exception class that Python knows, they can catch that.
    var stored: StoredException { get }
    /// Whether automatic retries are of use.
    var isRetryable: Bool { get }
    /// Where it came from, in whatever form the other side writes that; the exception's text when `nil`.
    var traceback: String? { get }
}

extension CeleryError {
    public var isRetryable: Bool { true }
    public var traceback: String? { nil }
}

/// Can itself be thrown by a task: to raise, in a Python caller, an exception of a class of its own.
extension StoredException: CeleryError {
    public var stored: StoredException { self }
}

/// As Celery's own classes, where it has one for the mistake.
extension CanvasError: CeleryError {
    public var stored: StoredException {
        switch kind {
        case .empty, .partOfAChord: StoredException(type: "ImproperlyConfigured", module: "celery.exceptions", arguments: [.string(cause)])
        case .notInAChord: StoredException(type: "ValueError", module: "builtins", arguments: [.string(cause)])
        default: StoredException(type: "CanvasError", module: "swift", arguments: [.string(description)])
        }
    }
    public var isRetryable: Bool { false }
}

extension StoredException {
    /// Of any error that a task threw.
    init(_ error: any Error) {
        switch error {
        case let error as any CeleryError: self = error.stored
        // What a task that it waited for was stored with goes on as it was.
        case let error as TaskError: self = error.exception
        default: self.init(type: Self.name(of: error), module: "swift", arguments: [.string(String(describing: error))])
        }
    }

    /// The type's name with the types around it, without its module.
    private static func name(of error: any Error) -> String {
        let qualified = String(reflecting: Swift.type(of: error))
        // Types inside functions have `(unknown context at …)` in their names.
        guard !qualified.contains("("), let dot = qualified.firstIndex(of: ".") else { return String(describing: Swift.type(of: error)) }
        return String(qualified[qualified.index(after: dot)...])
    }

    static let softTimeLimit = StoredException(type: "SoftTimeLimitExceeded", module: "billiard.exceptions", arguments: [])
}
