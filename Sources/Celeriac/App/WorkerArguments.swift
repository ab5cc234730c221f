import CeleriacCore
import Logging

/// The options of `celery worker` that make sense here, as a table: a dozen do not make up for a package that every program using this library would have to build.
struct WorkerArguments {
    private(set) var configuration: WorkerConfiguration
    private(set) var logLevel = Logger.Level.warning

    /// Fit to be shown.
    struct Misuse: Error, Hashable, Sendable { let description: String }

    private struct Option {
        var names: [String]
        /// What it wants, for the usage; `nil` for a flag.
        var value: String?
        /// False when it cannot take that value.
        var take: Taking
    }

    private typealias Taking = @Sendable (inout WorkerArguments, String) -> Bool

    private static func count(_ key: any WritableKeyPath<WorkerConfiguration, Int?> & Sendable) -> Taking {
        { arguments, text in
            guard let number = Int(text), number >= 1 else { return false }
            arguments.configuration[keyPath: key] = number
            return true
        }
    }

    private static func flag(_ key: any WritableKeyPath<WorkerConfiguration, Bool> & Sendable, _ value: Bool) -> Taking {
        { arguments, _ in
            arguments.configuration[keyPath: key] = value
            return true
        }
    }

    private static func text(_ key: any WritableKeyPath<WorkerConfiguration, String?> & Sendable) -> Taking {
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
        Option(names: ["-l", "--loglevel"], value: "LEVEL") { arguments, text in
            guard let level = Logger.Level(rawValue: text.lowercased()) else { return false }
            arguments.logLevel = level
            return true
        },
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

    static var usage: String {
        "usage: worker " + options.map { option in "[\(option.names[0])\(option.value.map { " " + $0 } ?? "")]" }.joined(separator: " ")
    }

    /// - Parameter configuration: what the options do not say.
    init(_ arguments: [String], _ configuration: WorkerConfiguration) throws(Misuse) {
        self.configuration = configuration
        guard let command = arguments.first else { throw Misuse(description: "what is to be done?") }
        guard command == "worker" else { throw Misuse(description: "unknown command \"\(ForeignText.safe(command))\"") }
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() { try take(argument, &rest) }
    }

    /// `--name value`, `--name=value`, `-n value` or `-nvalue`.
    private mutating func take(_ argument: String, _ rest: inout ArraySlice<String>) throws(Misuse) {
        let isLong = argument.hasPrefix("--")
        let name = String(isLong ? argument.prefix { $0 != "=" } : argument.prefix(2))
        guard let option = Self.options.first(where: { $0.names.contains(name) }) else {
            let nearest = Nearest.match(for: name, in: Self.options.flatMap(\.names)).map { "; did you mean \($0)?" } ?? ""
            throw Misuse(description: "unknown option \(ForeignText.safe(name))\(nearest)")
        }
        let isAttached = name.count < argument.count
        let attached = isAttached ? String(argument.dropFirst(name.count).drop { $0 == "=" }) : nil
        guard let wanted = option.value else {
            if isAttached { throw Misuse(description: "\(name) takes no value") }
            _ = option.take(&self, "")
            return
        }
        guard let value = attached ?? rest.popFirst() else { throw Misuse(description: "\(name) wants \(wanted)") }
        guard option.take(&self, value) else { throw Misuse(description: "\(name) wants \(wanted), not \"\(ForeignText.safe(value))\"") }
    }
}
