public import OrderedCollections

/// What a person may decide of a task's message, as it is typed: each field a text, right or not yet.
///
/// Made from a waiting message, from a call that is known in part, or from nothing. What was not touched is kept as it was.
public struct MessageDraft: Hashable, Sendable {
    /// The raw value is the name in documents.
    public enum Field: String, CaseIterable, Hashable, Sendable { case name, args, kwargs, queue, priority, eta, expires, headers }

    var texts: [Field: String]
    let first: [Field: String]
    /// What it was made from.
    let origin: Origin
    /// Fields whose true value is not known: empty, and to be filled in.
    public let missing: Set<Field>

    enum Origin: Hashable, Sendable {
        case nothing
        case message(TaskMessage)
    }

    /// A call that is not yet: without arguments, at once.
    public init(name: String = "", queue: QueueName? = nil) {
        origin = .nothing
        texts = [.name: name, .args: "[]", .kwargs: "{}", .queue: queue?.rawValue ?? "", .priority: "", .eta: "", .expires: "", .headers: "{}"]
        first = texts
        missing = []
    }

    /// A call of which only some is known: `nil` is not.
    public init(
        name: String, args: [Value]?, kwargs: OrderedDictionary<String, Value>?, queue: QueueName?, priority: Int? = nil, headers: OrderedDictionary<String, Value> = [:]
    ) {
        var missing: Set<Field> = []
        if args == nil { missing.insert(.args) }
        if kwargs == nil { missing.insert(.kwargs) }
        if name.isEmpty { missing.insert(.name) }
        var texts = Self(name: name, queue: queue).texts
        texts[.args] = args.map { JSON.text(.array($0)) } ?? ""
        texts[.kwargs] = kwargs.map { JSON.text(.object($0)) } ?? ""
        texts[.priority] = priority.map(String.init) ?? ""
        texts[.headers] = JSON.text(.object(headers))
        (origin, self.texts, first, self.missing) = (.nothing, texts, texts, missing)
    }

    /// - Parameter queue: where it waits.
    public init(_ message: TaskMessage, in queue: QueueName) {
        origin = .message(message)
        var texts: [Field: String] = [.name: message.name, .queue: queue.rawValue, .priority: String(message.priority)]
        if case .known(let args, let kwargs) = message.arguments {
            texts[.args] = JSON.text(.array(args))
            texts[.kwargs] = JSON.text(.object(kwargs))
        }
        texts[.eta] = message.eta.map(TypedTime.text) ?? ""
        texts[.expires] = message.expires.map(TypedTime.text) ?? ""
        texts[.headers] = JSON.text(.object(TaskCall.freeHeaders(message.headers)))
        self.texts = texts
        first = texts
        missing = []
    }

    /// Empty where nothing was typed.
    public subscript(field: Field) -> String {
        get { texts[field] ?? "" }
        set { texts[field] = newValue }
    }

    /// Those that can be changed: not the arguments of a message whose body cannot be read here, which stays as it is.
    public var fields: [Field] {
        guard case .message(let message) = origin else { return Field.allCases }
        if case .opaque = message.arguments { return Field.allCases.filter { $0 != .args && $0 != .kwargs && $0 != .name } }
        return Field.allCases.filter { $0 != .name }
    }

    public var isChanged: Bool { Field.allCases.contains(where: isChanged) }
    func isChanged(_ field: Field) -> Bool { self[field] != first[field] ?? "" }

    /// What saving would change, field by field, in the words of both sides.
    public var differences: [Difference] {
        Field.allCases.filter(isChanged).map { Difference(field: $0, before: first[$0] ?? "", after: self[$0]) }
    }

    public struct Difference: Hashable, Sendable {
        public var field: Field
        public var before: String
        public var after: String
    }
}

extension MessageDraft {
    /// What a draft says.
    public struct Terms: Hashable, Sendable {
        public var name: String
        /// `nil`: the body stays as it is.
        public var args: [Value]?
        public var kwargs: OrderedDictionary<String, Value>?
        /// `nil`: where routes and defaults lead.
        public var queue: QueueName?
        public var priority: Int?
        /// Seconds since 1970.
        public var eta: Double?
        public var expires: Double?
        /// Those that are not Celery's own.
        public var headers: OrderedDictionary<String, Value>
    }

    public struct Reading: Hashable, Sendable {
        /// `nil` as long as there are faults.
        public var terms: Terms?
        /// In plain words, by the field at fault.
        public var faults: [Field: String]
    }

    /// - Parameter now: seconds since 1970, from which `+30` and `+1h` are counted.
    public func read(now: Double) -> Reading {
        var faults: [Field: String] = [:]
        func value<Content>(_ field: Field, _ wanted: String, _ pick: (Value) -> Content?) -> Content? {
            guard fields.contains(field) else { return nil }
            if missing.contains(field), self[field].trimmingBlanks.isEmpty {
                faults[field] = "not known: \(wanted) is wanted"
                return nil
            }
            do {
                if let content = pick(try JSON.decode(self[field])) { return content }
                faults[field] = "\(wanted) is wanted"
            } catch { faults[field] = "\(error)" }
            return nil
        }
        func time(_ field: Field, _ before: Double?) -> Double? {
            let text = self[field].trimmingBlanks
            if text.isEmpty { return nil }
            if !isChanged(field) { return before }
            if text.hasPrefix("+"), let seconds = TypedDuration.seconds(String(text.dropFirst())), ISOTime.text(now + seconds) != nil { return now + seconds }
            if let seconds = TypedTime.seconds(text) { return seconds }
            faults[field] = "a time as 2030-01-31T12:00:00+00:00, or from now as +30s or +2h"
            return nil
        }
        var terms = Terms(name: self[.name].trimmingBlanks, headers: [:])
        if terms.name.isEmpty { faults[.name] = "the task's name is missing" }
        terms.args = value(.args, "a JSON array", \.array)
        terms.kwargs = value(.kwargs, "a JSON object") { $0.object }
        terms.headers = value(.headers, "a JSON object") { $0.object } ?? [:]
        if let own = terms.headers.keys.first(where: TaskCall.isOwnHeader) { faults[.headers] = "\(own) is a header of Celery's own" }
        let queue = self[.queue].trimmingBlanks
        terms.queue = queue.isEmpty ? nil : QueueName(queue)
        let priority = self[.priority].trimmingBlanks
        if !priority.isEmpty {
            terms.priority = Int(priority)
            if terms.priority.map({ !(0...255).contains($0) }) ?? true { faults[.priority] = "a number from 0 to 255" }
        }
        if case .message(let message) = origin {
            (terms.eta, terms.expires) = (time(.eta, message.eta), time(.expires, message.expires))
            if terms.queue == nil { faults[.queue] = "the queue is missing" }
        } else {
            (terms.eta, terms.expires) = (time(.eta, nil), time(.expires, nil))
        }
        return Reading(terms: faults.isEmpty ? terms : nil, faults: faults)
    }
}
