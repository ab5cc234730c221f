/// Whom to ask what it is while watching: workers that have appeared since all were asked, and those that were asked too early. A worker says that it is online
/// before it listens to questions (Celery starts `Heart` before `Control`).
public struct RollCall: Sendable {
    /// Questions to one that does not answer, and workers asked at once.
    private static let tries = 3
    private static let batch = 100
    /// Seconds between two batches.
    private static let pause = 1.0

    /// How often each was asked; `tries` once it has answered.
    private var asked: [WorkerName: Int] = [:]
    private var calledAt = -Double.infinity

    public init() {}

    /// The workers to be asked now; none most of the time, and within a second of the last ones.
    /// - Parameters:
    ///   - present: all that are there: who has left and come back since is asked anew.
    ///   - now: seconds since 1970.
    public mutating func next(of present: [WorkerName], now: Double) -> [WorkerName] {
        let names = Set(present)
        asked = asked.filter { names.contains($0.key) }
        guard now < calledAt || now - calledAt >= Self.pause else { return [] }
        let next = Array(present.filter { asked[$0, default: 0] < Self.tries }.prefix(Self.batch))
        if !next.isEmpty { calledAt = now }
        return next
    }

    /// Takes notice of a call: of all that were there, or of those that `next` gave.
    public mutating func note(asked called: [WorkerName], answered: Set<WorkerName>) {
        for worker in called { asked[worker, default: 0] += 1 }
        for worker in answered { asked[worker] = Self.tries }
    }
}
