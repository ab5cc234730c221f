import CeleriacCore
import Logging

/// The options of `celery worker` that make sense here.
struct WorkerArguments {
    private(set) var configuration: WorkerConfiguration
    var logLevel = Logger.Level.warning

    private typealias Option = CommandOption<WorkerArguments>

    private static func count(_ key: any WritableKeyPath<WorkerConfiguration, Int?> & Sendable) -> Option.Taking {
        { arguments, text in
            guard let number = Int(text), number >= 1 else { return false }
            arguments.configuration[keyPath: key] = number
            return true
        }
    }

    private static func flag(_ key: any WritableKeyPath<WorkerConfiguration, Bool> & Sendable, _ value: Bool) -> Option.Taking {
        { arguments, _ in
            arguments.configuration[keyPath: key] = value
            return true
        }
    }

    private static func text(_ key: any WritableKeyPath<WorkerConfiguration, String?> & Sendable) -> Option.Taking {
        { arguments, text in
            arguments.configuration[keyPath: key] = text
            return !text.isEmpty
        }
    }

    private static let options = [
        Option(names: ["-n", "--hostname"], value: "NAME", take: text(\.name)),
        Option(names: ["-Q", "--queues"], value: "NAME,…") { arguments, text in
            let names = text.split(separator: ",").map { QueueName(String($0)) }
            arguments.configuration.queues = names
            return !names.isEmpty
        },
        Option(names: ["-c", "--concurrency"], value: "COUNT", take: count(\.concurrency)),
        Option(names: ["-P", "--pool"], value: "async/process") { arguments, text in
            guard let pool = WorkerConfiguration.PoolKind(rawValue: text) else { return false }
            arguments.configuration.pool = pool
            return true
        },
        Option(names: ["-E", "--task-events"], take: flag(\.sendsEvents, true)),
        .level(\.logLevel),
        Option(names: ["--autoscale"], value: "MAX,MIN") { arguments, text in
            let numbers = text.split(separator: ",").compactMap { Int($0) }
            guard numbers.count == 2, numbers[0] >= 1, 0...numbers[0] ~= numbers[1] else { return false }
            arguments.configuration.autoscale = max(1, numbers[1])...numbers[0]
            return true
        },
        Option(names: ["--prefetch-multiplier"], value: "COUNT") { arguments, text in
            guard let number = Int(text), number >= 0 else { return false }
            arguments.configuration.prefetchMultiplier = number
            return true
        },
        Option(names: ["--statedb"], value: "FILE", take: text(\.stateFile)),
        Option(names: ["--max-tasks-per-child"], value: "COUNT", take: count(\.maxTasksPerChild)),
        Option(names: ["--max-memory-per-child"], value: "KILOBYTES", take: count(\.maxMemoryPerChild)),
        Option(names: ["--without-heartbeat"], take: flag(\.sendsHeartbeats, false)),
        Option(names: ["--without-mingle"], take: flag(\.mingles, false)),
        // There is none; scripts that were written for Celery pass it.
        Option(names: ["--without-gossip"]) { _, _ in true },
    ]

    static var usage: String { Option.usage("worker", options) }

    /// - Parameter configuration: what the options do not say.
    init(_ arguments: ArraySlice<String>, _ configuration: WorkerConfiguration) throws(Misuse) {
        self.configuration = configuration
        try Option.read(arguments, Self.options, into: &self)
    }
}
