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
        let filter = try readFilter(match)
        let picture = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            try await Task.sleep(for: .seconds(wait))
            var request = PictureRequest()
            request.workers = everything(filter)
            return await monitor.picture(request)
        }
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
        let filter = try readFilter(match)
        let (picture, problem) = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            try await Task.sleep(for: .seconds(wait))
            var request = PictureRequest()
            request.queues = everything(filter)
            return (await monitor.picture(request), await monitor.problem)
        }
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
        let filter = try readFilter(match)
        let picture = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            try await Task.sleep(for: .seconds(span))
            var request = PictureRequest()
            request.tasks = everything(filter)
            return await monitor.picture(request)
        }
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
        let filter = try readFilter(match)
        let picture = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            try await Task.sleep(for: .seconds(span))
            var request = PictureRequest()
            request.workflows = everything(filter)
            await monitor.lookAtGroupsOnce()
            return await monitor.picture(request)
        }
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
        let rows = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            try await Task.sleep(for: .seconds(span))
            return await monitor.timings(over: span)
        }
        if list.json { Output.json(.array(rows.map(Listing.value))) } else { Listing.print(rows) }
    }
}
