/// A walk through the keyspace in small steps, begun again every 30 s.
///
/// The server does the same work for each step however many keys match, so a step is kept small, and a full pass may take many looks.
struct KeyScan {
    /// Seconds from the end of a pass to the start of the next.
    static let rest = 30.0

    /// `MATCH …`, `TYPE …`.
    let filter: [String]
    private var cursor: String? = "0"
    private var nextPassAt = 0.0
    /// Passes ended.
    private(set) var passes = 0
    /// What the pass under way, or else the last one, has come across.
    private(set) var found: Set<String> = []
    /// The server's refusal, after which nothing is asked any more.
    private(set) var refusal: String?

    init(_ filter: String...) { self.filter = filter }

    var isComplete: Bool { passes > 0 || refusal != nil }

    /// The next step, when one is due.
    mutating func step(count: Int, now: Double) -> RedisCommand? {
        guard refusal == nil else { return nil }
        if cursor == nil, now >= nextPassAt {
            cursor = "0"
            found = []
        }
        return cursor.map { RedisCommand("SCAN", [$0] + filter + ["COUNT", String(count)]) }
    }

    /// Takes in the reply to a step; returns the keys that it brought.
    mutating func take(_ reply: RESPValue, now: Double) -> [String] {
        if let text = reply.errorText {
            refusal = text
            return []
        }
        guard let parts = reply.items, parts.count == 2, let next = parts[0].text, let names = parts[1].items else {
            refusal = "SCAN told no cursor"
            return []
        }
        let keys = names.compactMap(\.text)
        found.formUnion(keys)
        cursor = next
        if next == "0" {
            cursor = nil
            passes += 1
            nextPassAt = now + Self.rest
        }
        return keys
    }
}
