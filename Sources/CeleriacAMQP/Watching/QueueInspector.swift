import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// Looks at queues: by the management plugin where it answers, else by asking AMQP about those that are known.
actor QueueInspector {
    let link: ConsumingLink
    private let publisher: PublishingLink
    let management: ManagementAPI?
    private let eventExchange: String
    private let topology: Topology
    /// Whether somebody hears the cluster's events here.
    private let isListening: @Sendable () -> Bool
    /// Nobody answered there: not asked again before this time (seconds since 1970).
    private var askAgainAt = 0.0
    private var why: String?
    /// Queues that are not there, and until when that is taken for granted: asking costs a channel.
    private var absentUntil: [QueueName: Double] = [:]
    // Of the management plugin, looked at now and then.
    private var aside = Aside()

    /// What changes less often than queues, or costs more to ask.
    private struct Aside {
        var standing = BrokerStanding()
        /// Major and minor number of the server's; until it is known, the one that allows least.
        var version = (4, 0)
        /// Queues bound to exchanges that take dead letters, with their binding keys.
        var graves: [String: [(queue: QueueName, key: String)]] = [:]
        var losses = LossWatch()
        /// Exchanges that were a dead end at the look before, too.
        var deadEnds: Set<String> = []
        var lookedAt = -Double.infinity
        var bindingsLookedAt = -Double.infinity
    }

    /// Seconds.
    private static let pause = 30.0, asidePause = 5.0, bindingsPause = 15.0, absentPause = 5.0
    /// Exchanges whose bindings are asked for.
    private static let gravesAsked = 20

    init(
        _ link: ConsumingLink, _ publisher: PublishingLink, _ management: ManagementAPI?, _ topology: Topology, eventExchange: String,
        isListening: @escaping @Sendable () -> Bool
    ) {
        self.link = link
        self.publisher = publisher
        self.management = management
        self.eventExchange = eventExchange
        self.topology = topology
        self.isListening = isListening
    }

    func facts(known: Set<QueueName>, now: Double) async throws(TransportError) -> BrokerFacts {
        var facts: BrokerFacts
        if let told = await told(now) { facts = told } else { facts = try await asked(known, now) }
        facts.standing?.blockedReason = await publisher.blockedReason
        return facts
    }

    private func isMachinery(_ queue: QueueName) -> Bool {
        Machinery.owns(queue.rawValue, eventExchange: eventExchange) || DelayedDelivery.isLevel(queue.rawValue)
    }

    // MARK: - By AMQP alone

    private func asked(_ known: Set<QueueName>, _ now: Double) async throws(TransportError) -> BrokerFacts {
        let names = known.filter { !isMachinery($0) }.sorted { $0.rawValue < $1.rawValue }
        // Where workers set aside what is poison.
        let graves = names.map(\.deadLetters).filter { !known.contains($0) }
        let wanted = (names + graves).filter { absentUntil[$0, default: 0] <= now }
        let sizes = try await link.sizes(of: wanted)
        for name in wanted { absentUntil[name] = sizes[name] == nil ? now + Self.absentPause : nil }
        let queues = (names + graves).compactMap { name -> BrokerFacts.Queue? in
            guard let size = sizes[name] else { return nil }
            var fact = BrokerFacts.Queue(name: name)
            (fact.ready, fact.consumers) = (size.ready, size.consumers)
            fact.deadLetters = DeadLetters(poison: sizes[name.deadLetters].map { .init(queue: name.deadLetters, ready: $0.ready) })
            return fact
        }
        var facts = BrokerFacts(at: now, queues: queues)
        var standing = BrokerStanding()
        standing.hint = why ?? "management=http://HOST:15672 in the broker's URL tells more than what is ready: the management plugin is not asked"
        facts.standing = standing
        return facts
    }

    // MARK: - By the management plugin

    /// - Returns: `nil` when it does not answer.
    private func told(_ now: Double) async -> BrokerFacts? {
        guard let management, now >= askAgainAt else { return nil }
        do throws(TransportError) {
            let reports = try await management.queues()
            await lookAside(management, reports, now)
            why = nil
            return facts(reports, now)
        } catch {
            askAgainAt = now + Self.pause
            let more = "tells unacked, rates, types and all queues"
            switch error.kind {
            case .unauthorized: why = "\(error.hint ?? "other credentials") \(more): \(error.cause) (\(management.shown))"
            case .unreachable: why = "rabbitmq-plugins enable rabbitmq_management \(more): nobody answers at \(management.shown) (\(error.cause))"
            default: why = error.description
            }
            return nil
        }
    }

    private func facts(_ reports: [QueueReport], _ now: Double) -> BrokerFacts {
        let shown = reports.filter { !$0.isExclusive && !isMachinery($0.name) && !isReplyBox($0) }
        let ready = Dictionary(reports.map { ($0.name, $0.ready) }) { first, _ in first }
        var facts = BrokerFacts(at: now, unackedTotal: shown.compactMap(\.unacknowledged).reduce(0, +))
        facts.queues = shown.map { report in
            var fact = BrokerFacts.Queue(name: report.name)
            (fact.ready, fact.unacked, fact.consumers) = (report.ready, report.unacknowledged, report.consumers)
            (fact.inRate, fact.outRate) = (report.inRate, report.outRate)
            fact.oldestSentAt = report.headSentAt
            fact.problem = report.problem
            fact.traits = report.traits
            fact.traits?.whyNotPeek = Self.whyNotSample(report.traits, server: aside.version)
            fact.deadLetters = deadLetters(of: report, ready)
            return fact
        }
        var standing = aside.standing
        (standing.unroutable, standing.unroutableAt) = (aside.losses.count, aside.losses.grewAt)
        let levels = reports.filter { DelayedDelivery.isLevel($0.name.rawValue) }
        if !levels.isEmpty { standing.held = levels.compactMap(\.ready).reduce(0, +) }
        facts.standing = standing
        return facts
    }

    /// Of Celery's `rpc://`: one for each process that waits for results.
    private func isReplyBox(_ report: QueueReport) -> Bool {
        report.traits.isAutoDelete && report.traits.arguments["x-expires"] != nil && report.name.rawValue.isUUID
    }

    private func deadLetters(of report: QueueReport, _ ready: [QueueName: Int?]) -> DeadLetters {
        func place(_ name: QueueName) -> DeadLetters.Place { .init(queue: name, ready: ready[name] ?? nil) }
        var letters = DeadLetters(exchange: report.deadLetterExchange)
        if ready.keys.contains(report.name.deadLetters) { letters.poison = place(report.name.deadLetters) }
        switch letters.exchange {
        case ""?:
            // The default exchange takes the key for a queue's name; without one of their own they keep the one they came with, mostly this queue's.
            let name = QueueName(report.deadLetterKey ?? report.name.rawValue)
            letters.places = ready.keys.contains(name) ? [place(name)] : []
        case let exchange?:
            letters.places = aside.graves[exchange].map { bound in
                // Which key means which queue is the exchange's business: those with this very key, else all.
                let exact = report.deadLetterKey.map { key in bound.filter { $0.key == key } } ?? []
                var names: [QueueName] = []
                for (name, _) in exact.isEmpty ? bound : exact where !names.contains(name) { names.append(name) }
                return names.map(place)
            }
        case nil: break
        }
        return letters
    }

    /// Who may look at queues may not be who may look at nodes: what is refused stays unknown.
    private func lookAside(_ management: ManagementAPI, _ reports: [QueueReport], _ now: Double) async {
        if now - aside.lookedAt >= Self.asidePause || now < aside.lookedAt {
            aside.lookedAt = now
            async let product = try? management.product()
            async let alarms = try? management.alarms()
            async let connections = try? management.connections()
            async let exchanges = try? management.exchanges()
            async let unroutable = try? management.unroutable()
            var standing = BrokerStanding()
            standing.product = await product
            if let numbers = standing.product?.split(separator: " ").last?.split(separator: ".").map({ Int($0) ?? 0 }), numbers.count > 1 { aside.version = (numbers[0], numbers[1]) }
            standing.alarms = await alarms
            let found = await connections
            (standing.connections, standing.blockedConnections) = (found?.all, found?.blocked)
            if standing.alarms == nil || found == nil { standing.hint = "rabbitmqctl set_user_tags USER monitoring tells alarms and connections too" }
            if let lost = await unroutable, let exchanges = await exchanges {
                aside.losses.note(.init(lost: lost, exchanges: exchanges), at: now, isListening: isListening()) { isMachinery(exchange: $0) }
                // What comes out is told later than what goes in.
                let ends = Set(exchanges.filter { $0.value.taken > 0 && $0.value.handedOn == 0 && !$0.key.isEmpty && !isMachinery(exchange: $0.key) }.keys)
                standing.deadEnds = ends.intersection(aside.deadEnds).sorted()
                aside.deadEnds = ends
            }
            aside.standing = standing
        }
        let wanted = Set(reports.compactMap(\.deadLetterExchange)).filter { !$0.isEmpty && !DelayedDelivery.isLevel($0) }.sorted().prefix(Self.gravesAsked)
        guard now - aside.bindingsLookedAt >= Self.bindingsPause || now < aside.bindingsLookedAt || wanted.contains(where: { aside.graves[$0] == nil }) else { return }
        aside.bindingsLookedAt = now
        for exchange in wanted {
            do { aside.graves[exchange] = try await management.bindings(of: exchange) } catch {
                // There is no such exchange: then they are lost.
                aside.graves[exchange] = error.kind == .refused ? [] : nil
            }
        }
    }

    /// Events and replies that nobody listens to are nobody's loss, and what is held for its ETA goes its own way.
    private func isMachinery(exchange: String) -> Bool {
        topology.isMachinery(exchange: exchange) || exchange == "celeryev" || exchange.hasSuffix(".pidbox") || DelayedDelivery.isLevel(exchange)
            || exchange == DelayedDelivery.exit || exchange.hasPrefix("amq.rabbitmq.")
    }
}

extension String {
    fileprivate var isUUID: Bool {
        let parts = split(separator: "-", omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }
}
