import CeleriacBroker
import CeleriacCore
import Glibc
import OrderedCollections

/// What all events of one node begin with, and how each of them is written.
struct EventHead: Sendable {
    let node: String
    /// `{"hostname": …, "utcoffset": …, "pid": …, "clock": `.
    private let beginning: [UInt8]

    /// - Parameter hoursWest: of UTC, summer time included: it changes twice a year.
    init(node: String, process: Int32 = getpid(), hoursWest: Double = WorkerClock.hoursWest()) {
        var beginning: [UInt8] = []
        beginning.append("{\"hostname\": ")
        beginning.appendJSON(node)
        beginning.append(", \"utcoffset\": ")
        beginning += JSON.encode(.number(hoursWest))
        beginning.append(", \"pid\": ")
        beginning.append(contentsOf: String(process).utf8)
        beginning.append(", \"clock\": ")
        self.node = node
        self.beginning = beginning
    }

    /// Appends one event's JSON text.
    /// - Parameters:
    ///   - members: what sets it apart, each with the comma after it.
    ///   - now: seconds since 1970.
    ///   - type: appends its name, as a JSON string.
    func write(_ members: [UInt8], clock: Int, now: Double, into output: inout [UInt8], type: (inout [UInt8]) -> Void) {
        output += beginning
        output.append(contentsOf: String(clock).utf8)
        output.append(", ")
        output += members
        output.append("\"timestamp\": ")
        output.append(contentsOf: now.description.utf8)
        output.append(", \"type\": ")
        type(&output)
        output.append("}")
    }
}

extension Publication {
    /// The message of events.
    /// - Parameter body: one event, or an array of them, which receivers take under any key.
    init(events body: [UInt8], of node: String, routingKey: String, exchange: String) {
        self.init(
            exchange: exchange, routingKey: routingKey,
            envelope: Envelope(headers: ["hostname": .string(node)], properties: ["delivery_mode": 1, "priority": 0], body: body))
    }
}
