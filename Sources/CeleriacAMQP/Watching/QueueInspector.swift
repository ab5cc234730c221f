import CeleriacBroker
import CeleriacCore

/// Looks at queues: by the management plugin where it answers, else by asking AMQP about those that are known.
actor QueueInspector {
    private let link: ConsumingLink
    private let management: ManagementAPI?
    private let eventExchange: String
    /// Of the look before: when, and messages ever published to each queue.
    private var before: (at: Double, published: [QueueName: Int])?
    /// Nobody answered there: not asked again before this time (seconds since 1970).
    private var askAgainAt = 0.0
    private var why: String?

    private static let pause = 30.0

    init(_ link: ConsumingLink, _ management: ManagementAPI?, eventExchange: String) {
        self.link = link
        self.management = management
        self.eventExchange = eventExchange
    }

    func facts(known: Set<QueueName>, now: Double) async throws(TransportError) -> BrokerFacts {
        if let management, now >= askAgainAt {
            do throws(TransportError) {
                let (queues, alarms) = try await management.look()
                why = nil
                return facts(queues, alarms, now)
            } catch {
                askAgainAt = now + Self.pause
                why = error.kind == .unauthorized ? error.description : "rabbitmq-plugins enable rabbitmq_management (nobody answers at \(management.shown))"
            }
        }
        before = nil
        let names = known.filter { !Machinery.owns($0.rawValue, eventExchange: eventExchange) }.sorted { $0.rawValue < $1.rawValue }
        let sizes = try await link.sizes(of: names)
        let queues = names.compactMap { name -> BrokerFacts.Queue? in
            guard let ready = sizes[name] else { return nil }
            var fact = BrokerFacts.Queue(name: name)
            fact.ready = ready
            return fact
        }
        let hint = why.map { "unacked, rates and queues that nobody names are not known: \($0)" }
        return BrokerFacts(at: now, queues: queues, problems: hint.map { [$0] } ?? [])
    }

    private func facts(_ queues: [QueueReport], _ alarms: [String], _ now: Double) -> BrokerFacts {
        let shown = queues.filter { !$0.isExclusive && !Machinery.owns($0.name.rawValue, eventExchange: eventExchange) }
        var facts = BrokerFacts(at: now, unackedTotal: shown.compactMap(\.unacknowledged).reduce(0, +), problems: alarms)
        for queue in shown {
            var fact = BrokerFacts.Queue(name: queue.name)
            fact.ready = queue.ready
            fact.unacked = queue.unacknowledged
            fact.oldestSentAt = queue.headSentAt
            fact.problem = queue.problem
            if let before, let count = queue.published, let earlier = before.published[queue.name], count >= earlier {
                fact.arrived = count - earlier
                fact.interval = now - before.at
            }
            facts.queues.append(fact)
        }
        before = (now, Dictionary(shown.compactMap { queue in queue.published.map { (queue.name, $0) } }) { _, last in last })
        return facts
    }
}
