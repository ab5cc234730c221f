/// What is remembered of one list of messages from look to look, to tell how many came in and since when the oldest has been waiting.
///
/// Messages come in at the head (position 0) and leave at the tail. The position of the message that was newest last time is the number that came since.
struct ListWatch {
    /// Longer messages are not sent to the server again, to be searched for.
    static let sizeLimit = 16 << 10
    /// Messages searched through, from the head.
    static let searchLimit = 5000
    private static let marks = 128

    private(set) var length = 0
    /// What was at the head last time; `nil` when the list was empty, or the message is too long to be searched for.
    private(set) var newest: [UInt8]?
    /// Whether there is a newest message that is too long.
    private(set) var isTooLong = false
    /// Messages that have left since the first look.
    private var departed = 0
    /// Looks, oldest first: messages counted from the first ever seen, those below `count` were in the list at `time` at the latest.
    private var seen: [(time: Double, count: Int)] = []
    private var hasLooked = false

    /// How many came in, when that can be told: the newest of last time stands at `position` now (`nil`: not found).
    ///
    /// After an empty list it is the present length: not less than this came in. `nil` when all that was known has left.
    func arrivals(position: Int?, length: Int) -> Int? {
        guard hasLooked else { return nil }
        return self.length == 0 ? (length == 0 ? nil : length) : position
    }

    /// Notes a look. `arrived` as `arrivals` said.
    mutating func update(at time: Double, length: Int, newest: [UInt8]?, arrived: Int?) {
        if let arrived, hasLooked {
            departed += max(0, self.length + arrived - length)
        } else if length == 0 || self.length > 0 {
            // Nobody knows whether any of these was here before.
            seen = []
            departed = 0
        }
        seen.removeAll { $0.count <= departed }
        if length > 0, (seen.last?.count ?? 0) < departed + length { seen.append((time, departed + length)) }
        if seen.count > Self.marks { seen = seen.enumerated().filter { $0.offset.isMultiple(of: 2) || $0.offset == seen.count - 1 }.map(\.element) }
        self.length = length
        if let newest { isTooLong = newest.count > Self.sizeLimit }
        self.newest = isTooLong ? nil : newest
        hasLooked = true
    }

    /// When the message at the tail was here at the latest, in seconds since 1970; `nil` for an empty list.
    var oldestSeenAt: Double? { length == 0 ? nil : seen.first?.time }
}
