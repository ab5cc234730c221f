import ArgumentParser

/// Options that every subcommand takes, before or after its name.
struct GlobalOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "Broker URL, for instance redis://localhost:6379/0 (CELERY_BROKER_URL).")
    var broker: String?

    @Option(name: [.short, .long], help: "Result backend URL (CELERY_RESULT_BACKEND).")
    var resultBackend: String?

    @Option(name: [.customShort("S"), .long], help: "Schedule store URL (CELERIAC_SCHEDULER).")
    var scheduler: String?

    @Option(help: ArgumentHelp("Section of the configuration file to use.", valueName: "name"))
    var context: String?

    @Option(help: ArgumentHelp("Configuration file (default: $XDG_CONFIG_HOME/celeriac/config.toml).", valueName: "file"))
    var config: String?

    @Flag(help: "Refuse everything that changes the cluster.")
    var readOnly = false

    @Flag(help: "Ask workers nothing: only listen and look.")
    var passive = false

    @Option(help: "Theme of the dashboard: default, dark, mono, or a TOML file.")
    var theme: String?

    @Option(help: "Colours: auto, always, never.")
    var color: ColorMode = .auto

    @Flag(help: "Draw with ASCII only.")
    var ascii = false

    @Option(help: ArgumentHelp("The cluster's control_exchange.", valueName: "name"))
    var controlExchange: String?

    @Option(help: ArgumentHelp("The cluster's event_exchange.", valueName: "name"))
    var eventExchange: String?

    @Option(help: ArgumentHelp("One of the cluster's broker_transport_options, as NAME=JSON; may be repeated.", valueName: "name=json"))
    var transportOption: [String] = []
}

enum ColorMode: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
}

/// What lists things can print them as JSON.
struct ListOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false
}
