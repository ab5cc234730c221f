public import OrderedCollections

extension QueueRow {
    /// How it was made and where its dead letters go, as `--json` has it: `null` for what is not known; `nil` of a broker that has no such things.
    public var traitValues: OrderedDictionary<String, Value>? {
        if traits == nil && deadLetters == nil { return nil }
        var members: OrderedDictionary<String, Value> = [:]
        members["type"] = traits.map { Value.string($0.type) } ?? Value.null
        members["durable"] = traits.map { Value.bool($0.isDurable) } ?? Value.null
        members["auto_delete"] = traits.map { Value.bool($0.isAutoDelete) } ?? Value.null
        members["arguments"] = traits.map { Value.object($0.arguments) } ?? Value.null
        members["policies"] = traits.map { Value.array($0.policies.map(Value.string)) } ?? Value.null
        members["policy_arguments"] = traits.map { Value.object($0.policyArguments) } ?? Value.null
        members["dead_letters"] = deadLetters?.value ?? Value.null
        return members
    }
}

extension DeadLetters {
    fileprivate var value: Value {
        [
            "exchange": exchange.map(Value.string) ?? .null, "queues": places.map { Value.array($0.map(\.value)) } ?? .null, "poison": poison?.value ?? .null,
        ]
    }
}

extension DeadLetters.Place {
    fileprivate var value: Value { ["name": .string(queue.rawValue), "ready": ready.map(Value.integer) ?? .null] }
}
