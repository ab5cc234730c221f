import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// Sends a worker's events, in order and in batches. Never makes anybody wait; what cannot be sent while the broker is away is kept, up to
/// `EventBacklog.byteLimit`, and sent afterwards.
final class EventDispatcher: Sendable {
    /// Which groups of events are sent.
    private struct Switches {
        /// `-E`: all, whatever remote control says.
        let sendsAll: Bool
        /// `enable_events`.
        var sendsTasks = false
        /// Brokers without broadcast have no events.
        let isPossible: Bool
    }

    private let sender: EventSender
    private let pump: Pump
    private let clock: LamportClock
    private let time: @Sendable () -> Double
    private let makeHead: @Sendable () -> EventHead
    private let head: Mutex<EventHead>
    private let switches: Mutex<Switches>

    /// - Parameters:
    ///   - hoursWest: of UTC now; asked again by `refresh`.
    ///   - sendsAll: `worker_send_task_events`.
    ///   - time: seconds since 1970.
    init(
        _ transport: any Transport, exchange: String, node: WorkerName, clock: LamportClock, process: Int32,
        hoursWest: @escaping @Sendable () -> Double = { WorkerClock.hoursWest() }, sendsAll: Bool, time: @escaping @Sendable () -> Double, log: Logger
    ) {
        let sender = EventSender(transport, exchange: exchange, node: node, log: log)
        self.sender = sender
        pump = Pump { await sender.flush() }
        self.clock = clock
        self.time = time
        switches = Mutex(Switches(sendsAll: sendsAll, isPossible: transport.features.contains(.broadcast)))
        let makeHead: @Sendable () -> EventHead = { EventHead(node: node.rawValue, process: process, hoursWest: hoursWest()) }
        self.makeHead = makeHead
        head = Mutex(makeHead())
    }

    /// At each heartbeat: the hours to UTC may be others by now.
    func refresh() {
        let new = makeHead()
        head.withLock { $0 = new }
    }

    /// Whether events of tasks are wanted; making them is not free.
    var sendsTasks: Bool { switches.withLock { $0.isPossible && ($0.sendsAll || $0.sendsTasks) } }

    /// `enable_events` and `disable_events`: whether that changed anything. With `-E` it never does.
    func setSendsTasks(_ wanted: Bool) -> Bool {
        switches.withLock { switches in
            guard !switches.sendsAll, switches.sendsTasks != wanted else { return false }
            switches.sendsTasks = wanted
            return true
        }
    }

    /// Events of tasks; dropped when nobody wants those.
    func send(_ events: [TaskEvent]) {
        guard !events.isEmpty, sendsTasks else { return }
        let head = head.withLock { $0 }
        queue { backlog in
            for event in events {
                backlog.appendTaskEvent { head.write(event.members, clock: clock.forward(), now: time(), into: &$0) { $0.appendQuoted(event.type) } }
            }
        }
    }

    func send(_ event: TaskEvent) { send([event]) }

    /// An event in a message of its own: `worker-online`, …
    func send(_ type: String, members: [(StaticString, Value)]) {
        guard switches.withLock({ $0.isPossible }) else { return }
        var fields: [UInt8] = []
        for (name, value) in members {
            fields.appendName(name)
            fields += JSON.encode(value)
            fields.append(", ")
        }
        var body: [UInt8] = []
        head.withLock { $0 }.write(fields, clock: clock.forward(), now: time(), into: &body) { $0.appendJSON(type) }
        let parcel = EventBacklog.Parcel(routingKey: type.replacing("-", with: "."), body: body, events: 1)
        queue { $0.append(parcel) }
    }

    /// Returns once all is sent, or a little after `limit` when the broker does not take it.
    func drain(within limit: Duration) async {
        let timer = Task {
            try await Task.sleep(for: limit)
            sender.hurry()
        }
        await pump.idle()
        timer.cancel()
    }

    private func queue(_ append: @Sendable (inout EventBacklog) -> Void) {
        let wasEmpty = sender.backlog.withLock { backlog in
            defer { append(&backlog) }
            return backlog.isEmpty
        }
        if wasEmpty { pump.signal() }
    }
}
