public import OrderedCollections

/// A task call as data, alone or composed of others, as Celery has it on the wire (`celery.canvas.Signature`).
public struct Signature: Hashable, Sendable {
    /// `subtask_type`: what the signature is composed as.
    public enum Kind: String, Hashable, Sendable {
        case task = "", chain, group, chord, map = "xmap", starmap = "xstarmap", chunks
    }

    public var task: String
    /// Partial: arguments given when it is applied stand before these, unless it is immutable.
    public var args: [Value]
    public var kwargs: OrderedDictionary<String, Value>
    /// Execution options by Celery's names (`task_id`, `queue`, `link`, `group_id`, `chord`, stamps, …); unknown ones are kept.
    public var options: OrderedDictionary<String, Value>
    public var kind: Kind
    public var isImmutable: Bool

    public init(
        _ task: String, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: OrderedDictionary<String, Value> = [:], kind: Kind = .task,
        isImmutable: Bool = false
    ) {
        self.task = task
        self.args = args
        self.kwargs = kwargs
        self.options = options
        self.kind = kind
        self.isImmutable = isImmutable
    }

    /// Reads the map form; whatever is missing but the name takes its default.
    public init(_ value: Value) throws(MessageError) {
        guard let task = value["task"]?.string else { throw MessageError(.wrongShape, part: "signature", cause: "it names no task") }
        guard let kind = Kind(rawValue: value["subtask_type"]?.string ?? "") else {
            throw MessageError(.wrongShape, part: "signature", cause: "its subtask_type is unknown")
        }
        self.init(
            task, args: value["args"]?.array ?? [], kwargs: value["kwargs"]?.object ?? [:], options: value["options"]?.object ?? [:], kind: kind,
            isImmutable: value["immutable"]?.bool ?? false)
    }

    /// The map form, members in Celery's order.
    ///
    /// `map`, `starmap` and `chunks` are written as Celery writes them: as plain calls of its built-in tasks. (Told their kind, Celery takes the task's
    /// map for the name to be routed by, and fails as soon as there are routes.)
    public var value: Value {
        let type: Value =
            switch kind {
            case .chain, .group, .chord: .string(kind.rawValue)
            case .task, .map, .starmap, .chunks: .null
            }
        return [
            "task": .string(task), "args": .array(args), "kwargs": .object(kwargs), "options": .object(options), "subtask_type": type,
            "immutable": .bool(isImmutable),
        ]
    }
}
