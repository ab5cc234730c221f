/// The recurring texts of a cluster's tasks, each a number.
struct Vocabulary: Sendable {
    /// Stands for Celery's direct exchange, whose name is the empty text.
    static let emptyRoute = NameID.max

    var tasks: NameTable
    var queues: NameTable
    /// Exchanges and routing keys.
    var routes: NameTable
    /// Nodes that send tasks.
    var clients: NameTable
    /// Subjects of the events that applications make up, as the events spell them.
    private var subjects: NameTable

    /// - Parameter byteLimit: bytes that each kind of text may take.
    init(byteLimit: Int, hash: ByteHash) {
        tasks = NameTable(limit: 10_000, byteLimit: byteLimit, hash: hash)
        queues = NameTable(limit: 10_000, byteLimit: byteLimit, hash: hash)
        routes = NameTable(limit: 10_000, byteLimit: byteLimit, hash: hash)
        clients = NameTable(limit: 10_000, byteLimit: byteLimit, hash: hash)
        subjects = NameTable(limit: 1_000, byteLimit: byteLimit, hash: hash)
    }

    var bytes: Int { tasks.bytes + queues.bytes + routes.bytes + clients.bytes + subjects.bytes }

    /// An exchange or a routing key; `nil` when there is none.
    func route(_ id: NameID) -> String? {
        id == NameTable.none ? nil : id == Self.emptyRoute ? "" : routes[id]
    }

    /// The state that an event `task-<subject>` with a subject unknown to Celery leads to.
    mutating func state(subject: UnsafeRawBufferPointer) -> StateID {
        StateID(rawValue: UInt16(truncatingIfNeeded: 8 + subjects.intern(subject)))
    }

    subscript(state: StateID) -> TaskState {
        if Int(state.rawValue) < StateID.builtIn.count { return StateID.builtIn[Int(state.rawValue)] }
        return TaskState(rawValue: subjects[NameID(state.rawValue - 8)].uppercased())
    }

    /// Every state seen so far.
    var states: [StateID] {
        (0..<8 + UInt16(truncatingIfNeeded: subjects.endID)).map { StateID(rawValue: $0) }
    }
}
