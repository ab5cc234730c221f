/// The lists over which kombu's Redis transport spreads a queue, one each priority step; step 0 is served first.
///
/// All nodes on a broker must have the same steps and separator.
public struct PrioritySteps: Hashable, Sendable {
    /// Ascending, within 0…9; `priority_steps` of the transport options.
    public let steps: [Int]
    /// Stands between queue and step; `sep` of the transport options.
    public let separator: String

    /// kombu's own: `[0, 3, 6, 9]`.
    public static let standard = PrioritySteps()

    public init(_ steps: [Int] = [0, 3, 6, 9], separator: String = "\u{6}\u{16}") {
        self.steps = steps.sorted()
        self.separator = separator
    }

    /// What a message's priority is taken for: within 0…9.
    public static func clamped(_ priority: Int) -> Int { min(max(priority, 0), 9) }

    /// The step that serves `priority`: the greatest that does not exceed it; the last one when all do, as kombu's `steps[bisect(steps, n) - 1]` has it.
    public func step(for priority: Int) -> Int {
        let priority = Self.clamped(priority)
        return steps.last { $0 <= priority } ?? steps.last ?? 0
    }

    /// The list's name, without key prefix; step 0 has the queue's own.
    public func key(_ queue: QueueName, step: Int) -> String {
        step == 0 ? queue.rawValue : queue.rawValue + separator + String(step)
    }

    public func key(_ queue: QueueName, priority: Int) -> String {
        key(queue, step: step(for: priority))
    }

    /// All lists of a queue, the one served first at the front.
    public func keys(_ queue: QueueName) -> [String] {
        steps.map { key(queue, step: $0) }
    }

    /// Queue and step of a list's name, as kombu tells them apart: at the last separator. A name whose ending is no step is a queue's own.
    public func queue(ofKey key: String) -> (queue: QueueName, step: Int) {
        guard !separator.isEmpty, let range = key.ranges(of: separator).last, let step = Int(key[range.upperBound...]), steps.contains(step) else {
            return (QueueName(key), 0)
        }
        return (QueueName(String(key[..<range.lowerBound])), step)
    }
}
