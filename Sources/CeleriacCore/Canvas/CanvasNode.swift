import OrderedCollections

/// A signature while it is being applied: ids are written into it, parts of it are taken out and put together again.
///
/// A reference, because what stands in two places (the members of a group and of its copy, a chord's body in its header's members) is to change in both,
/// as it does in Celery. Never leaves the plan it is made for.
final class CanvasNode {
    enum Shape { case task, map, chunks, chain, group, chord }

    typealias Options = OrderedDictionary<String, Value>

    let shape: Shape
    var task: String
    var args: [Value]
    /// Of composites only what is neither members nor body.
    var kwargs: OrderedDictionary<String, Value>
    var options: Options
    var isImmutable: Bool
    /// Steps of a chain, members of a group, header of a chord until it is frozen.
    var members: [CanvasNode] = []
    /// Header of a frozen chord: a group with an id.
    var header: CanvasNode?
    var body: CanvasNode?

    init(
        _ shape: Shape, task: String, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: Options = [:], isImmutable: Bool = false,
        members: [CanvasNode] = [], body: CanvasNode? = nil
    ) {
        self.shape = shape
        self.task = task
        self.args = args
        self.kwargs = kwargs
        self.options = options
        self.isImmutable = isImmutable
        self.members = members
        self.body = body
    }

    static func chain(_ steps: [CanvasNode], options: Options = [:]) -> CanvasNode {
        composite(.chain, "celery.chain", steps, options)
    }

    static func group(_ members: [CanvasNode], options: Options = [:]) -> CanvasNode {
        composite(.group, "celery.group", members, options)
    }

    static func chord(_ header: [CanvasNode], body: CanvasNode?, options: Options = [:]) -> CanvasNode {
        CanvasNode(.chord, task: "celery.chord", kwargs: ["kwargs": [:]], options: options, members: header, body: body)
    }

    private static func composite(_ shape: Shape, _ task: String, _ members: [CanvasNode], _ options: Options) -> CanvasNode {
        var options = options
        // Celery puts it there when it copies an errback.
        let isImmutable = options.removeValue(forKey: "immutable")?.bool ?? false
        return CanvasNode(shape, task: task, options: options, isImmutable: isImmutable, members: members)
    }

    /// Header of a chord, members of a group, steps of a chain.
    var parts: [CanvasNode] { header?.members ?? members }

    var isEmptyGroup: Bool { shape == .group && members.isEmpty }

    /// A chord's body that can be cut after its first task; a chain that begins with a group runs as a whole.
    var isChainLedByTask: Bool { shape == .chain && members.first.map { $0.shape != .group } == true }

    /// Its only member in place of a group of one.
    var unrolled: CanvasNode { shape == .group && members.count == 1 ? members[0] : self }

    var id: String? { options["task_id"]?.string }
}

extension CanvasNode {
    /// Deeper ones are refused, so that no message can exhaust the stack.
    static let depthLimit = 100

    convenience init(_ signature: Signature) throws(CanvasError) { try self.init(signature, depth: 0) }

    convenience init(_ value: Value) throws(CanvasError) { try self.init(value, depth: 0) }

    private convenience init(_ value: Value, depth: Int) throws(CanvasError) {
        let signature: Signature
        do { signature = try Signature(value) } catch { throw CanvasError(error) }
        try self.init(signature, depth: depth)
    }

    private convenience init(_ signature: Signature, depth: Int) throws(CanvasError) {
        guard depth < Self.depthLimit else { throw CanvasError(.tooLarge, cause: "signatures stand more than \(Self.depthLimit) deep inside each other") }
        var kwargs = signature.kwargs, options = signature.options
        switch signature.kind {
        case .task:
            self.init(.task, task: signature.task, args: signature.args, kwargs: kwargs, options: options, isImmutable: signature.isImmutable)
        case .map: self.init(.map, task: "celery.map", kwargs: kwargs, options: options, isImmutable: true)
        case .starmap: self.init(.map, task: "celery.starmap", kwargs: kwargs, options: options, isImmutable: true)
        case .chunks: self.init(.chunks, task: "celery.chunks", kwargs: kwargs, options: options, isImmutable: true)
        case .chain, .group:
            let members = try Self.nodes(kwargs["tasks"], depth: depth + 1)
            let isImmutable = options.removeValue(forKey: "immutable")?.bool ?? false
            let isChain = signature.kind == .chain
            self.init(isChain ? .chain : .group, task: isChain ? "celery.chain" : "celery.group", options: options, isImmutable: isImmutable, members: members)
        case .chord:
            let header = try Self.header(kwargs.removeValue(forKey: "header"), depth: depth + 1)
            var body: CanvasNode?
            if let value = kwargs.removeValue(forKey: "body"), !value.isNull { body = try CanvasNode(value, depth: depth + 1) }
            if kwargs.isEmpty { kwargs["kwargs"] = [:] }
            self.init(
                .chord, task: signature.task, args: signature.args, kwargs: kwargs, options: options, isImmutable: signature.isImmutable, members: header,
                body: body)
        }
    }

    private static func nodes(_ value: Value?, depth: Int) throws(CanvasError) -> [CanvasNode] {
        var nodes: [CanvasNode] = []
        for value in value?.array ?? [] { nodes.append(try CanvasNode(value, depth: depth)) }
        return nodes
    }

    /// A list of signatures; or a group, a chain or a single one.
    private static func header(_ value: Value?, depth: Int) throws(CanvasError) -> [CanvasNode] {
        guard let value, case .object = value else { return try nodes(value, depth: depth) }
        let node = try CanvasNode(value, depth: depth)
        return node.shape == .group || node.shape == .chain ? node.members : [node]
    }

    /// The map form. Celery writes `map`, `starmap` and `chunks` as the plain calls that they are.
    var value: Value {
        var kwargs = kwargs
        let kind: Signature.Kind
        switch shape {
        case .task, .map, .chunks: kind = .task
        case .chain:
            kind = .chain
            kwargs["tasks"] = .array(members.map(\.value))
        case .group:
            kind = .group
            kwargs["tasks"] = .array(members.map(\.value))
        case .chord:
            kind = .chord
            kwargs["header"] = header?.value ?? .array(members.map(\.value))
            kwargs["body"] = body?.value ?? .null
        }
        return Signature(task, args: args, kwargs: kwargs, options: options, kind: kind, isImmutable: isImmutable).value
    }

    /// What the members of a header carry of this body; nothing of an empty group, for which nobody waits.
    var awaited: Value? { isEmptyGroup ? nil as Value? : value }
}

extension CanvasNode {
    /// Arguments, keyword arguments and options with those given to this application: given arguments stand before the stored ones, given options win,
    /// except over the group's id and the stamps. Immutable signatures keep their arguments.
    func merged(_ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ options: Options) -> (
        args: [Value], kwargs: OrderedDictionary<String, Value>, options: Options
    ) {
        let merged = self.options.merging(given: options)
        guard !isImmutable else { return (self.args, self.kwargs, merged) }
        return (args + self.args, self.kwargs.merging(kwargs) { _, given in given }, merged)
    }

    /// A copy with further arguments and options. Members of a group stay shared, and composites lose arguments of their own, as in Celery.
    func clone(args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: Options = [:]) -> CanvasNode {
        let (args, kwargs, options) = merged(args, kwargs, options)
        switch shape {
        case .task: return CanvasNode(.task, task: task, args: args, kwargs: kwargs, options: options, isImmutable: isImmutable)
        // A copy of chunks is the plain call of a task that applies them: only by themselves they are taken apart by the sender.
        case .map, .chunks: return CanvasNode(.task, task: task, kwargs: kwargs, options: options, isImmutable: true)
        case .chain: return .chain(members.map { $0.clone() }, options: options)
        case .group: return .group(members, options: options)
        case .chord:
            return CanvasNode(
                .chord, task: task, args: args, kwargs: kwargs, options: options, isImmutable: isImmutable,
                members: header?.members ?? members.map { $0.clone() }, body: body?.clone())
        }
    }

    /// A copy of which also the members, and theirs, are copies.
    func cloneWithMembers() -> CanvasNode {
        let copy = clone()
        if shape == .group { copy.members = copy.members.map { $0.cloneWithMembers() } }
        if shape == .chord { copy.body = copy.body?.cloneWithMembers() }
        return copy
    }
}

extension OrderedDictionary where Key == String, Value == CeleriacCore.Value {
    /// The options with `given` ones in their place, but never another group, other stamps or names of stamps than are there already.
    func merging(given: Self, keepingStamps: Bool = true) -> Self {
        var fixed: Set<String> = ["group_id", "stamped_headers"]
        if keepingStamps { fixed.formUnion(self["stamped_headers"]?.array?.compactMap(\.string) ?? []) }
        var merged = self
        for (key, value) in given where !fixed.contains(key) || self[key] == nil { merged[key] = value }
        return merged
    }

    /// Without those that are null: Celery takes them for not given.
    var withoutNulls: Self { filter { !$0.value.isNull } }
}
