/// Commands that go to the server in one write, and a way to find each one's reply again.
struct Pipeline {
    struct Position: Hashable { fileprivate let index: Int }

    private(set) var commands: [RedisCommand] = []

    mutating func add(_ command: RedisCommand) -> Position {
        commands.append(command)
        return Position(index: commands.count - 1)
    }
}

extension Array<RESPValue> {
    /// The reply to the command that was added as `position`; null when there are fewer replies than commands.
    subscript(position: Pipeline.Position) -> RESPValue {
        indices.contains(position.index) ? self[position.index] : .null
    }
}
