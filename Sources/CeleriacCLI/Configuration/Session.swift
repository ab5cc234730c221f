import Celeriac
import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import Foundation

/// What one run works on: options, environment and configuration file, brought together. Options win over environment, environment over file.
struct Session {
    var contextName: String?
    var broker: BrokerURL
    var resultBackend: BrokerURL?
    /// URL of beat's entries, as it was given.
    var scheduler: String?
    /// Of schedule entries that name none.
    var timezone: String
    var settings: BrokerSettings
    var permission: Permission
    var isProduction: Bool
    var theme: String
    var file: ConfigurationFile

    /// - Parameter usesContexts: whether a context of the file may say which cluster it is, and how to get there; else the file is for theme and keys only.
    init(_ options: GlobalOptions, usesContexts: Bool = true) throws {
        let choices = try Choices(options, usesContexts: usesContexts)
        (file, contextName) = (choices.file, choices.contextName)
        let context = choices.context
        guard let text = choices.choose(options.broker, "CELERY_BROKER_URL", context.broker) else {
            throw Failure(.wrongUsage, "no broker: give -b URL, set CELERY_BROKER_URL, or name a context of \(ConfigurationFile.defaultPath) with --context")
        }
        broker = try Self.url(text)
        if broker.password == nil { broker.password = try context.password() }
        resultBackend = try choices.choose(options.resultBackend, "CELERY_RESULT_BACKEND", context.resultBackend).map(Self.url)
        scheduler = choices.scheduler
        timezone = context.timezone ?? "UTC"
        settings = BrokerSettings()
        if let name = options.controlExchange ?? context.controlExchange { settings.controlExchange = name }
        if let name = options.eventExchange ?? context.eventExchange { settings.eventExchange = name }
        settings.transportOptions = context.transportOptions
        for option in options.transportOption {
            guard let split = option.firstIndex(of: "=") else { throw Failure(.wrongUsage, "--transport-option wants NAME=JSON, not \"\(option)\"") }
            let text = String(option[option.index(after: split)...])
            settings.transportOptions[String(option[..<split])] = (try? JSON.decode(Array(text.utf8))) ?? .string(text)
        }
        permission = choices.permission
        isProduction = context.production
        theme = options.theme ?? context.theme ?? file.theme ?? "default"
    }

    private static func url(_ text: String) throws -> BrokerURL {
        do { return try BrokerURL(text) } catch { throw Failure(.wrongUsage, "\(error)") }
    }

    /// Whether results are messages to who sent the task, in which nobody else can look.
    var hasPrivateResults: Bool { resultBackend?.scheme == "rpc" }
    /// Why `openResultBackend` gives none, in words.
    var lackOfResults: String {
        hasPrivateResults ? "results on rpc:// reach only who sent the task, as `celeriac call --wait` does" : "no result backend: give -r URL or set CELERY_RESULT_BACKEND"
    }

    func openBroker() throws(TransportError) -> any BrokerConnection { try Schemes.broker(broker, settings: settings, permission: permission) }
    /// `nil` also where results are nobody else's.
    func openResultBackend() throws(TransportError) -> (any ResultBackend)? {
        guard let resultBackend, !hasPrivateResults else { return nil }
        return try Schemes.resultBackend(resultBackend, settings: settings)
    }

    /// Sends tasks with their arguments' texts and `task-sent` events, so that they can be followed and sent again.
    func openApp() throws -> App {
        var configuration = AppConfiguration()
        configuration.broker = settings
        configuration.sendsSentEvents = true
        return try App("celeriac", broker: broker, resultBackend: nil, configuration: configuration)
    }

    /// - Parameter monitor: what events told, where somebody listens.
    func retrying(_ broker: any BrokerConnection, results: (any ResultBackend)?, monitor: ClusterMonitor?) -> Retrying {
        let finder = CallFinder(broker, results: results, lackOfResults: lackOfResults, monitor: monitor)
        let journal = RetryJournal(path: Environment.stateFolder + "/retried.jsonl")
        return Retrying(finder, permission: permission, endpoint: self.broker.description, journal: journal, time: { Clock.now }) { [self] in try openApp() }
    }

    func openSchedules() throws(TransportError) -> (any ScheduleStore)? {
        guard let scheduler else { return nil }
        return try Schemes.schedules(scheduler, permission: permission)
    }

    /// A watch over the schedule, not yet running; `nil` without a store.
    func watch(_ monitor: ClusterMonitor?) throws -> ScheduleWatch? {
        guard let store = try openSchedules() else { return nil }
        let zone: ZoneRules
        do { zone = try ZoneFiles.system.rules(timezone) } catch { throw Failure(.wrongUsage, "timezone: \(error)") }
        return ScheduleWatch(store, monitor: monitor, zone: zone, localZone: Clock.localZone) { Clock.now }
    }

    /// What `request` shows of the cluster and of the schedule.
    func picture(_ request: PictureRequest, of monitor: ClusterMonitor, _ watch: ScheduleWatch?) async -> Picture {
        let picture = await monitor.picture(request)
        return await watch?.picture(request, over: picture) ?? picture
    }

    /// A monitor over `broker`, not yet running. Without `results` groups show only as far as waiting messages tell.
    /// - Parameter groupProblem: why there are no `results`, though there should be.
    func monitor(_ broker: any BrokerConnection, results: (any ResultBackend)?, groupProblem: String? = nil) -> ClusterMonitor {
        ClusterMonitor(
            broker, groups: results as? any GroupInspection, groupProblem: groupProblem, permission: permission, time: { Date().timeIntervalSince1970 })
    }
}

/// Which context it is, and where each choice comes from.
struct Choices {
    let file: ConfigurationFile
    let contextName: String?
    let context: ConfigurationFile.Context
    /// URL of beat's entries, as it was given; no broker is needed for them.
    let scheduler: String?
    let permission: Permission
    private let isNamed: Bool
    private let environment = ProcessInfo.processInfo.environment

    init(_ options: GlobalOptions, usesContexts: Bool = true) throws {
        file = try ConfigurationFile.read(options.config)
        contextName = usesContexts ? options.context ?? file.defaultContext : nil
        if let name = contextName {
            guard let found = file.contexts[name] else {
                let nearest = Nearest.match(for: name, in: Array(file.contexts.keys)).map { "; did you mean \($0)?" } ?? ""
                throw Failure(.wrongUsage, "no context \"\(name)\" in \(options.config ?? ConfigurationFile.defaultPath)\(nearest)")
            }
            context = found
        } else { context = ConfigurationFile.Context() }
        isNamed = options.context != nil
        permission = options.passive || context.passive ? .passive : options.readOnly || context.readOnly ? .readOnly : .act
        scheduler = Self.choose(options.scheduler, environment["CELERIAC_SCHEDULER"], context.scheduler, isNamed)
    }

    func choose(_ option: String?, _ variable: String, _ file: String?) -> String? { Self.choose(option, environment[variable], file, isNamed) }

    // A context that was named on the command line wins over the environment, else the environment would decide which cluster is hit.
    private static func choose(_ option: String?, _ variable: String?, _ file: String?, _ isNamed: Bool) -> String? {
        option ?? (isNamed ? file ?? variable : variable ?? file)
    }
}

extension ConfigurationFile.Context {
    /// From `password_file`, else from what `password_command` prints.
    func password() throws -> String? {
        if let passwordFile {
            guard let text = try? String(contentsOfFile: passwordFile, encoding: .utf8) else { throw Failure(.wrongUsage, "\(passwordFile): cannot be read") }
            return text.trimmingCharacters(in: .newlines)
        }
        guard let program = passwordCommand.first else { return nil }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = passwordCommand
        let pipe = Pipe()
        process.standardOutput = pipe
        do { try process.run() } catch { throw Failure(.failed, "password_command \(program) did not start") }
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(.failed, "password_command \(program) ended with code \(process.terminationStatus)") }
        return text.trimmingCharacters(in: .newlines)
    }
}
