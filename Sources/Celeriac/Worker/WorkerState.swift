import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the parts of one worker share.
final class WorkerState: Sendable {
    let app: App
    let configuration: AppConfiguration
    let node: WorkerName
    let process: Int32
    let log: Logger
    /// Seconds since 1970.
    let time: @Sendable () -> Double
    let startedAt: Double
    /// Slots at the start: `max-concurrency` of the statistics, which Celery does not change either.
    let startedConcurrency: Int
    let pool: any Pool
    let consumer: any TaskConsumer
    let events: EventDispatcher
    let completions: Completions
    let books: Mutex<Books>
    /// Consumed from.
    let queues: Mutex<[Queue]>
    let autoscaling: Mutex<Autoscaling?>
    let alarm: Alarm
    let signals = WorkerSignals()
    /// Ends when the first task may be taken.
    let readiness = Readiness()
    private let toldPrefetch: Mutex<Int?> = Mutex(nil)

    init(app: App, configuration: AppConfiguration, log: Logger, pool: (any Pool)?, time: @escaping @Sendable () -> Double) {
        let worker = configuration.worker
        let host = WorkerClock.hostName()
        let node = NodeName.make(worker.name, host: host)
        let concurrency = max(1, worker.autoscale?.upperBound ?? worker.concurrency ?? WorkerClock.processors())
        let size = max(1, worker.autoscale?.lowerBound ?? concurrency)
        let consumer = app.transport.consumer(owner: node)
        let process = getpid()
        let events = EventDispatcher(
            app.transport, exchange: configuration.broker.eventExchange, node: node, clock: app.clock, process: process,
            sendsAll: worker.sendsEvents, time: time, log: log)
        self.app = app
        self.configuration = configuration
        self.node = node
        self.process = process
        self.log = log
        self.time = time
        self.consumer = consumer
        self.events = events
        self.pool = pool ?? Self.pool(app, worker, size: size, log: log)
        startedAt = time()
        startedConcurrency = self.pool.size
        completions = Completions(results: app.results, lifetime: configuration.resultLifetime, events: events, log: log) {
            (settlements) throws(TransportError) in try await consumer.settle(settlements)
        }
        var books = Books(
            prefetch: Prefetch(multiplier: worker.prefetchMultiplier, concurrency: concurrency, heldLimit: worker.etaTaskLimit), slots: self.pool.size)
        books.limits = LimitOverrides(defaultRate: configuration.defaultRateLimit, ignoresRates: worker.disablesRateLimits)
        self.books = Mutex(books)
        queues = Mutex(configuration.consumedQueues)
        autoscaling = Mutex(worker.autoscale.map { Autoscaling($0, now: time()) })
        alarm = Alarm(now: time)
    }

    private static func pool(_ app: App, _ worker: WorkerConfiguration, size: Int, log: Logger) -> any Pool {
        switch worker.pool {
        case .async: AsyncPool(app: app, size: size, log: log)
        case .process: ProcessPool(size: size, tasksPerChild: worker.maxTasksPerChild, memoryPerChild: worker.maxMemoryPerChild, logger: log)
        }
    }

    var transport: any Transport { app.transport }
    var results: (any ResultStore)? { app.results }

    /// Tells the consumer how many messages may be unsettled, if that changed.
    func updatePrefetch() {
        // Told under the lock, so that the consumer hears the newest number last.
        toldPrefetch.withLock { told in
            let wanted = books.withLock { $0.prefetch.count }
            guard told != wanted else { return }
            consumer.setPrefetch(wanted)
            told = wanted
        }
    }

    func becameReady() { readiness.reach() }

    /// `Task shop.add[…]`, safe to log.
    func shown(_ task: Reservation) -> String { "Task \(named(task))" }
    func named(_ task: Reservation) -> String { "\(ForeignText.safe(task.shownName))[\(ForeignText.safe(task.id.rawValue))]" }
}

extension AppConfiguration {
    /// The queues that a worker takes from: those it names, else all that are declared, else the default one.
    var consumedQueues: [Queue] {
        let declared = Dictionary(queues.map { ($0.name, $0) }) { first, _ in first }
        guard let names = worker.queues else { return queues.isEmpty ? [Queue(defaultQueue)] : queues }
        return names.map { declared[$0] ?? Queue($0) }
    }
}
