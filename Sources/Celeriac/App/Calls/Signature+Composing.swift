import CeleriacCore
import OrderedCollections

/// Composite signatures, as Celery lays them out.
extension Signature {
    static func chain(_ steps: [Signature]) -> Signature {
        Signature("celery.chain", kwargs: ["tasks": .array(steps.map(\.value))], kind: .chain)
    }

    static func group(_ members: [Signature]) -> Signature {
        Signature("celery.group", kwargs: ["tasks": .array(members.map(\.value))], kind: .group)
    }

    static func chord(_ header: [Signature], body: Signature) -> Signature {
        chord(.array(header.map(\.value)), body: body)
    }

    /// - Parameter group: the header; what it has of options is kept.
    static func chord(group: Signature, body: Signature) -> Signature {
        chord(group.options.isEmpty ? group.kwargs["tasks"] ?? [] : group.value, body: body)
    }

    private static func chord(_ header: Value, body: Signature) -> Signature {
        Signature("celery.chord", kwargs: ["header": header, "body": body.value, "kwargs": [:]], kind: .chord)
    }

    static func map(_ task: Signature, _ items: [Value]) -> Signature {
        Signature("celery.map", kwargs: ["task": task.value, "it": .array(items)], isImmutable: true)
    }

    static func starmap(_ task: Signature, _ items: [Value]) -> Signature {
        Signature("celery.starmap", kwargs: ["task": task.value, "it": .array(items)], isImmutable: true)
    }

    static func chunks(_ task: Signature, _ items: [Value], size: Int) -> Signature {
        Signature("celery.chunks", kwargs: ["task": task.value, "it": .array(items), "n": .integer(size)], isImmutable: true)
    }

    /// The steps of a chain that has nothing of its own; else the signature itself as the only one.
    var steps: [Signature] { kind == .chain && options.isEmpty && args.isEmpty ? members : [self] }

    /// Of a chain or a group.
    var members: [Signature] { (kwargs["tasks"]?.array ?? []).compactMap { try? Signature($0) } }

    mutating func set(_ more: CallOptions) {
        var values = more.values
        for link in ["link", "link_error"] {
            if let added = values.removeValue(forKey: link)?.array { append(added, to: link) }
        }
        let stamps = more.stamps
        for name in stamps.keys { values[name] = nil }
        values["stamped_headers"] = nil
        // One way to say when replaces the other.
        if more.countdown != nil { options["eta"] = nil }
        if more.eta != nil, more.countdown == nil { options["countdown"] = nil }
        options.merge(values) { _, new in new }
        if !stamps.isEmpty { stamp(stamps) }
    }

    /// A chord's callback waits for its body.
    mutating func link(_ callback: Signature) {
        if changeBody({ $0.link(callback) }) { return }
        append([callback.value], to: "link")
    }

    mutating func linkError(_ errback: Signature) {
        if changeBody({ $0.linkError(errback) }) { return }
        append([errback.value], to: "link_error")
    }

    /// All that it is made of, and all that follows, as Celery's stamping visitors do it: what is only composed is not sent, and has no stamps.
    mutating func stamp(_ stamps: OrderedDictionary<String, Value>) {
        if kind != .chain && kind != .group && kind != .chord {
            let names = options["stamped_headers"]?.array ?? []
            options["stamped_headers"] = .array(names + stamps.keys.map(Value.string).filter { !names.contains($0) })
            options.merge(stamps) { _, new in new }
        }
        for key in ["tasks", "header"] { kwargs[key] = kwargs[key].map { Self.stamp($0, stamps) } }
        if kind == .chord { changeBody { $0.stamp(stamps) } }
        for key in ["link", "link_error"] { options[key] = options[key].map { Self.stamp($0, stamps) } }
    }

    /// A signature in its map form, or a list of them.
    private static func stamp(_ value: Value, _ stamps: OrderedDictionary<String, Value>) -> Value {
        if let items = value.array { return .array(items.map { stamp($0, stamps) }) }
        guard var signature = try? Signature(value) else { return value }
        signature.stamp(stamps)
        return signature.value
    }

    @discardableResult
    private mutating func changeBody(_ change: (inout Signature) -> Void) -> Bool {
        guard kind == .chord, let value = kwargs["body"], var body = try? Signature(value) else { return false }
        change(&body)
        kwargs["body"] = body.value
        return true
    }

    private mutating func append(_ signatures: [Value], to key: String) {
        let present = options[key].map { $0.array ?? [$0] } ?? []
        options[key] = .array(present + signatures.filter { !present.contains($0) })
    }
}
