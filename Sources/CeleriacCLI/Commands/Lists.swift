import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore

/// `celeriac workers`.
struct Workers: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Workers with heartbeat, load and what they do.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Option(help: ArgumentHelp("Only those that match.", valueName: "filter")) var match: String?
    @Option(help: ArgumentHelp("Seconds to listen for heartbeats first.", valueName: "seconds")) var wait: Double = 0

    func run() async throws {
        let session = try Session(global)
        var request = PictureRequest()
        request.workers = everything(try readFilter(match))
        let (picture, _) = try await look(at: session, request, after: duration("--wait", wait))
        let rows = picture.workers?.rows ?? []
        if list.json { return Output.json(.array(rows.map(Listing.value))) }
        guard !rows.isEmpty else { throw Failure(.unavailable, "no worker replied or was heard") }
        Listing.print(rows)
    }
}

/// `celeriac queues`.
struct Queues: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Queues with their sizes and rates.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Option(help: ArgumentHelp("Only those that match.", valueName: "filter")) var match: String?
    @Option(help: ArgumentHelp("Seconds to watch first; rates need at least 2.", valueName: "seconds")) var wait: Double = 0

    func run() async throws {
        let session = try Session(global)
        var request = PictureRequest()
        request.queues = everything(try readFilter(match))
        let (picture, problem) = try await look(at: session, request, after: duration("--wait", wait))
        if let problem { Output.complain("celeriac: \(ForeignText.safe(problem))") }
        let rows = picture.queues?.rows ?? []
        if list.json { Output.json(.array(rows.map(Listing.value))) } else { Listing.print(rows, now: picture.now) }
    }
}

/// `celeriac tasks`.
struct Tasks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tasks: what workers hold now, and what is seen while listening.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Option(name: .customLong("for"), help: ArgumentHelp("Seconds to listen to events.", valueName: "seconds")) var span: Double = 0
    @Option(help: ArgumentHelp("Only those that match.", valueName: "filter")) var match: String?

    func run() async throws {
        let session = try Session(global)
        var request = PictureRequest()
        request.tasks = everything(try readFilter(match))
        let (picture, _) = try await look(at: session, request, after: duration("--for", span))
        let rows = picture.tasks?.rows ?? []
        if list.json { Output.json(.array(rows.map(Listing.value))) } else { Listing.print(rows) }
    }
}

/// `celeriac workflows`.
struct Workflows: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Chains, groups and chords with what failed in them.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Option(name: .customLong("for"), help: ArgumentHelp("Seconds to listen to events.", valueName: "seconds")) var span: Double = 10
    @Option(help: ArgumentHelp("Only those of which a task matches.", valueName: "filter")) var match: String?

    func run() async throws {
        let session = try Session(global)
        var request = PictureRequest()
        request.workflows = everything(try readFilter(match))
        let (picture, problem) = try await look(at: session, request, after: duration("--for", span))
        if let problem { Output.complain("celeriac: the result backend does not tell of groups: \(ForeignText.safe(problem))") }
        let rows = picture.workflows?.rows ?? []
        if list.json { Output.json(.array(rows.map(Listing.value))) } else { Listing.print(rows) }
    }
}

/// `celeriac timings`.
struct Timings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "How long tasks wait and run, by name.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Option(name: .customLong("for"), help: ArgumentHelp("Seconds to listen to events.", valueName: "seconds")) var span: Double = 10

    func run() async throws {
        let session = try Session(global)
        let listening = try duration("--for", span)
        let rows = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            try await monitor.watch(for: listening, groups: false)
            return await monitor.timings(over: span)
        }
        if list.json { Output.json(.array(rows.map(Listing.value))) } else { Listing.print(rows) }
    }
}
