import CeleriacBroker
import CeleriacCore

/// A walk through the lists of one queue, from the newest message to the oldest: what comes in meanwhile moves those that are still to come further on, so
/// that they may be met twice, but never missed.
///
/// It goes piece by piece. While it is busy with others, the walk rests many times as long as each piece costs it.
final class ListWalk: QueueWalk {
    let isOldestFirst = false
    let total: Int
    private let pool: ConnectionPool
    private let scripts: ScriptRunner
    private let keys: RedisKeys
    private let queue: QueueName
    private let needle: [UInt8]
    /// Still to be walked through, the one that is served last in front.
    private var lists: [(name: String, length: Int)]
    private let names: [String]
    /// Index in the first list.
    private var index = 0
    private var load = ServerLoad()
    private var looking: Pace, passing = Pace(rest: 14)
    private var ahead: (list: String, index: Int, limit: Int, task: Task<Result<Answer, TransportError>, Never>)?

    /// Messages that are looked for one by one: more of them cost the server more than letting the whole list pass.
    private static let fewest = 250
    /// Comparisons that the server makes without anybody noticing.
    private static let comparisons = 2_000_000
    /// Messages that are looked at, or pass, in one step while others want the server: it is kept from them for about two milliseconds.
    private static let passed = 1000
    private static let patience = Duration.seconds(60)

    init(_ pool: ConnectionPool, _ scripts: ScriptRunner, _ keys: RedisKeys, _ queue: QueueName, lists: [(name: String, length: Int)], needle: [UInt8]) {
        self.pool = pool
        self.scripts = scripts
        self.keys = keys
        self.queue = queue
        self.needle = needle
        wanted = Needle(needle)
        searches = !needle.isEmpty && pool.gate.permission == .act && !pool.endpoint.isOnThisMachine
        // Where this process takes the processor from others too, it takes less of it.
        looking = Pace(rest: searches ? 14 : 30)
        names = lists.map(\.name)
        total = lists.reduce(0) { $0 + $1.length }
        self.lists = lists.filter { $0.length > 0 }.reversed()
    }

    /// What the server said of a piece, and how long it took.
    private struct Answer: Sendable {
        let reply: RESPValue
        let took: Duration
    }

    /// The server looks for the needle, so that what does not have it need not travel. Within one machine travelling costs a fifth of that.
    private let searches: Bool
    private let wanted: Needle?

    /// Begun before it is asked for: while one piece is read here, the server is at the next.
    private func begin(_ list: String, _ index: Int, _ limit: Int) -> Task<Result<Answer, TransportError>, Never> {
        Task { [pool, scripts, needle, searches] in
            let began = ContinuousClock.now
            do throws(TransportError) {
                let reply: RESPValue
                if searches {
                    reply = try await scripts.run(.search, keys: [list], [Array(String(index).utf8), Array(String(index + limit - 1).utf8), needle])
                } else {
                    // One more at either end, to know who stands beside them.
                    reply = try await pool.send(RedisCommand("LRANGE", list, String(max(0, index - 1)), String(index + limit)))
                }
                return .success(Answer(reply: reply, took: began.duration(to: .now)))
            } catch { return .failure(error) }
        }
    }

    func next(limit: Int) async throws(TransportError) -> WalkPiece? {
        guard let list = lists.first?.name else { return nil }
        let limit = max(1, min(limit, load.isBusy ? Self.passed : 2 * Self.passed))
        let task = ahead.flatMap { $0.list == list && $0.index == index && $0.limit == limit ? $0.task : nil } ?? begin(list, index, limit)
        ahead = nil
        let answer = try await task.value.get(), items = answer.reply.items ?? []
        var messages: [KeptMessage] = [], passed: Int
        if searches {
            passed = items.first?.integer ?? 0
            for position in stride(from: 1, to: items.count - 2, by: 3) {
                guard let follower = items[position].text, let leader = items[position + 1].text, let bytes = items[position + 2].bytes else { continue }
                messages.append(KeptMessage(queue: queue, place: ListPlace(list, follower: follower, leader: leader).text, bytes: bytes))
            }
        } else {
            let all = items.compactMap(\.bytes), extra = index > 0 ? 1 : 0
            passed = max(0, min(limit, all.count - extra))
            let range = extra..<extra + passed
            messages = if let wanted {
                range.filter { wanted.isIn(all[$0]) }.map { KeptMessage(queue: queue, place: ListPlace.place(of: $0, among: all, in: list), bytes: all[$0]) }
            } else {
                zip(all[range], ListPlace.places(of: all, in: list, range)).map { KeptMessage(queue: queue, place: $0.1, bytes: $0.0) }
            }
        }
        index += passed
        // What came in since the beginning is not looked at, but pushes as many others on.
        if passed < limit {
            lists.removeFirst()
            index = 0
        }
        try await load.leaveTime(looking.rest(after: passed, thatTook: answer.took), commands: searches ? 2 : 1, pool)
        if !load.isBusy, let next = lists.first?.name { ahead = (next, index, limit, begin(next, index, limit)) }
        return WalkPiece(messages: messages, passed: passed)
    }

    func front(limit: Int) async throws(TransportError) -> [KeptMessage] {
        try await QueuePage(pool: pool, keys: keys).kept(queue, from: 0, limit: limit).messages
    }

    func remove(_ messages: [KeptMessage], areFront: Bool) async throws(TransportError) -> Set<KeptMessage> {
        var removed: Set<KeptMessage> = []
        for list in names {
            var here = messages.filter { $0.queue == queue && ListPlace($0.place, in: names)?.list == list }
            guard !here.isEmpty else { continue }
            if areFront {
                removed.formUnion(try await remove(here, from: list, by: .removeFront))
                continue
            }
            let length = max(1, try await pool.send(RedisCommand("LLEN", list)).integer ?? 0)
            if here.count > Self.fewest, let aside = try await listAside(of: list) {
                removed.formUnion(try await pass(list, aside, length, without: here))
                // Those that are gone; or that stood too close to others to be met.
                here = here.filter { !removed.contains($0) }
                if here.count > Self.fewest { continue }
            }
            let step = min(500, max(1, Self.comparisons / length))
            for start in stride(from: 0, to: here.count, by: step) {
                removed.formUnion(try await remove(Array(here[start..<min(start + step, here.count)]), from: list, by: .removeEach))
            }
        }
        return removed
    }

    /// An empty list of the queue that is served after `list`.
    private func listAside(of list: String) async throws(TransportError) -> String? {
        guard let place = names.firstIndex(of: list), place + 1 < names.count else { return nil }
        let later = Array(names[(place + 1)...])
        let replies = try await pool.send(later.map { RedisCommand("EXISTS", $0) })
        return Array(zip(later, replies)).last { $0.1.integer == 0 }?.0
    }

    /// Lets a list pass, step by step, without some messages of it.
    private func pass(_ list: String, _ aside: String, _ length: Int, without messages: [KeptMessage]) async throws(TransportError) -> [KeptMessage] {
        // As they were met: the one that is served last in front. A step takes as many of them along as it is likely to meet.
        var left = Array(messages.reversed())[...], removed: [KeptMessage] = [], next: [UInt8] = []
        let likely = min(Self.passed, max(100, Self.passed * 2 * messages.count / length))
        repeat {
            let began = ContinuousClock.now, meant = left.count > Self.passed ? left.prefix(likely) : left
            let reply = try await scripts.run(
                .removeStep, keys: [list, aside], [Array(String(Self.passed).utf8), next, [UInt8(ascii: meant.count < left.count ? "1" : "0")]] + meant.map(\.bytes), timeout: Self.patience)
            let items = reply.items ?? [], numbers = Set(items.dropFirst().compactMap(\.integer))
            removed += meant.enumerated().filter { numbers.contains($0.offset + 1) }.map(\.element)
            // What stands in front of one that was met, and was not met itself, is gone. Of few the order may be any.
            if left.count > Self.passed {
                left = left.dropFirst(numbers.max() ?? 0)
            } else if !numbers.isEmpty {
                left = left.enumerated().filter { !numbers.contains($0.offset + 1) }.map(\.element)[...]
            }
            next = items.first?.bytes ?? []
            try await load.leaveTime(passing.rest(after: Self.passed, thatTook: began.duration(to: .now)), commands: 6, pool)
        } while !next.isEmpty
        return removed
    }

    private func remove(_ messages: [KeptMessage], from list: String, by script: RedisScript) async throws(TransportError) -> [KeptMessage] {
        let reply = try await scripts.run(script, keys: [list], messages.map(\.bytes), timeout: Self.patience)
        return (reply.items ?? []).compactMap { item in item.integer.flatMap { messages.indices.contains($0 - 1) ? messages[$0 - 1] : nil } }
    }

    func replace(_ old: KeptMessage, with new: KeptMessage) async throws(TransportError) -> Bool {
        guard old.queue == queue, let place = ListPlace(old.place, in: names) else { return false }
        var placed = new
        // The priority may be another one.
        placed.place = ""
        return try await scripts.run(.replace, keys: [place.list, keys.place(of: placed).list], [old.bytes, new.bytes]).integer == 1
    }

    func close() async {
        ahead?.task.cancel()
        ahead = nil
    }
}

/// How long a walk rests after a step, so that others have the server for all but one part of the time.
private struct Pace {
    /// How many times as long as what the step cost the server.
    let rest: Int
    /// What a message costs. How long an answer took also tells how long it stood behind others, on either side; the quickest ones tell the least of that.
    private var least: Duration?

    init(rest: Int) { self.rest = rest }

    mutating func rest(after messages: Int, thatTook took: Duration) -> Duration {
        guard messages > 0 else { return took * rest }
        // Those that come may be longer.
        let each = min((least ?? took) * 1.1, took / messages), cost = each * messages
        least = each
        // While it stood in line, others were served.
        return max(.zero, cost * rest - (took - cost))
    }
}

/// Finds out whether a server has others to serve, and leaves it the time for that.
private struct ServerLoad {
    private var seen: Int?
    private var lookedAt = ContinuousClock.now
    private(set) var isBusy = false
    /// Sent from here since the last look.
    private var own = 0

    /// Commands a second from others: dashboards and idle workers send fewer.
    private static let busy = 200.0
    private static let pause = Duration.milliseconds(100)

    /// - Parameter commands: that the step was for the server: a script, and what it calls.
    mutating func leaveTime(_ rest: Duration, commands: Int, _ pool: ConnectionPool) async throws(TransportError) {
        own += commands
        let passed = lookedAt.duration(to: .now)
        if seen == nil || passed > Self.pause {
            let told = try await pool.send(RedisCommand("INFO", "stats")).text.flatMap(Self.commands)
            if let told, let seen { isBusy = Double(told - seen - own - 1) / passed.seconds > Self.busy }
            (seen, lookedAt, own) = (told, .now, 0)
        }
        if isBusy { try? await Task.sleep(for: rest) }
    }

    private static func commands(_ info: String) -> Int? {
        info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_commands_processed:") }.flatMap { Int($0.drop { $0 != ":" }.dropFirst()) }
    }
}
