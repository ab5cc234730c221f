import OrderedCollections

extension ResultRecord {
    /// The record as JSON would show it, members in Celery's order; what is not known is left out.
    public var value: Value {
        var members: OrderedDictionary<String, Value> = ["status": .string(state.rawValue), "result": result, "traceback": traceback.map(Value.string) ?? .null, "children": children]
        members["date_done"] = dateDone.map(Value.string) ?? .null
        members["group_id"] = group.map(Value.string)
        members["parent_id"] = parent.map { .string($0.rawValue) }
        members["name"] = name.map(Value.string)
        members["args"] = args
        members["kwargs"] = kwargs
        members["worker"] = worker.map { .string($0.rawValue) }
        members["retries"] = retries.map(Value.integer)
        members["queue"] = queue.map { .string($0.rawValue) }
        members["task_id"] = .string(id.rawValue)
        return .object(members)
    }
}
