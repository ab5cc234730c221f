import ArgumentParser
import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// `celeriac events`.
struct Events: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One line per event, as they come.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions

    func run() async throws {
        let broker = try Session(global).openBroker()
        var hasListened = false
        for await element in broker.events() {
            switch element {
            case .batch(let batch):
                if batch.dropped > 0 { Output.complain("celeriac: \(batch.dropped) events dropped: they came faster than they could be printed") }
                for payload in batch.payloads { show(batch, payload) }
            case .link(.reconnecting(_, _, let reason)):
                guard hasListened else { throw Failure(.unavailable, ForeignText.safe("connection to \(broker.endpoint) failed: \(reason)")) }
                Output.complain("celeriac: \(ForeignText.safe(reason)); trying again")
            case .link(.live): hasListened = true
            case .link: break
            }
        }
    }

    private func show(_ batch: EventBatch, _ payload: Range<Int>) {
        do {
            for event in try EventMessage.events(in: batch.bytes[payload], form: batch.form) {
                if list.json { Output.json(event) } else { Output.line(Self.text(event)) }
            }
        } catch { Output.complain("celeriac: unreadable event: \(ForeignText.safe("\(error)"))") }
    }

    /// `12:00:03 celery@a task-received [id] name args`.
    static func text(_ event: Value) -> String {
        let order = ["timestamp", "hostname", "type", "uuid", "name"]
        let quiet: Set = ["utcoffset", "pid", "clock", "root_id", "parent_id", "sw_ident", "sw_ver", "sw_sys", "freq"]
        let time = event["timestamp"]?.double.map { Clock.timeOfDay($0) } ?? "--:--:--"
        let head = [time, event["hostname"]?.string ?? "?", event["type"]?.string ?? "?", event["uuid"]?.string.map { "[\($0)]" }, event["name"]?.string].compactMap { $0 }
        let rest = (event.object ?? [:]).filter { !order.contains($0.key) && !quiet.contains($0.key) && $0.value != .null }.map { "\($0.key)=\($0.value.string ?? JSON.text($0.value))" }
        return ForeignText.safe((head + rest).joined(separator: " "))
    }
}
