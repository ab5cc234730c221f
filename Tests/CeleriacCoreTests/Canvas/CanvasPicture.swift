import CeleriacCore
import OrderedCollections

/// Both sides' steps in one form.
enum Picture {
    static func steps(of plan: CanvasPlan) -> [Value] {
        plan.steps.map { step in
            switch step {
            case .send(let call): sent(call)
            case .saveGroup(let id, let members): ["group", .string(id), members]
            case .openChord(let group, let size): ["chord", .string(group), .integer(size)]
            }
        }
    }

    static func tuple(_ result: AppliedResult?) -> Value {
        switch result {
        case nil: .null
        case .task(let id, let parent)?: [[.string(id.rawValue), tuple(parent)], nil]
        case .group(let id, let members, let parent)?: [[.string(id), tuple(parent)], .array(members.map { tuple($0) })]
        }
    }

    static func sent(_ call: TaskCall) -> Value {
        let envelope = call.envelope(now: 1_700_000_000, replyTo: "", origin: "")
        let place: Value = ["queue": .string(call.queue?.rawValue ?? "celery"), "priority": call.priority.map(Value.integer) ?? .null]
        return message(envelope.headers, envelope.properties, (try? envelope.content())?.array ?? [], place)
    }

    /// The steps of each of `kinds` after each other; as they are when there are none.
    static func sorted(_ value: Value, by kinds: [Value]) -> Value {
        guard !kinds.isEmpty, case .object(var members) = value, let steps = members["steps"]?.array else { return value }
        members["steps"] = .array(kinds.flatMap { kind in steps.filter { $0.array?.first == kind } })
        return .object(members)
    }

    /// A signature in which a chord's header is a list, its own id and that of the header are gone, and names of stamps stand in order.
    static func plain(_ value: Value) -> Value {
        switch value {
        case .array(let elements): return .array(elements.map(plain))
        case .object(var members):
            if let header = members["header"], let tasks = header["kwargs"]?["tasks"] { members["header"] = tasks }
            if let names = members["stamped_headers"]?.array { members["stamped_headers"] = .array(Set(names.compactMap(\.string)).sorted().map(Value.string)) }
            if members["subtask_type"] == "xmap" || members["subtask_type"] == "xstarmap" || members["subtask_type"] == "chunks" {
                members["subtask_type"] = .null
            }
            return .object(members.mapValues(plain))
        default: return value
        }
    }

    /// Sent messages without where they and their answers go.
    static func placeless(_ messages: Value) -> Value {
        .array(
            (messages.array ?? []).map { message in
                var shown = message.array?.last?.object ?? [:]
                (shown["place"], shown["reply_to"]) = (nil, nil)
                return .object(shown)
            })
    }

    /// Where the first difference is, and what it is; `nil` when there is none.
    static func difference(_ ours: Value, _ theirs: Value, at path: String = "") -> String? {
        switch (ours, theirs) {
        case (.array(let mine), .array(let others)) where mine.count == others.count:
            for (index, pair) in zip(mine, others).enumerated() {
                if let found = difference(pair.0, pair.1, at: "\(path)[\(index)]") { return found }
            }
            return nil
        case (.object(let mine), .object(let others)):
            for key in Set(mine.keys).union(others.keys).sorted() {
                guard let one = mine[key], let other = others[key] else {
                    return "\(path).\(key): ours \(mine[key].map(JSON.text) ?? "missing"), theirs \(others[key].map(JSON.text) ?? "missing")"
                }
                if let found = difference(one, other, at: "\(path).\(key)") { return found }
            }
            return nil
        default: return ours == theirs ? nil : "\(path): ours \(JSON.text(ours)), theirs \(JSON.text(theirs))"
        }
    }

    /// Celery's answer with its messages in the same form.
    static func comparable(_ answer: Value) -> Value {
        guard case .object(var members) = answer else { return answer }
        members["signature"] = members["signature"].map(plain)
        members["steps"] = .array(
            (members["steps"]?.array ?? []).map { step in
                guard let parts = step.array, parts.first == "send", parts.count == 5 else { return step }
                return message(parts[1].object ?? [:], parts[2].object ?? [:], parts[3].array ?? [], parts[4])
            })
        return .object(members)
    }

    private static func message(
        _ headers: OrderedDictionary<String, Value>, _ properties: OrderedDictionary<String, Value>, _ body: [Value], _ place: Value
    ) -> Value {
        var shown: OrderedDictionary<String, Value> = [:]
        for key in ["task", "id", "group", "group_index", "root_id", "parent_id", "retries", "timelimit", "shadow", "replaced_task_nesting", "stamps"] {
            shown[key] = headers[key] ?? .null
        }
        shown["has_eta"] = .bool(headers["eta"]?.isNull == false)
        shown["stamped"] = .integer(headers["stamped_headers"]?.array?.count ?? 0)
        shown["reply_to"] = properties["reply_to"] ?? .null
        shown["place"] = place
        shown["args"] = body.first ?? .null
        shown["kwargs"] = body.dropFirst().first ?? .null
        shown["embed"] = .object((body.last?.object ?? [:]).mapValues { $0 == [] ? .null : $0 })
        return ["send", .object(shown)]
    }
}

/// The run of a task of a canvas: its request as Celery's tracer takes it, and the message that asks the same of us.
enum Run {
    static func request(_ call: TaskCall) -> Value {
        func list(_ signatures: [Value]) -> Value { signatures.isEmpty ? .null : .array(signatures) }
        return [
            "id": .string(call.id.rawValue), "root_id": .string((call.root ?? call.id).rawValue),
            "parent_id": call.parent.map { .string($0.rawValue) } ?? .null,
            "group": call.group.map(Value.string) ?? .null, "group_index": call.groupIndex.map(Value.integer) ?? .null,
            "replaced_task_nesting": .integer(call.replacedTaskNesting), "callbacks": list(call.callbacks), "errbacks": list(call.errbacks),
            "chain": list(call.chain), "chord": call.chord ?? .null,
        ]
    }

    static func message(_ request: Value) throws -> TaskMessage {
        var headers = request.object ?? [:]
        headers["task"] = "case.run"
        return try TaskMessage(Envelope(headers: headers, body: JSON.encode([[], [:], request])))
    }

    /// What is stored at the end of the run itself.
    static func end(of message: TaskMessage, _ state: Value) -> [Value] {
        let store: Value = ["store", .string(message.id.rawValue), state]
        guard message.chord != nil, let group = message.group else { return [store] }
        return [store, ["part", .string(group), .string(message.id.rawValue), message.groupIndex.map(Value.integer) ?? .null, state]]
    }

    /// What is stored of one that fails along.
    static func steps(of failure: FailedSignature) -> [Value] {
        guard let id = failure.id?.rawValue else { return [] }
        let store: Value = ["store", .string(id), "FAILURE"]
        guard failure.chord != nil, let group = failure.group else { return [store] }
        return [store, ["part", .string(group), .string(id), failure.groupIndex.map(Value.integer) ?? .null, "FAILURE"]]
    }
}
