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

    func run() async throws {
        guard limit > 0, skip >= 0 else { throw Failure(.wrongUsage, "--limit is at least 1, --skip at least 0") }
        let broker = try Session(global).openBroker()
        let outcome: Swift.Result<QueueSample, TransportError>
        do throws(TransportError) { outcome = .success(try await broker.peek(QueueName(queue), from: skip, limit: limit)) } catch { outcome = .failure(error) }
        await broker.close()
        let sample = try outcome.get(), now = Clock.now
        Output.complain("celeriac: " + told(sample))
        if list.json { Output.json(.array(sample.messages.map { $0.value(now: now) })) } else { Listing.print(sample.messages, now: now) }
    }

    private func told(_ sample: QueueSample) -> String {
        let count = Formats.grouped(sample.messages.count), total = Formats.grouped(sample.total)
        return sample.isMarked ? "sampled \(count) of \(total), redelivered flag set" : "\(count) of \(total)"
    }
}
