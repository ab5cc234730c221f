import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Foundation
import Logging

/// `celeriac demo-worker`: a worker of the demo, with the demo's tasks. Ends when its standard input does.
struct DemoWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "demo-worker", abstract: "A worker of the demo.", shouldDisplay: false)
    @OptionGroup var global: GlobalOptions
    @Option(name: [.customShort("n"), .customLong("hostname")]) var nodeName: String
    @Option(name: [.customShort("P"), .long]) var pool: PoolName
    @Option(name: [.short, .long]) var concurrency: Int

    func run() async throws {
        // The user's contexts and files are about other clusters.
        guard let broker = global.broker else { throw Failure(.wrongUsage, "a worker of the demo is told its broker") }
        var configuration = AppConfiguration()
        configuration.sendsSentEvents = true
        configuration.queues = [Queue(configuration.defaultQueue), Queue("media")]
        configuration.worker.name = nodeName
        configuration.worker.pool = pool == .process ? .process : .async
        configuration.worker.concurrency = concurrency
        configuration.worker.sendsEvents = true
        // Half as many as usual: with fewer in hand, the queues have something to show.
        configuration.worker.prefetchMultiplier = 2
        let app = try App("demo", broker: broker, resultBackend: global.resultBackend, configuration: configuration)
        try DemoTasks.register(on: app)
        if PoolChild.isThisProcess { await PoolChild.run(app) }
        let worker = Worker(app: app, log: try WorkerLog.logger(level: .info, file: nil))
        endingWithInput { worker.shutdown(.cold) }
        _ = try await worker.runHeedingSignals()
    }
}

/// `celeriac demo-beat`: the beat of the demo, with the demo's schedule. Ends when its standard input does.
struct DemoBeat: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "demo-beat", abstract: "The beat of the demo.", shouldDisplay: false)
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard let broker = global.broker, let scheduler = global.scheduler else { throw Failure(.wrongUsage, "the beat of the demo is told its broker and its schedule") }
        var configuration = AppConfiguration()
        configuration.sendsSentEvents = true
        configuration.beat.entries = try DemoSchedule.entries(now: Clock.now)
        let app = try App("demo", broker: broker, configuration: configuration)
        let beat = try app.beat(Schemes.schedules(scheduler), log: WorkerLog.logger(level: .info, file: nil))
        endingWithInput { beat.shutdown() }
        try await beat.runHeedingSignals()
    }
}

/// Ends this process when its standard input ends: by `shutdown`, and if that takes too long by force.
private func endingWithInput(_ shutdown: @escaping @Sendable () -> Void) {
    // A thread of its own: it is to end the process whatever that does.
    Thread.detachNewThread {
        var byte: UInt8 = 0
        while read(STDIN_FILENO, &byte, 1) > 0 {}
        shutdown()
        Thread.sleep(forTimeInterval: 2)
        _exit(1)
    }
}
