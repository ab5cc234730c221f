public import CeleriacBroker
public import CeleriacCore
import Synchronization

/// A Celery application: its tasks, and the broker and result backend through which they are called, run and answered.
public final class App: Sendable {
    public let name: String
    public let configuration: AppConfiguration
    let transport: any Transport
    let results: (any ResultStore)?
    let clock = LamportClock()
    private let definitions = Mutex<[String: TaskDefinition]>([:])

    init(_ name: String, configuration: AppConfiguration, transport: any Transport, results: (any ResultStore)?) {
        self.name = name
        self.configuration = configuration
        self.transport = transport
        self.results = results
    }

    /// Makes a task known under its name; a later one of the same name takes its place.
    public func register(_ definition: TaskDefinition) { definitions.withLock { $0[definition.name] = definition } }
    func definition(of task: String) -> TaskDefinition? { definitions.withLock { $0[task] } }
    /// Names of all registered tasks, sorted.
    public var taskNames: [String] { definitions.withLock { $0.keys.sorted() } }
}

/// Celery's logical time, carried by events and control messages: grows with each send, and jumps beyond what it hears.
final class LamportClock: Sendable {
    private let time = Mutex(0)

    var now: Int { time.withLock { $0 } }
    /// For a message about to be sent.
    func forward() -> Int { time.withLock { $0 += 1; return $0 } }
    /// After hearing `other`.
    func adjust(to other: Int) { time.withLock { $0 = max($0, other) + 1 } }
}
