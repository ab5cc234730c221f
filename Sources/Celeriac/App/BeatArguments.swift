import Logging

/// The options of `celery beat` that make sense here.
struct BeatArguments {
    private(set) var configuration: BeatConfiguration
    var logLevel = Logger.Level.warning

    private typealias Option = CommandOption<BeatArguments>

    private static func seconds(_ take: @escaping @Sendable (inout BeatConfiguration, Duration) -> Void) -> Option.Taking {
        { arguments, text in
            guard let seconds = Double(text), seconds > 0, seconds < 1e9 else { return false }
            take(&arguments.configuration, .seconds(seconds))
            return true
        }
    }

    private static let options = [
        Option(names: ["-S", "--scheduler"], value: "URL") { arguments, text in
            arguments.configuration.scheduler = text
            return !text.isEmpty
        },
        Option(names: ["--max-interval"], value: "SECONDS", take: seconds { $0.maxInterval = $1 }),
        .level(\.logLevel),
    ]

    static var usage: String { Option.usage("beat", options) }

    /// - Parameter configuration: what the options do not say.
    init(_ arguments: ArraySlice<String>, _ configuration: BeatConfiguration) throws(Misuse) {
        self.configuration = configuration
        try Option.read(arguments, Self.options, into: &self)
    }
}
