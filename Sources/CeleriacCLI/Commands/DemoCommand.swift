import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Foundation

/// `celeriac demo`: a whole cluster on one machine, no server, with the dashboard on top.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a cluster at work: an SQLite file as broker, result backend and schedule, two workers, a beat, a producer, and the dashboard.",
        discussion: "Everything ends with the dashboard, and nothing is left behind but what --keep asks for.")
    @OptionGroup var global: GlobalOptions
    @Option(help: ArgumentHelp("Keep the database and the logs of workers and beat in this folder.", valueName: "folder")) var keep: String?

    func run() async throws {
        guard global.broker == nil, global.resultBackend == nil, global.context == nil else { throw Failure(.wrongUsage, "the demo brings its own broker") }
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { throw Failure(.wrongUsage, "the demo needs a terminal") }
        let folder = try DemoFolder(keep)
        let workers = DemoWorkers()
        let producing: Task<Void, Never>
        do {
            for (index, options) in Self.workers.enumerated() {
                try workers.start(["demo-worker", "-b", folder.url, "-r", folder.url] + options, log: folder.path + "/worker-\(index + 1).log")
            }
            try workers.start(["demo-beat", "-b", folder.url, "-S", folder.url], log: folder.path + "/beat.log")
            let producer = try DemoProducer(broker: folder.url)
            producing = Task { await producer.run() }
        } catch {
            workers.end()
            folder.remove()
            throw error
        }
        let shown: Swift.Result<Void, any Error>
        do { shown = .success(try await show(folder)) } catch { shown = .failure(error) }
        producing.cancel()
        workers.end()
        await producing.value
        folder.remove()
        try shown.get()
    }

    /// Of both kinds of pool.
    private static let workers = [["-n", "async@demo", "-P", "async", "-c", "4"], ["-n", "process@demo", "-P", "process", "-c", "2"]]

    private func show(_ folder: DemoFolder) async throws {
        var arguments = ["-b", folder.url, "-r", folder.url, "--color", global.color.rawValue]
        for (option, value) in [("--theme", global.theme), ("--config", global.config)] { arguments += value.map { [option, $0] } ?? [] }
        if global.ascii { arguments.append("--ascii") }
        let top = try Top.parse(arguments)
        // Whatever the user's own clusters are, and how they are reached.
        var session = try Session(top.global, usesContexts: false)
        session.contextName = "demo"
        session.scheduler = folder.url
        session.permission = global.passive ? .passive : global.readOnly ? .readOnly : .act
        try await top.show(session)
    }
}

/// Where the demo's files are: a new folder that is removed with all that is in it, or one that stays.
struct DemoFolder {
    let path: String
    private let isKept: Bool

    init(_ kept: String?) throws {
        if let kept {
            do { try FileManager.default.createDirectory(atPath: kept, withIntermediateDirectories: true) } catch {
                throw Failure(.wrongUsage, "\(kept): cannot be made: \(error.localizedDescription)")
            }
            path = URL(fileURLWithPath: kept).path
            isKept = true
        } else {
            var name = Array((NSTemporaryDirectory() + "celeriac-demo-XXXXXX").utf8CString)
            guard mkdtemp(&name) != nil else { throw Failure(.failed, "no temporary folder: \(String(cString: strerror(errno)))") }
            path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            isKept = false
        }
    }

    /// Of the one file that is broker, result backend and schedule.
    var url: String { "sqlite:///" + ((path + "/demo.db").addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path + "/demo.db") }

    func remove() {
        if !isKept { try? FileManager.default.removeItem(atPath: path) }
    }
}
