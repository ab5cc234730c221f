import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// What beat keeps of the entries, apart from what people write: `{"runs": {name: {"last_run_at", "total_run_count"}}, "leader": {"owner", "until"}}`, times in
/// seconds since 1970.
struct RunStates {
    struct Run: Hashable {
        var lastRun: Double?
        var runs: Int

        var version: String { "\(lastRun.map { String($0) } ?? "-") \(runs)" }
    }

    var runs: OrderedDictionary<String, Run> = [:]
    var leader: (owner: String, until: Double)?

    /// What cannot be read counts as if it had never run: nothing else is lost with it.
    init(_ text: String?) {
        guard let value = text.flatMap({ try? JSON.decode($0) }) else { return }
        for (name, run) in value["runs"]?.object ?? [:] {
            runs[name] = Run(lastRun: run["last_run_at"]?.double, runs: max(0, run["total_run_count"]?.integer ?? 0))
        }
        if let owner = value["leader"]?["owner"]?.string, let until = value["leader"]?["until"]?.double { leader = (owner, until) }
    }

    var text: String {
        var members: OrderedDictionary<String, Value> = [:]
        for (name, run) in runs { members[name] = ["last_run_at": run.lastRun.map { .number($0) } ?? .null, "total_run_count": .integer(run.runs)] }
        let leader: Value = leader.map { ["owner": .string($0.owner), "until": .number($0.until)] } ?? .null
        return JSON.pretty(["runs": .object(members), "leader": leader]) + "\n"
    }

    subscript(name: String) -> Run { runs[name] ?? Run(lastRun: nil, runs: 0) }
}
