public import CeleriacCore

/// What is done to waiting messages as a job, that may take its time.
public enum MessageAct: Hashable, Sendable {
    case delete(MessageSelection, in: QueueName)
    case purge(QueueName)
    case move(MessageSelection, from: QueueName, to: QueueName)
    /// To the front of their queue, or to its end.
    case reorder(MessageSelection, in: QueueName, isFirst: Bool)
    /// Puts back what an act took away.
    case restore(TrashEntry)

    /// The queue whose messages it is about.
    public var queue: QueueName {
        switch self {
        case .delete(_, let queue), .purge(let queue), .move(_, let queue, _), .reorder(_, let queue, _): queue
        case .restore(let entry): entry.queue
        }
    }

    /// Queues that are not what they were once it has run.
    var queues: [QueueName] {
        switch self {
        case .delete, .purge, .reorder: [queue]
        case .move(_, let queue, let target): [queue, target]
        case .restore(let entry): [entry.queue] + (entry.target.map { [$0] } ?? [])
        }
    }

    /// The messages that are meant one by one, if they are.
    var messages: [KeptMessage] {
        switch self {
        case .delete(.messages(let messages), _), .move(.messages(let messages), _, _), .reorder(.messages(let messages), _, _): messages
        default: []
        }
    }
}

/// Something under way that takes its time.
public struct MessageJob: Hashable, Sendable {
    /// Number of its line in the log.
    public let id: Int
    /// `nil`: it is not about waiting messages, and tells by its title how far it has come.
    public let act: MessageAct?
    /// "move to late". **Not yet made safe to show.**
    public internal(set) var title: String
    /// Seconds since 1970.
    public let startedAt: Double
    public internal(set) var progress = JobProgress()
    public internal(set) var isStopping = false

    public init(id: Int, act: MessageAct?, title: String, startedAt: Double) {
        self.id = id
        self.act = act
        self.title = title
        self.startedAt = startedAt
    }

    /// How far it is, how fast, and how long it will take.
    func words(now: Double) -> String {
        guard let act else { return safe(title, limit: 200) + (isStopping ? "; stopping" : "") }
        let total = act.messages.isEmpty ? progress.total : act.messages.count
        let part = max(progress.looked, progress.done), elapsed = max(0.001, now - startedAt)
        var words = [safe(title, limit: 60) + ": \(Formats.grouped(progress.done)) done"]
        if total > 0 { words.append("\(Formats.grouped(min(part, total))) of \(Formats.grouped(total)) looked at") }
        if elapsed > 0.5, part > 0 {
            let rate = Double(part) / elapsed
            words.append("\(Formats.rate(rate)) /s")
            if part < total { words.append(Formats.duration((Double(total - part) / rate).rounded(.up)) + " left") }
        }
        return words.joined(separator: ", ") + (isStopping ? "; stopping" : "")
    }
}

/// What `u` takes back.
public enum Undo: Hashable, Sendable {
    case schedule(DoneEdit)
    case messages(TrashEntry)
}

/// How an edit of one message ended.
public enum MessageVerdict: Hashable, Sendable {
    /// It is this now.
    case edited(from: KeptMessage, to: KeptMessage)
    /// The one that a worker held was revoked, and sent again under a new id.
    case sentAgain(TaskID)
    /// Nothing was changed, for this reason.
    case refused(String)
}

extension TrashEntry {
    /// "move of 1,000 messages from default to late". **Not yet made safe to show.**
    var words: String {
        let noun = count == 1 ? "message" : "messages"
        let way = target.flatMap { $0 == queue ? nil : $0 }.map { " from \(queue.rawValue) to \($0.rawValue)" } ?? " of \(queue.rawValue)"
        return "\(act) of \(Formats.grouped(count)) \(noun)\(way)"
    }
}

/// What taking hold of messages means on a broker.
public struct MessageEditing: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Looking for messages takes them out and gives them back, marked; workers do not get them meanwhile.
    public static let holds = MessageEditing(rawValue: 1)
    /// An edited message comes to the end of its queue, and a crash in the middle can leave both.
    public static let replacesAtEnd = MessageEditing(rawValue: 2)
    /// Nothing can be put at the front of a queue.
    public static let noFront = MessageEditing(rawValue: 4)
}
