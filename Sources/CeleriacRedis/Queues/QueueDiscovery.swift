import CeleriacCore

/// Finds the queues of a cluster: those that kombu bound, and lists that hold kombu's messages (a queue of an anonymous exchange needs no binding).
///
/// Left out is kombu's machinery: reply boxes, control and event queues, reply queues of the `rpc` result backend.
struct QueueDiscovery {
    private let keys: RedisKeys
    private var bindingScan: KeyScan
    private var listScan: KeyScan
    private(set) var bindings = Bindings()
    /// Queues found as lists, with the pass that saw them last: an empty queue is no key at all, and stays on the screen for two more passes.
    private var listed: [String: Int] = [:]
    /// Lists that hold something else; looked at again after ten passes.
    private var foreign: Set<String> = []
    private var unjudged: Set<String> = []
    private var stale: Set<String> = []

    /// Lists looked into at once.
    private static let peeks = 50

    init(_ keys: RedisKeys) {
        self.keys = keys
        bindingScan = KeyScan("MATCH", keys.bindingsPrefix.escapedForPattern + "*")
        let prefix = keys.options.globalKeyPrefix
        listScan = prefix.isEmpty ? KeyScan("TYPE", "list") : KeyScan("MATCH", prefix.escapedForPattern + "*", "TYPE", "list")
        // The default exchange is worth a look before the scan finds it.
        stale = ["celery"]
    }

    /// Whether the whole keyspace has been walked through once.
    var isComplete: Bool { bindingScan.isComplete && listScan.isComplete }
    /// Whether all that the scans came across has been looked into as well.
    var isSettled: Bool { isComplete && stale.isEmpty && unjudged.isEmpty }
    var queues: Set<String> { bindings.queues.filter { !keys.isMachinery($0) }.union(listed.keys) }

    /// What cannot be found, and why. A server before Redis 6 cannot tell lists from other keys; there, bindings have to do.
    var problems: [String] {
        let isOld = listScan.refusal?.contains("syntax") ?? false
        return Set([bindingScan.refusal, isOld ? nil : listScan.refusal].compactMap { $0 }).map { "queues cannot be searched for: \($0)" }
    }

    // MARK: - Scanning

    struct Steps {
        fileprivate var bindings: Pipeline.Position?
        fileprivate var lists: Pipeline.Position?
    }

    /// Adds the next steps of the scans, when due, to `pipeline`.
    mutating func addSteps(to pipeline: inout Pipeline, count: Int, now: Double) -> Steps {
        Steps(
            bindings: bindingScan.step(count: count, now: now).map { pipeline.add($0) },
            lists: listScan.step(count: count, now: now).map { pipeline.add($0) })
    }

    mutating func take(_ steps: Steps, _ replies: [RESPValue], now: Double) {
        if let position = steps.bindings {
            let passes = bindingScan.passes
            for key in bindingScan.take(replies[position], now: now) {
                guard let exchange = exchange(ofKey: key) else { continue }
                stale.insert(exchange)
            }
            if bindingScan.passes > passes { bindings.keep(only: Set(bindingScan.found.compactMap(exchange))) }
        }
        if let position = steps.lists {
            let passes = listScan.passes
            for key in listScan.take(replies[position], now: now) { consider(list: key) }
            if listScan.passes > passes {
                listed = listed.filter { $0.value + 2 > passes }
                if listScan.passes.isMultiple(of: 10) { foreign = [] }
            }
        }
    }

    private func exchange(ofKey key: String) -> String? {
        guard key.hasPrefix(keys.bindingsPrefix) else { return nil }
        let exchange = String(key.dropFirst(keys.bindingsPrefix.count))
        return keys.isMachinery(exchange) || exchange == keys.options.eventExchange ? nil : exchange
    }

    private mutating func consider(list key: String) {
        guard let queue = keys.queue(ofList: key), !queue.isEmpty, !keys.isMachinery(queue), !queue.isUUID else { return }
        if listed[queue] != nil {
            listed[queue] = listScan.passes
        } else if !foreign.contains(key) {
            unjudged.insert(key)
        }
    }

    // MARK: - Looking closer

    struct Inspections {
        fileprivate var sets: [String: Pipeline.Position] = [:]
        fileprivate var lists: [String: Pipeline.Position] = [:]
    }

    /// Adds what the scans made worth a closer look.
    mutating func addInspections(to pipeline: inout Pipeline) -> Inspections {
        var inspections = Inspections()
        for exchange in stale { inspections.sets[exchange] = pipeline.add(RedisCommand("SMEMBERS", keys.bindings(exchange))) }
        for key in unjudged.prefix(Self.peeks) { inspections.lists[key] = pipeline.add(RedisCommand("LINDEX", key, "0")) }
        stale = []
        unjudged.subtract(inspections.lists.keys)
        return inspections
    }

    mutating func take(_ inspections: Inspections, _ replies: [RESPValue]) {
        for (exchange, position) in inspections.sets {
            if let members = replies[position].items?.compactMap(\.text) { bindings.set(exchange, members: members, keys: keys) }
        }
        for (key, position) in inspections.lists {
            guard let bytes = replies[position].bytes else { continue }
            if WaitingMessage(bytes) != nil, let queue = keys.queue(ofList: key) {
                listed[queue] = listScan.passes
            } else {
                foreign.insert(key)
            }
        }
    }
}

extension String {
    /// Whether it looks like the name of a reply queue: 8-4-4-4-12 hexadecimal digits.
    fileprivate var isUUID: Bool {
        let parts = split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.joined().allSatisfy(\.isHexDigit)
    }
}
