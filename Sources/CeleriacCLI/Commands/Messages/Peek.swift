import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard

/// `celeriac peek QUEUE`.
struct Peek: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Messages that wait in a queue, the next one to be served first.",
        discussion: "RabbitMQ shows messages only to who takes them out: there a sample of 50 at most is given back, with the flag redelivered set.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Queue.") var queue: String
    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("As many messages at most.", valueName: "number")) var limit = 50
    @Option(help: ArgumentHelp("Messages to pass over; not on RabbitMQ.", valueName: "number")) var skip = 0
    @Option(help: ArgumentHelp("Only those that match, as 'name:shop.* priority>3'; the whole queue is looked through.", valueName: "filter")) var match: String?

    func run() async throws {
        guard limit > 0, skip >= 0 else { throw Failure(.wrongUsage, "--limit is at least 1, --skip at least 0") }
        let session = try Session(global)
        if let match { return try await search(try filter(match), session) }
        let sample = try await withBroker(session) { try await $0.peek(QueueName(queue), from: skip, limit: limit) }, now = Clock.now
        Output.complain("celeriac: " + told(sample))
        if list.json { Output.json(.array(sample.messages.map { $0.value(now: now) })) } else { Listing.print(sample.messages, now: now) }
    }

    private func search(_ filter: Filter, _ session: Session) async throws {
        guard skip == 0 else { throw Failure(.wrongUsage, "--skip and --match exclude each other") }
        let found = try await withMessages(session) { operations, progress in
            try await operations.find(.matching(filter), in: QueueName(queue), limit: limit, progress: progress)
        }
        let now = Clock.now
        let messages = found.enumerated().map { QueueSample.Message($0.element, position: $0.offset) }
        Output.complain("celeriac: \(Formats.plural(messages.count, "message")) of \(ForeignText.safe(queue)) \(messages.count == 1 ? "matches" : "match"), the oldest first; places are among them")
        if list.json { Output.json(.array(messages.map { $0.value(now: now) })) } else { Listing.print(messages, now: now) }
    }

    private func told(_ sample: QueueSample) -> String {
        let count = Formats.grouped(sample.messages.count), total = Formats.grouped(sample.total)
        return sample.isMarked ? "sampled \(count) of \(total), redelivered flag set" : "\(count) of \(total)"
    }
}
