import CeleriacBroker
import CeleriacCore

/// RedBeat's `meta` (redbeat/decoder.py): when an entry ran last, and how often.
struct RedBeatMeta: Hashable {
    /// Seconds since 1970; `nil`: never, and beat runs it at once.
    var lastRun: Double?
    var runs = 0

    init(lastRun: Double?, runs: Int) {
        self.lastRun = lastRun
        self.runs = runs
    }

    /// - Parameter zone: finds the rules of a zone by its name.
    /// - Throws: for what beat would not read.
    init(_ text: String, zone: (String) -> ZoneRules?) throws(DefinitionFault) {
        let value: Value
        do throws(JSONError) { value = try JSON.decode(text) } catch { throw DefinitionFault("meta is no JSON: \(error)") }
        runs = max(0, value["total_run_count"]?.integer ?? 0)
        if let time = value["last_run_at"]?.ifNotNull {
            guard let seconds = RedBeatTime.seconds(time, zones: zone) else { throw DefinitionFault("last_run_at is no time, or in an unknown time zone") }
            lastRun = seconds
        }
    }

    /// As RedBeat writes it; before the first run without a count.
    var text: String {
        let time = lastRun.flatMap(RedBeatTime.value) ?? .null
        return String(decoding: JSON.encode(runs == 0 ? ["last_run_at": time] : ["last_run_at": time, "total_run_count": .integer(runs)]), as: UTF8.self)
    }
}
