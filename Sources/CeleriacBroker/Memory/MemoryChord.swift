import CeleriacCore

/// How far one chord's header has come.
struct MemoryChord {
    private struct Member: Hashable {
        let task: TaskID
        let index: Int?
    }

    var size: Int?
    var extra = 0
    /// In order of arrival.
    private var parts: [ChordPart] = []
    private var counted: Set<Member> = []
    var claim: (token: String, until: ContinuousClock.Instant)?
    var isDone = false
    /// `nil`: kept for ever.
    var end: ContinuousClock.Instant?

    /// How long nobody else sends the body once one has begun to.
    static let claimLifetime = Duration.seconds(6)
    /// How long it is remembered that the body was sent.
    static let doneLifetime = Duration.seconds(300)

    /// The token, for the caller who is to send the body.
    mutating func count(_ part: ChordPart, at now: ContinuousClock.Instant) -> (ChordCount, token: String?) {
        if isDone { return (.late, nil) }
        if counted.insert(Member(task: part.task, index: part.index)).inserted { parts.append(part) }
        guard let size, parts.count == size + extra else { return (.waiting, nil) }
        if let claim, claim.until > now { return (.late, nil) }
        let token = freshUUID()
        claim = (token, now + Self.claimLifetime)
        return (.waiting, token)
    }

    /// By position; those without one last, as they came.
    var ordered: [ChordPart] {
        parts.enumerated().sorted { ($0.element.index ?? .max, $0.offset) < ($1.element.index ?? .max, $1.offset) }.map(\.element)
    }
}
