import CeleriacCore
import DequeModule

/// Events that wait to be published, in order: task events joined to arrays, others alone. Bounded; what came first leaves first.
struct EventBacklog {
    /// One message.
    struct Parcel: Sendable {
        var routingKey: String
        var body: [UInt8]
        var events: Int
    }

    /// Bytes of one array; a few hundred events.
    static let arrayLimit = 64 << 10
    /// Bytes kept while nobody takes them.
    static let byteLimit = 16 << 20

    private var parcels = Deque<Parcel>()
    private var bytes = 0
    /// The array that still grows, without its end.
    private var open: [UInt8] = []
    private var openEvents = 0
    /// Events that had to go since somebody asked.
    private(set) var dropped = 0

    var isEmpty: Bool { parcels.isEmpty && open.isEmpty }

    /// - Parameter write: appends one event's JSON text.
    mutating func appendTaskEvent(_ write: (inout [UInt8]) -> Void) {
        open.append(open.isEmpty ? "[" : ", ")
        write(&open)
        openEvents += 1
        if open.count >= Self.arrayLimit { closeArray() }
    }

    mutating func append(_ parcel: Parcel) {
        closeArray()
        keep(parcel)
    }

    /// All there is, oldest first.
    mutating func takeAll() -> [Parcel] {
        closeArray()
        defer { (parcels, bytes) = ([], 0) }
        return Array(parcels)
    }

    mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }

    private mutating func closeArray() {
        guard !open.isEmpty else { return }
        open.append("]")
        keep(Parcel(routingKey: "task.multi", body: open, events: openEvents))
        open = []
        openEvents = 0
    }

    private mutating func keep(_ parcel: Parcel) {
        parcels.append(parcel)
        bytes += parcel.body.count
        while bytes > Self.byteLimit, parcels.count > 1, let oldest = parcels.popFirst() {
            bytes -= oldest.body.count
            dropped += oldest.events
        }
    }
}
