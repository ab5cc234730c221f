import CeleriacCore
import OrderedCollections
import TestSupport

/// Signatures of all kinds, stood into each other at random, in their map form; and numbered ids that look like UUIDs.
struct RandomCanvas {
    private var random: SeededGenerator
    private var count = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func signature(depth: Int) -> Value {
        switch depth == 0 ? 0 : Int.random(in: 0..<10, using: &random) {
        case 0...3: task()
        case 4, 5: composite("chain", ["tasks": members(0...4, depth: depth - 1)])
        case 6, 7: composite("group", ["tasks": members(0...3, depth: depth - 1)])
        case 8: composite("chord", ["kwargs": [:], "header": members(0...3, depth: depth - 1), "body": signature(depth: depth - 1)])
        default: mapping()
        }
    }

    mutating func task() -> Value {
        count += 1
        var options = options()
        if chance(6) { options["countdown"] = .integer(number(1...9)) }
        if chance(8) { options["queue"] = "other" }
        if chance(8) { options["priority"] = .integer(number(0...9)) }
        if chance(12) { options["task_id"] = .string(id()) }
        return [
            "task": .string("t\(count)"), "args": .array((0..<number(0...2)).map { .integer($0) }), "kwargs": chance(4) ? ["k": .integer(count)] : [:],
            "options": .object(options), "subtask_type": .null, "immutable": .bool(chance(4)),
        ]
    }

    mutating func mapping() -> Value {
        let kind = ["map", "starmap", "chunks"].randomElement(using: &random) ?? "map"
        var kwargs: OrderedDictionary<String, Value> = ["task": Signature("inner").value, "it": [[1, 2], [3, 4], [5, 6]]]
        if kind == "chunks" { kwargs["n"] = .integer(number(1...4)) }
        return [
            "task": .string("celery.\(kind)"), "args": [], "kwargs": .object(kwargs), "options": [:],
            "subtask_type": kind == "chunks" ? "chunks" : .string("x\(kind)"), "immutable": true,
        ]
    }

    private mutating func composite(_ kind: String, _ kwargs: OrderedDictionary<String, Value>) -> Value {
        var options = options()
        // A group takes none, and a chord would hand it on to its header.
        if kind == "group" { options = [:] }
        if chance(8) { options["countdown"] = .integer(number(1...9)) }
        return [
            "task": .string("celery.\(kind)"), "args": [], "kwargs": .object(kwargs), "options": .object(options), "subtask_type": .string(kind),
            "immutable": false,
        ]
    }

    private mutating func members(_ range: ClosedRange<Int>, depth: Int) -> Value {
        var members: [Value] = []
        for _ in 0..<number(range) { members.append(signature(depth: depth)) }
        return .array(members)
    }

    private mutating func options() -> OrderedDictionary<String, Value> {
        var options: OrderedDictionary<String, Value> = [:]
        if chance(5) { options["link"] = .array(callbacks()) }
        if chance(5) { options["link_error"] = .array(callbacks()) }
        if chance(10) {
            options["stamped_headers"] = ["batch"]
            options["batch"] = .integer(count)
        }
        return options
    }

    mutating func callbacks() -> [Value] {
        var list: [Value] = []
        for _ in 0..<number(1...2) {
            count += 1
            list.append(Signature("callback\(count)", isImmutable: chance(2)).value)
        }
        return list
    }

    mutating func id() -> String { Self.id(Int.random(in: 0..<1_000_000_000, using: &random)) }

    /// As long as a UUID, and as many dashes.
    static func id(_ number: Int) -> String {
        let digits = String(number)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }
}
