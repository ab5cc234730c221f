/// The one filter language: `state:failure name:shop.* args~"42" runtime>5s and not worker:web-1`.
public struct Filter: Hashable, Sendable {
    /// As the user typed it.
    public let text: String

    /// - Throws: `FilterError`, with the position and the nearest known field.
    public init(_ text: String) throws(FilterError) {
        self.text = text
    }
}

public struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Offset in characters.
    public var position: Int
    public var message: String
    public init(position: Int, message: String) {
        self.position = position
        self.message = message
    }
    public var description: String { message }
}
