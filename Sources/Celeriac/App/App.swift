import CeleriacBroker
import CeleriacCore
import Synchronization

/// A Celery application: its tasks, and the broker and result backend through which they are called, run and answered.
///
/// Both are opened by URL; nothing is connected before it is needed. Tasks are registered once, at the start of the program, and the same program can then
/// send them or, by `run`, be a worker that runs them.
public final class App: Sendable {
    /// Shown by monitors and in errors; not on the wire.
    public let name: String
    public let configuration: AppConfiguration
    let transport: any Transport
    let results: (any ResultStore)?
    let clock = LamportClock()
    /// Seconds since 1970.
    let time: @Sendable () -> Double
    let sender: Sender
    private let state = Mutex(State())

    private struct State {
        var definitions: [String: TaskDefinition] = [:]
        var middleware: [TaskMiddleware] = []
    }

    init(
        _ name: String, configuration: AppConfiguration, transport: any Transport, results: (any ResultStore)?,
        time: @escaping @Sendable () -> Double = secondsSince1970
    ) {
        self.name = name
        self.configuration = configuration
        self.transport = transport
        self.results = results
        self.time = time
        sender = Sender(configuration, replyTo: results?.replyQueue ?? freshUUID())
    }

    /// Makes a task known under its name; a later one of the same name takes its place.
    public func register(_ definition: TaskDefinition) { state.withLock { $0.definitions[definition.name] = definition } }
    func definition(of task: String) -> TaskDefinition? { state.withLock { $0.definitions[task] } }
    /// Names of all registered tasks, sorted.
    public var taskNames: [String] { state.withLock { $0.definitions.keys.sorted() } }

    /// Adds code around each run and each message, within what was added before.
    public func use(_ middleware: TaskMiddleware) { state.withLock { $0.middleware.append(middleware) } }
    var middleware: [TaskMiddleware] { state.withLock { $0.middleware } }

    /// Closes all connections; calls that wait fail.
    public func close() async {
        await transport.close()
        await results?.close()
    }
}

/// Celery's logical time, carried by events and control messages: grows with each send, and jumps beyond what it hears.
final class LamportClock: Sendable {
    /// Beyond it stands nothing that any cluster has counted to: not heeded, since counting on from there would overflow.
    private static let limit = 1 << 62
    private let time = Mutex(0)

    var now: Int { time.withLock { $0 } }
    /// For a message about to be sent.
    func forward() -> Int {
        time.withLock {
            $0 += 1
            return $0
        }
    }
    /// After hearing `other`.
    func adjust(to other: Int) { time.withLock { $0 = max($0, other <= Self.limit ? other : 0) + 1 } }
}
