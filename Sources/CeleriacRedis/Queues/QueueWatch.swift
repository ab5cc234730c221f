import CeleriacCore

/// One queue, from look to look: which questions are to be asked about it, and what the answers mean.
///
/// A queue in which nothing moves costs one command a list, and one for its newest message.
struct QueueWatch {
    private struct List {
        let key: String
        var watch = ListWatch()
    }

    let name: String
    private var lists: [List]
    /// Something moved on the last look, so it is likely to move again.
    private var isBusy = true
    private var looks = 0
    private var lookedAt: Double?
    private var oldest: (raw: [UInt8], message: WaitingMessage?)?

    init(_ name: String, _ keys: RedisKeys) {
        self.name = name
        lists = keys.lists(name).map { List(key: $0) }
    }

    /// What the first round trip of a look asks.
    struct Questions {
        fileprivate var lengths: [Pipeline.Position] = []
        fileprivate var positions: [Int: Pipeline.Position] = [:]
        fileprivate var newest: [Int: Pipeline.Position] = [:]
        fileprivate var oldest: (list: Int, position: Pipeline.Position)?
    }

    /// What the second one asks, when the first showed that something moved.
    struct Details {
        fileprivate var fact: BrokerFacts.Queue
        fileprivate var lengths: [Int]
        fileprivate var found: [Int: Int]
        fileprivate var newestBytes: [Int: [UInt8]]
        fileprivate var newest: [Int: Pipeline.Position] = [:]
        fileprivate var oldestBytes: [UInt8]?
        fileprivate var oldest: Pipeline.Position?
    }

    // MARK: - First round trip

    /// - Parameter canSearch: the server knows `LPOS` (Redis 6.0.6).
    func ask(_ pipeline: inout Pipeline, canSearch: Bool) -> Questions {
        var questions = Questions()
        for (index, list) in lists.enumerated() {
            questions.lengths.append(pipeline.add(RedisCommand("LLEN", list.key)))
            guard canSearch, let newest = list.watch.newest else { continue }
            let search = [Array(list.key.utf8), newest, Array("MAXLEN".utf8), Array(String(ListWatch.searchLimit).utf8)]
            questions.positions[index] = pipeline.add(RedisCommand("LPOS", bytes: search))
            // Right after the search, so that nothing comes in between unnoticed.
            if isBusy { questions.newest[index] = pipeline.add(RedisCommand("LINDEX", list.key, "0")) }
        }
        // A restored message may take the place of the oldest without a change of length, so a quiet queue is asked too, now and then.
        if isBusy || looks.isMultiple(of: 5), let served = lists.firstIndex(where: { $0.watch.length > 0 }) {
            questions.oldest = (served, pipeline.add(RedisCommand("LINDEX", lists[served].key, "-1")))
        }
        return questions
    }

    // MARK: - Second round trip

    /// Takes in the first answers, and asks for the rest.
    func ask(_ pipeline: inout Pipeline, canSearch: Bool, after questions: Questions, _ replies: [RESPValue]) -> Details {
        var details = Details(fact: BrokerFacts.Queue(name: QueueName(name)), lengths: [], found: [:], newestBytes: [:])
        for (index, list) in lists.enumerated() {
            let reply = replies[questions.lengths[index]]
            if let text = reply.errorText { details.fact.problem = text.hasPrefix("WRONGTYPE") ? "the key `\(list.key)` is not a list" : text }
            let length = reply.integer ?? 0
            details.lengths.append(length)
            if let position = questions.positions[index], let found = replies[position].integer { details.found[index] = found }
            guard length > 0 else { continue }
            if details.found[index] == 0, let newest = list.watch.newest {
                details.newestBytes[index] = newest
            } else if let position = questions.newest[index], let bytes = replies[position].bytes {
                details.newestBytes[index] = bytes
            } else if canSearch, !list.watch.isTooLong || list.watch.length == 0 {
                details.newest[index] = pipeline.add(RedisCommand("LINDEX", list.key, "0"))
            }
        }
        guard let served = details.lengths.firstIndex(where: { $0 > 0 }) else { return details }
        if let asked = questions.oldest, asked.list == served {
            details.oldestBytes = replies[asked.position].bytes
        } else if oldest == nil || zip(lists, details.lengths).contains(where: { $0.watch.length != $1 }) || !details.newest.isEmpty {
            details.oldest = pipeline.add(RedisCommand("LINDEX", lists[served].key, "-1"))
        } else {
            details.oldestBytes = oldest?.raw
        }
        return details
    }

    // MARK: - The end of a look

    mutating func fact(_ details: Details, _ replies: [RESPValue], now: Double) -> BrokerFacts.Queue {
        var fact = details.fact
        var arrived: Int? = 0
        var wasEmpty = true
        var hasMoved = false
        for index in lists.indices {
            let length = details.lengths[index]
            let before = lists[index].watch.length
            let came = lists[index].watch.arrivals(position: details.found[index], length: length)
            if before > 0 || length > 0 {
                wasEmpty = false
                arrived = came.flatMap { came in arrived.map { $0 + came } }
            }
            hasMoved = hasMoved || length != before || (came ?? 0) > 0
            let newest = details.newestBytes[index] ?? details.newest[index].flatMap { replies[$0].bytes }
            lists[index].watch.update(at: now, length: length, newest: newest, arrived: came)
        }
        if fact.problem == nil { fact.ready = details.lengths.reduce(0, +) }
        if let lookedAt, !wasEmpty {
            fact.arrived = arrived
            fact.interval = now - lookedAt
        }
        readOldest(details.oldestBytes ?? details.oldest.flatMap { replies[$0].bytes })
        if let message = oldest?.message, let served = lists.first(where: { $0.watch.length > 0 }) {
            fact.oldest = message.id
            fact.oldestSentAt = message.sentAt
            fact.oldestSeenAt = served.watch.oldestSeenAt
        }
        isBusy = hasMoved
        lookedAt = now
        looks += 1
        return fact
    }

    private mutating func readOldest(_ raw: [UInt8]?) {
        guard let raw else { return oldest = nil }
        if oldest?.raw != raw { oldest = (raw, WaitingMessage(raw)) }
    }
}
