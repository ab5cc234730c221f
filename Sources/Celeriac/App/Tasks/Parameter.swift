import CeleriacCore

/// A parameter of a task, as callers know it: `"order"`, or `.optional("currency", default: "EUR")`.
///
/// Its name is what a Python caller writes as a keyword.
public struct Parameter: Sendable, ExpressibleByStringLiteral {
    public var name: String
    /// What stands in when a call leaves it out; `nil`: it may not be left out.
    var fallback: Result<Value, ArgumentError>?

    public init(_ name: String) { self.name = name }
    public init(stringLiteral name: String) { self.name = name }

    /// A parameter that a call may leave out. A default that cannot be encoded fails the registration of the task.
    public static func optional(_ name: String, default fallback: some Encodable) -> Parameter {
        var parameter = Parameter(name)
        parameter.fallback = ArgumentError.encoding("default of \"\(name)\"", fallback)
        return parameter
    }

    /// A parameter that is null, `nil` in an `Optional`, when a call leaves it out.
    public static func optional(_ name: String) -> Parameter {
        var parameter = Parameter(name)
        parameter.fallback = .success(.null)
        return parameter
    }
}

/// Why a task could not be registered or called with what was given.
public struct ArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// In words; quotes names, never the arguments themselves.
    public let description: String

    init(_ description: String) { self.description = description }

    /// - Parameter place: what the value is, for the error: `argument 2 of shop.add`.
    static func encoding(_ place: String, _ value: some Encodable) -> Result<Value, ArgumentError> {
        do { return .success(try ValueEncoder().encode(value)) } catch {
            return .failure(ArgumentError("the \(place), of type \(type(of: value)), cannot be encoded: \(error)"))
        }
    }
}
