import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// What the parts of one worker share.
final class WorkerState: Sendable {
    let app: App
    let node: WorkerName
    let process: Int32
    let log: Logger
    /// Seconds since 1970.
    let time: @Sendable () -> Double
    let startedAt: Double
    let pool: any Pool
    let consumer: any TaskConsumer
    let events: EventDispatcher
    let completions: Completions
    let books: Mutex<Books>
    let queues: Mutex<[Queue]>
    let autoscaling: Mutex<Autoscaling?>
    let alarm: Alarm
    let signals: WorkerSignals
    private let shownPrefetch: Mutex<Int?> = Mutex(nil)

    init(
        app: App, node: WorkerName, process: Int32, log: Logger, time: @escaping @Sendable () -> Double, pool: any Pool, consumer: any TaskConsumer,
        events: EventDispatcher, completions: Completions, books: Books, queues: [Queue], autoscaling: Autoscaling?
    ) {
        self.app = app
        self.node = node
        self.process = process
        self.log = log
        self.time = time
        startedAt = time()
        self.pool = pool
        self.consumer = consumer
        self.events = events
        self.completions = completions
        self.books = Mutex(books)
        self.queues = Mutex(queues)
        self.autoscaling = Mutex(autoscaling)
        alarm = Alarm(now: time)
        signals = WorkerSignals()
    }

    var configuration: AppConfiguration { app.configuration }
    var transport: any Transport { app.transport }
    var results: (any ResultStore)? { app.results }

    /// Tells the consumer how many messages may be unsettled, if that changed.
    func updatePrefetch() {
        let wanted = books.withLock { $0.prefetch.count }
        let hasChanged = shownPrefetch.withLock { shown in
            defer { shown = wanted }
            return shown != wanted
        }
        if hasChanged { consumer.setPrefetch(wanted) }
    }

    /// `Task shop.add[…]`, safe to log.
    func shown(_ task: Reservation) -> String { "Task \(ForeignText.safe(task.shownName))[\(ForeignText.safe(task.id.rawValue))]" }
}
