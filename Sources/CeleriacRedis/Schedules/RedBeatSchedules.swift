public import CeleriacBroker
public import CeleriacCore
import Synchronization

/// Entries in Redis as celery-redbeat (2.4) keeps them: Python's beat takes over each edit on its next tick.
///
/// An edit of a static entry, which beat was given by its settings, lasts until beat starts again.
public final class RedBeatSchedules: ScheduleStore {
    public let endpoint: String
    public var features: ScheduleFeatures {
        let held: ScheduleFeatures = [.interval, .relativeInterval, .crontab, .recurrence, .anyOption, .startsAtOnce]
        return keys.lock == nil ? held : held.union(.leadership)
    }

    private let address: RedisEndpoint
    private let keys: RedBeatKeys
    private let pool: ConnectionPool
    private let scripts: ScriptRunner
    private let activities = Activities()
    /// What is written over it is not told to `edits`.
    private let quiet = Mutex<RedisConnection?>(nil)
    /// Seconds since 1970.
    private let now: @Sendable () -> Double

    /// Entries asked for, or runs recorded, in one write to the server.
    private static let step = 1000

    /// Nothing is connected before the first call; what is lost is connected again by the next one.
    /// - Parameters:
    ///   - url: with `redbeat+` in front or not; its options `redbeat_key_prefix` and `redbeat_lock_key` go before what follows.
    ///   - keyPrefix: `redbeat_key_prefix`.
    ///   - lockKey: `redbeat_lock_key`; `nil` as RedBeat's own null: any number of beats lead.
    /// - Throws: kind `.misconfigured`.
    public convenience init(
        _ url: BrokerURL, keyPrefix: String = "redbeat:", lockKey: String? = ":lock", permission: Permission = .act
    ) throws(TransportError) {
        try self.init(url, keyPrefix: keyPrefix, lockKey: lockKey, permission: permission, now: secondsSince1970)
    }

    init(
        _ url: BrokerURL, keyPrefix: String, lockKey: String?, permission: Permission, now: @escaping @Sendable () -> Double
    ) throws(TransportError) {
        var server = url
        if server.scheme.hasPrefix("redbeat+") { server.scheme.removeFirst("redbeat+".count) }
        address = try RedisEndpoint(server)
        endpoint = url.description
        keys = RedBeatKeys(prefix: url[option: "redbeat_key_prefix"] ?? keyPrefix, lock: url[option: "redbeat_lock_key"] ?? lockKey)
        pool = ConnectionPool(address, CommandGate(permission, RedisKeys(options: RedisOptions(), database: address.database)))
        scripts = ScriptRunner(pool)
        self.now = now
    }

    public func close() async {
        await activities.end(within: .seconds(1))
        await pool.close()
    }

    // MARK: - Reading

    public func entries() async throws(TransportError) -> [StoredEntry] {
        let found = Mutex<[StoredEntry]>([])
        try await pages { page in found.withLock { $0 += page } }
        return found.withLock { $0 }.sorted { $0.entry.name < $1.entry.name }
    }

    /// Those that are due first come first, by their scores.
    public func pages(_ take: @Sendable ([StoredEntry]) -> Void) async throws(TransportError) {
        let replies = try await pool.send([RedisCommand("ZRANGE", keys.schedule, "0", "-1"), RedisCommand("SMEMBERS", keys.statics)], timeout: .seconds(30))
        for reply in replies { if let text = reply.errorText { throw .refusal(text, operation: "ZRANGE", pool.endpoint) } }
        let statics = Set((replies[1].items ?? []).compactMap(\.text))
        var names = (replies[0].items ?? []).compactMap { $0.text.flatMap(keys.name) }
        // What beat threw out of the schedule, because it could not read it, may be found by its name.
        if !statics.isEmpty { names += statics.subtracting(names) }
        var asked: [(name: String, hash: RESPValue)] = [], page: [StoredEntry] = []
        for start in stride(from: 0, to: names.count, by: Self.step) {
            // While a page is taken, the next one is read, and the one after that is on its way.
            let piece = asked
            async let next = hashes(of: names[start..<min(start + Self.step, names.count)])
            async let reading = read(piece, statics)
            take(page)
            page = await reading
            asked = try await next.get()
        }
        take(page)
        take(await read(asked, statics))
    }

    private func hashes(of names: ArraySlice<String>) async -> Result<[(name: String, hash: RESPValue)], TransportError> {
        do throws(TransportError) {
            let hashes = try await pool.send(names.map { RedisCommand("HMGET", keys.entry($0), "definition", "meta") }, timeout: .seconds(30))
            return .success(Array(zip(names, hashes)).map { (name: $0, hash: $1) })
        } catch {
            return .failure(error)
        }
    }

    private func read(_ asked: [(name: String, hash: RESPValue)], _ statics: Set<String>) async -> [StoredEntry] {
        await mapMany(asked) { [self] name, hash in stored(name, hash.items ?? [], isStatic: statics.contains(name)) }.compactMap(\.self)
    }

    public func entry(_ name: String) async throws(TransportError) -> StoredEntry? {
        if keys.isReserved(keys.entry(name)) { return nil }
        let replies = try await pool.send([
            RedisCommand("HMGET", keys.entry(name), "definition", "meta"), RedisCommand("SISMEMBER", keys.statics, name),
        ])
        if let text = replies[0].errorText { throw .refusal(text, operation: "HMGET", pool.endpoint) }
        return stored(name, replies[0].items ?? [], isStatic: replies[1].integer == 1)
    }

    /// - Parameter fields: definition and meta; `nil` without a definition.
    private func stored(_ name: String, _ fields: [RESPValue], isStatic: Bool) -> StoredEntry? {
        guard let definition = fields.first?.text else { return nil }
        let meta = fields.count > 1 ? fields[1].text : nil
        var value = Value.null
        var problem: String?
        do throws(JSONError) { value = try JSON.decode(definition) } catch { problem = "the definition is no JSON: \(error)" }
        var (entry, fault) = ScheduleEntry.read(value, name: name, isOurs: false)
        do throws(DefinitionFault) {
            let runs = try meta.map { text throws(DefinitionFault) in try RedBeatMeta(text) { try? ZoneFiles.system.rules($0) } }
            entry.lastRun = runs?.lastRun
            entry.runs = runs?.runs ?? 0
        } catch { fault = fault ?? error.words }
        return StoredEntry(
            entry, version: EntryVersion(definition: definition, runs: meta ?? "").text, isStatic: isStatic, problem: problem ?? fault)
    }

    // MARK: - Writing

    public func save(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async throws(TransportError) -> ScheduleWrite {
        // Due now: beat looks at it on its next tick, and decides by definition and meta.
        try await save(entry, replacing: expected, score: now())
    }

    private func save(_ entry: ScheduleEntry, replacing expected: StoredEntry?, score: Double) async throws(TransportError) -> ScheduleWrite {
        try features.check(entry, at: endpoint)
        let new = keys.entry(entry.name), version = expected.flatMap { EntryVersion($0.version) }
        if keys.isReserved(new) { throw refusal("an entry of that name: RedBeat keeps something else there") }
        if expected != nil, version == nil { return .conflict(try await self.entry(expected?.entry.name ?? "")) }
        guard let definition = entry.definition(over: version.flatMap { try? JSON.decode($0.definition) }, isOurs: false) else {
            throw refusal("such a schedule")
        }
        let isAsItRan = expected.map { entry.hasRunAs($0.entry) } ?? false
        // Without a time beat would run it at once.
        let meta = isAsItRan ? "" : RedBeatMeta(lastRun: entry.lastRun ?? now(), runs: entry.runs).text
        let arguments = [
            version?.definition ?? "", isAsItRan ? "" : version.map { "=" + $0.runs } ?? "", String(decoding: JSON.encode(definition), as: UTF8.self), meta,
            Self.score(score),
        ]
        let old = expected.map { keys.entry($0.entry.name) } ?? new
        return try await write(.saveSchedule, [old, new, keys.schedule], arguments, isTaken: new, else: old)
    }

    public func remove(_ expected: StoredEntry) async throws(TransportError) -> ScheduleWrite {
        let key = keys.entry(expected.entry.name)
        guard let version = EntryVersion(expected.version) else { return .conflict(try await entry(expected.entry.name)) }
        return try await write(.removeSchedule, [key, keys.schedule], [version.definition], isTaken: key, else: key)
    }

    /// Runs a script that answers as `saveSchedule` does.
    private func write(
        _ script: RedisScript, _ all: [String], _ arguments: [String], isTaken new: String, else old: String
    ) async throws(TransportError) -> ScheduleWrite {
        let reply = try await scripts.run(script, keys: all, arguments.map { Array($0.utf8) }).items ?? []
        let verdict = reply.first?.integer ?? -1
        guard verdict >= 0, let name = keys.name(ofKey: verdict == 0 ? old : new) else { return .conflict(nil) }
        let statics = try await pool.send(RedisCommand("SISMEMBER", keys.statics, name)).integer
        guard let stored = stored(name, Array(reply.dropFirst()), isStatic: statics == 1) else { return .conflict(nil) }
        return verdict == 1 ? .done(stored) : .conflict(stored)
    }

    public func record(_ runs: [RecordedRun]) async throws(TransportError) {
        let runs = runs.filter { !keys.isReserved(keys.entry($0.name)) }
        for start in stride(from: 0, to: runs.count, by: Self.step) {
            let some = runs[start..<min(start + Self.step, runs.count)]
            if let connection = quiet.withLock({ $0 }), connection.isOpen {
                try await record(some, over: connection)
            } else {
                let arguments = some.flatMap { [Self.meta($0), Self.score($0.nextDue)] }
                _ = try await scripts.run(.recordRuns, keys: [keys.schedule] + some.map { keys.entry($0.name) }, arguments.map { Array($0.utf8) })
            }
        }
        for run in runs where run.disables { try await disable(run) }
    }

    /// Without the script, since the server tells everybody of what a script writes. An entry that is removed between both steps leaves a hash without
    /// a definition, which nobody takes for an entry.
    private func record(_ runs: ArraySlice<RecordedRun>, over connection: RedisConnection) async throws(TransportError) {
        let there = try await connection.send(runs.map { RedisCommand("HEXISTS", keys.entry($0.name), "definition") }, operation: "record")
        let writes = zip(runs, there).filter { $1.integer == 1 }.flatMap { run, _ in
            let key = keys.entry(run.name)
            return [RedisCommand("HSET", key, "meta", Self.meta(run)), RedisCommand("ZADD", keys.schedule, "XX", Self.score(run.nextDue), key)]
        }
        try await connection.send(writes, operation: "record")
    }

    private static func meta(_ run: RecordedRun) -> String { RedBeatMeta(lastRun: run.lastRun, runs: max(0, run.runs)).text }

    private func disable(_ run: RecordedRun) async throws(TransportError) {
        while let known = try await entry(run.name), known.entry.isEnabled, known.problem == nil {
            var entry = known.entry
            entry.isEnabled = false
            if case .done = try await save(entry, replacing: known, score: run.nextDue ?? -1) { return }
        }
    }

    /// Whole seconds; -1 is never looked at.
    private static func score(_ time: Double?) -> String {
        guard let time, time.magnitude < 1e12 else { return "-1" }
        return String(Int(time))
    }

    private func refusal(_ lack: String) -> TransportError {
        TransportError(.refused, operation: "save", endpoint: endpoint, cause: "this store cannot hold \(lack)")
    }

    // MARK: - Changes

    public func changes() -> AsyncStream<ScheduleChange> { stream(nil) }
    public func edits() -> AsyncStream<ScheduleChange> { stream { [weak self] connection in self?.quiet.withLock { $0 = connection } } }

    private func stream(_ offer: (@Sendable (RedisConnection?) -> Void)?) -> AsyncStream<ScheduleChange> {
        let mailbox = ScheduleMailbox()
        let watch = RedBeatWatch(endpoint: address, gate: pool.gate, keys: keys, mailbox: mailbox, offer: offer)
        // Of its own, since it has to listen while the consumer does something else.
        let task = activities.begin {
            await watch.run()
            mailbox.close()
        }
        return mailbox.stream { task.cancel() }
    }

    // MARK: - The lead

    public func lead(_ owner: String, for duration: Duration) async throws(TransportError) -> Leadership {
        guard let lock = keys.lock else { return .leading }
        let milliseconds = max(1, Int(min(duration.seconds, 1e9) * 1000))
        switch try await scripts.run(.takeLead, keys: [lock], [Array(owner.utf8), Array(String(milliseconds).utf8)]).integer {
        case -2: return .leading
        case -1: return .following(.infinity)
        case let left?: return .following(Double(left) / 1000)
        case nil: throw TransportError(.garbled, operation: "lead", endpoint: endpoint, cause: "a script answered something else than a number")
        }
    }

    public func resign(_ owner: String) async throws(TransportError) {
        guard let lock = keys.lock else { return }
        _ = try await scripts.run(.resignLead, keys: [lock], [Array(owner.utf8)])
    }

    public func leader() async throws(TransportError) -> ScheduleLeader? {
        guard let lock = keys.lock else { return nil }
        let replies = try await pool.send([RedisCommand("GET", lock), RedisCommand("PTTL", lock)])
        if let text = replies[0].errorText { throw .refusal(text, operation: "GET", pool.endpoint) }
        guard let owner = replies[0].text else { return nil }
        return ScheduleLeader(owner: owner, remaining: replies[1].integer.flatMap { $0 < 0 ? nil : Double($0) / 1000 })
    }
}
