import CeleriacBroker
import CeleriacCore

extension MessageSelection {
    /// What a broker can search for.
    var needle: [UInt8] {
        switch self {
        case .all, .messages: []
        case .matching(let filter): filter.needle
        // In headers and properties as it is, unless it needs escapes.
        case .tasks(let ids): ids.count == 1 ? Array(JSON.encode(.string(ids[0].rawValue)).dropFirst().dropLast()) : []
        }
    }
}

/// Tells which messages of a walk are meant.
struct SelectionTest {
    private let now: Double
    private let filter: Filter?
    private let ids: Set<TaskID>
    private var messages: Set<KeptMessage>
    private let isAll: Bool
    /// Nothing more can be found.
    private(set) var isDone = false

    /// - Parameter now: seconds since 1970, which ages are counted from.
    init(_ selection: MessageSelection, now: Double) {
        self.now = now
        (filter, ids, messages, isAll) = switch selection {
        case .all: (nil, [], [], true)
        case .matching(let filter): (filter, [], [], false)
        case .tasks(let ids): (nil, Set(ids), [], false)
        case .messages(let messages): (nil, [], Set(messages), false)
        }
    }

    /// - Parameter position: of the first of them in the queue, when it is known.
    mutating func matching(_ pieces: [KeptMessage], from position: Int?) -> [KeptMessage] {
        if isAll { return pieces }
        var matching: [KeptMessage] = []
        for (offset, message) in pieces.enumerated() where isMeant(message, at: position.map { $0 + offset }) { matching.append(message) }
        return matching
    }

    private mutating func isMeant(_ message: KeptMessage, at position: Int?) -> Bool {
        if let filter { return filter.matches(QueueSample.Message(message, position: position ?? 0), now: now) }
        if !ids.isEmpty { return (try? Envelope(decoding: message.bytes)).flatMap { try? TaskMessage($0) }.map { ids.contains($0.id) } ?? false }
        let isMeant = messages.remove(message) != nil
        isDone = messages.isEmpty
        return isMeant
    }
}
