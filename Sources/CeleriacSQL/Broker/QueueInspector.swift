import CeleriacBroker
import CeleriacCore
import GRDB

/// Looks at all queues of one file, in one snapshot, and remembers what tells how much came in between two looks.
actor QueueInspector {
    private let access: FileAccess
    private let eventExchange: String
    private var held = HeldMessages()
    private var before: Look?
    /// The message served next, and since when it has been seen (seconds since 1970).
    private var oldest: [String: (message: Int64, seenAt: Double)] = [:]

    init(_ access: FileAccess, eventExchange: String) {
        self.access = access
        self.eventExchange = eventExchange
    }

    /// What one snapshot shows.
    struct Look: Sendable {
        var at: Double
        var names: Set<String> = []
        var waiting: [String: Int] = [:]
        /// The message served next in each queue, and its payload.
        var oldest: [String: (message: Int64, payload: String)] = [:]
        /// Messages ever put into each queue by this library; and into any, by anybody.
        var counted: [String: Int] = [:]
        var last = 0
        /// Those that came since the look before and are still there.
        var present: [String: Int] = [:]
        /// `nil` where nobody has ever claimed anything by our tables.
        var held: HeldMessages.Look?
    }

    func facts(known: Set<QueueName>, now: Double) async throws(TransportError) -> BrokerFacts {
        let (tags, last, eventExchange) = (held.tags, before?.last, eventExchange)
        let look = try await access.read("look") { try Self.look($0, at: now, known: known, eventExchange, after: last, tags) }
        let taken = look.held.map { held.take($0, now: now) }
        let counts = taken?.counts.queues ?? [:]
        var facts = BrokerFacts(at: now, unackedTotal: look.held?.total)
        facts.memberships = look.held?.memberships ?? []
        facts.periodic = look.held?.periodic ?? []
        let arrivals = before.flatMap { Self.arrivals($0, look) }
        let names = look.names.union(counts.keys.filter { !Machinery.owns($0, eventExchange: eventExchange) })
        for name in names.sorted() {
            var fact = BrokerFacts.Queue(name: QueueName(name))
            fact.ready = look.waiting[name] ?? 0
            if let taken {
                fact.unacked = counts[name]?.unacked ?? 0
                fact.eta = counts[name]?.eta ?? 0
                fact.isSampled = taken.isSampled
            }
            if let before, let arrivals {
                fact.arrived = arrivals[name] ?? 0
                fact.interval = now - before.at
            }
            describeOldest(&fact, look, now)
            facts.queues.append(fact)
        }
        oldest = oldest.filter { names.contains($0.key) }
        before = look
        return facts
    }

    private func describeOldest(_ fact: inout BrokerFacts.Queue, _ look: Look, _ now: Double) {
        let name = fact.name.rawValue
        guard let served = look.oldest[name] else {
            oldest[name] = nil
            return
        }
        if oldest[name]?.message != served.message { oldest[name] = (served.message, now) }
        fact.oldestSeenAt = oldest[name]?.seenAt
        guard let message = WaitingMessage(Array(served.payload.utf8)) else { return }
        fact.oldest = message.id
        fact.oldestSentAt = message.sentAt
    }

    /// How many came into each queue between two looks, as far as that can be told for certain: when all of them were ours, or all are still there.
    private static func arrivals(_ before: Look, _ now: Look) -> [String: Int]? {
        let total = now.last - before.last
        let ours = now.counted.mapValues { $0 }.merging(before.counted.mapValues { -$0 }, uniquingKeysWith: +).filter { $0.value > 0 }
        if ours.values.reduce(0, +) == total { return ours }
        if now.present.values.reduce(0, +) == total { return now.present }
        return nil
    }

    // MARK: - Within the snapshot

    private static func look(
        _ database: Database, at now: Double, known: Set<QueueName>, _ eventExchange: String, after last: Int?, _ tags: Set<ClaimTag>
    ) throws -> Look {
        var look = Look(at: now)
        look.names = Set(known.map(\.rawValue))
        guard try database.tableExists("kombu_message") else { return look }
        // Tables of ours are missing where only Python has been.
        let isOurs = try database.tableExists("celeriac_claim")
        look.names.formUnion(try String.fetchAll(database, sql: KombuTables.queueNames).filter { !Machinery.owns($0, eventExchange: eventExchange) })
        look.waiting = try counts(database, isOurs ? KombuTables.waitingCounts : KombuTables.plainWaitingCounts)
        for name in look.names where look.waiting[name] ?? 0 > 0 {
            look.oldest[name] = try database.rows(KombuTables.oldest, [name]).first.map { ($0[0], $0[1]) }
        }
        look.last = try database.first(Int.self, KombuTables.lastMessage) ?? 0
        if let last { look.present = try counts(database, KombuTables.present, [last]) }
        guard isOurs else { return look }
        look.counted = try counts(database, OwnTables.arrivals)
        look.held = try HeldMessages.look(database, known: tags)
        return look
    }

    private static func counts(_ database: Database, _ sql: String, _ arguments: StatementArguments = []) throws -> [String: Int] {
        Dictionary(try database.rows(sql, arguments).map { ($0[0] as String, $0[1] as Int) }, uniquingKeysWith: +)
    }
}
