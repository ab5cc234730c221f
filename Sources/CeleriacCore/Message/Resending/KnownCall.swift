public import OrderedCollections

/// What a task was called with, as far as one place tells all of it; a place that tells only some, or a cut text of it, is not believed.
public struct KnownCall: Hashable, Sendable {
    /// Why a place that would be believed before others does not tell.
    public struct Lack: Hashable, Sendable {
        public var source: CallSource
        /// **Not yet made safe to show.**
        public var words: String
    }

    public var id: TaskID
    public var name: String?
    /// `nil`: not known. Without a `source` one of both may still be known, and fills its field of a form.
    public var args: [Value]?
    public var kwargs: OrderedDictionary<String, Value>?
    /// Where both are from; `nil`: nowhere are they known whole.
    public var source: CallSource?
    /// In the order of the sources, of those only that come before `source`.
    public var lacks: [Lack]
    /// Where it was sent to; `nil`: where routes lead.
    public var queue: QueueName?
    /// The message, where it can be read: only then links, limits and headers are known.
    public var original: SeenMessage?
    /// A message of this task that may still be run, whatever the arguments are from.
    public var waiting: SeenMessage?
    public var state: TaskState?
    /// Seconds since 1970 when it ended.
    public var endedAt: Double?

    public init(_ id: TaskID, _ evidence: CallEvidence) {
        self.id = id
        lacks = []
        let record = evidence.record.content, message = evidence.message.content, row = evidence.row
        name = record?.name ?? message?.message.name ?? evidence.history?.message.name ?? row?.name
        // A record has the routing key, which some exchanges take for more than a queue's name.
        let told: QueueName? = if case .known(let queue)? = row?.queue { queue } else { nil }
        queue = message?.message.queue ?? evidence.history?.message.queue ?? told ?? record?.queue ?? row?.queue.value
        waiting = message.flatMap { $0.isThere ? $0 : nil }
        // Events are the newer news while a task runs again under its id.
        state = row?.state ?? record?.state
        endedAt = row?.finishedAt ?? record?.doneAt
        for place in CallSource.allCases where source == nil {
            let (args, kwargs, reason) = Self.ask(place, evidence)
            if args != nil, kwargs != nil {
                (self.args, self.kwargs, source) = (args, kwargs, place)
            } else {
                lacks.append(Lack(source: place, words: reason))
                (self.args, self.kwargs) = (self.args ?? args, self.kwargs ?? kwargs)
            }
        }
        original = [message, evidence.history].compactMap(\.self).first { if case .known = $0.message.arguments { true } else { false } }
    }

    private typealias Told = (args: [Value]?, kwargs: OrderedDictionary<String, Value>?, reason: String)

    private static func ask(_ place: CallSource, _ evidence: CallEvidence) -> Told {
        switch place {
        case .record:
            switch evidence.record {
            case .missing(let reason): return (nil, nil, reason)
            case .found(let record):
                if record.args == nil, record.kwargs == nil { return (nil, nil, "the result backend keeps no arguments (result_extended is off)") }
                return (record.args?.array, record.kwargs?.object, "the result backend's record does not have its arguments as a list and an object")
            }
        case .message:
            switch evidence.message {
            case .missing(let reason): return (nil, nil, reason)
            case .found(let seen): return told(by: seen.message, "the message's body cannot be read")
            }
        case .history:
            guard let seen = evidence.history else { return (nil, nil, "its message was not seen from here") }
            return told(by: seen.message, "the message that was seen could not be read")
        case .shown: return shown(evidence.row)
        }
    }

    private static func told(by message: TaskMessage, _ words: String) -> Told {
        switch message.arguments {
        case .known(let args, let kwargs): (args, kwargs, "")
        case .opaque(let reason): (nil, nil, "\(words): \(reason)")
        }
    }

    private static func shown(_ row: TaskRow?) -> Told {
        guard let row else { return (nil, nil, "no event of it is held") }
        var told: Told = (nil, nil, ""), reasons: [String] = []
        do throws(ShownArguments.Refusal) {
            if let text = row.args { told.args = try ShownArguments.positional(text) } else { reasons.append("no event told the args") }
        } catch { reasons.append("args: \(error.words)") }
        do throws(ShownArguments.Refusal) {
            if let text = row.kwargs { told.kwargs = try ShownArguments.keyword(text) } else { reasons.append("no event told the kwargs") }
        } catch { reasons.append("kwargs: \(error.words)") }
        told.reason = reasons.joined(separator: "; ")
        return told
    }
}

extension KnownCall {
    /// The call as a form shows it: at once, without what the original was not to run after.
    public var draft: MessageDraft {
        MessageDraft(
            name: name ?? "", args: args, kwargs: kwargs, queue: queue, priority: original.flatMap { $0.message.priority == 0 ? nil : $0.message.priority },
            headers: original.map { TaskCall.freeHeaders($0.message.headers) } ?? [:])
    }
}
