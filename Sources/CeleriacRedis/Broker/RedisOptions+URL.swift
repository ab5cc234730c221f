import CeleriacBroker
import CeleriacCore

extension RedisOptions {
    /// These options, but for those that the URL's query gives under Celery's names: `?global_keyprefix=shop:&priority_steps=0,5&fanout_prefix=false`.
    /// - Throws: kind `.misconfigured`, for a value that makes no sense. Options that mean nothing here are left to others.
    func overridden(by url: BrokerURL) throws(TransportError) -> RedisOptions {
        var options = self
        options.globalKeyPrefix = url[option: "global_keyprefix"] ?? globalKeyPrefix
        options.controlExchange = url[option: "control_exchange"] ?? controlExchange
        options.eventExchange = url[option: "event_exchange"] ?? eventExchange
        options.unackedKey = url[option: "unacked_key"] ?? unackedKey
        options.unackedIndexKey = url[option: "unacked_index_key"] ?? unackedIndexKey
        options.unackedMutexKey = url[option: "unacked_mutex_key"] ?? unackedMutexKey
        options.fanoutPatterns = url[option: "fanout_patterns"].flatMap(Self.flag) ?? fanoutPatterns
        options.prioritySteps = PrioritySteps(
            try url[option: "priority_steps"].map { text throws(TransportError) in try Self.steps(text, url) } ?? prioritySteps.steps,
            separator: url[option: "sep"] ?? prioritySteps.separator)
        if let text = url[option: "fanout_prefix"] { options.fanoutPrefix = Self.flag(text).map { $0 ? .database : .none } ?? .text(text) }
        if let text = url[option: "visibility_timeout"] {
            guard let seconds = Double(text), seconds > 0, seconds <= 1e9 else {
                throw .misconfigured(url, "visibility_timeout is no number of seconds", hint: "more than 0, up to 1000000000")
            }
            options.visibilityTimeout = .seconds(seconds)
        }
        return options
    }

    /// `0,3,6,9`, in brackets or not.
    private static func steps(_ text: String, _ url: BrokerURL) throws(TransportError) -> [Int] {
        let parts = text.split { ",[] ".contains($0) }
        let steps = parts.compactMap { Int($0) }
        guard !steps.isEmpty, steps.count == parts.count, steps.allSatisfy((0...9).contains) else {
            throw .misconfigured(url, "priority_steps are no numbers from 0 to 9", hint: "write them like 0,3,6,9")
        }
        return steps
    }

    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "yes": true
        case "false", "0", "no": false
        default: nil
        }
    }
}
