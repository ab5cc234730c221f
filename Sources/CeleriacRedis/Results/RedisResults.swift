public import CeleriacBroker
public import CeleriacCore

/// Results in Redis as Celery keeps them: one key a task, told on the channel of that name; chords are counted by the server.
public final class RedisResults: ResultStore {
    private struct Write: Sendable {
        let key: String
        /// As it is stored.
        let record: [UInt8]
        let lifetime: Duration?
    }

    public let endpoint: String
    public let countsChords = true
    private let pool: ConnectionPool
    private let scripts: ScriptRunner
    private let keys: ResultKeys
    private let writing: Coalescer<Write>
    private let watch: ResultWatch

    /// Records stored by one call of a script: Lua takes no more than some thousand arguments at once.
    private static let batchLimit = 1000
    /// Seconds for which nobody else sends a chord's body once one has begun to: enough to publish it to a broker that has to be connected first.
    private static let claimLifetime = "30"
    /// Seconds for which it is remembered that a chord's body was sent (Celery's own number).
    private static let doneLifetime = "300"

    /// Nothing is connected before the first call; what is lost is connected again by the next one.
    /// - Parameter keyPrefix: `global_keyprefix` of `result_backend_transport_options`; the URL's option of that name goes before it.
    /// - Throws: kind `.misconfigured`.
    public init(_ url: BrokerURL, keyPrefix: String = "") throws(TransportError) {
        let address = try RedisEndpoint(url)
        endpoint = address.shown
        keys = ResultKeys(prefix: url[option: "global_keyprefix"] ?? keyPrefix)
        let gate = CommandGate(.act, RedisKeys(options: RedisOptions(), database: address.database))
        pool = ConnectionPool(address, gate)
        scripts = ScriptRunner(pool)
        watch = ResultWatch(address, gate, keys)
        writing = Coalescer { [scripts] (writes) async throws(TransportError) in try await Self.write(writes, scripts) }
    }

    public func close() async {
        await watch.close()
        await pool.close()
    }

    // MARK: - Records

    public func store(_ records: [ResultRecord], lifetime: Duration?) async throws(TransportError) {
        // Encoded here, by each caller for himself: whoever sends for others should not work for them as well.
        try await writing.send(records.map { Write(key: keys.task($0.id), record: JSON.encode($0.value), lifetime: lifetime) })
    }

    private static func write(_ writes: [Write], _ scripts: ScriptRunner) async throws(TransportError) {
        for (lifetime, writes) in Dictionary(grouping: writes, by: \.lifetime) {
            for start in stride(from: 0, to: writes.count, by: batchLimit) {
                let batch = writes[start..<min(start + batchLimit, writes.count)]
                _ = try await scripts.run(.storeResults, keys: batch.map(\.key), [seconds(lifetime)] + batch.map(\.record), timeout: .seconds(30))
            }
        }
    }

    /// Of a key's life; 0 stands for ever.
    private static func seconds(_ lifetime: Duration?) -> [UInt8] {
        Array(String(lifetime.map { max(1, Int($0.seconds.rounded(.up))) } ?? 0).utf8)
    }

    public func record(of id: TaskID) async throws(TransportError) -> ResultRecord? {
        try await pool.record(of: id, keys)
    }

    public func records(of ids: [TaskID]) async throws(TransportError) -> [TaskID: ResultRecord] {
        if ids.isEmpty { return [:] }
        let values = try await pool.send(RedisCommand("MGET", ids.map(keys.task))).items ?? []
        var records: [TaskID: ResultRecord] = [:]
        for (id, value) in zip(ids, values) {
            if let bytes = value.bytes { records[id] = try ResultRecord(stored: bytes, id: id, at: pool.endpoint) }
        }
        return records
    }

    public func updates(of ids: [TaskID]) -> AsyncThrowingStream<ResultRecord, any Error> {
        watch.updates(of: ids)
    }

    public func forget(_ ids: [TaskID]) async throws(TransportError) {
        if ids.isEmpty { return }
        _ = try await pool.send(RedisCommand("DEL", ids.map(keys.task)))
    }

    /// Redis expires records by itself.
    @discardableResult
    public func removeExpired(before date: Double) async throws(TransportError) -> Int { 0 }

    // MARK: - Groups

    public func saveGroup(_ id: String, members: Value, lifetime: Duration?) async throws(TransportError) {
        let key = Array(keys.group(id).utf8), record = JSON.encode(["result": members])
        let expiry = lifetime == nil ? [] : [Array("EX".utf8), Self.seconds(lifetime)]
        try await pool.send([RedisCommand("SET", bytes: [key, record] + expiry), RedisCommand("PUBLISH", bytes: [key, record])], operation: "SET")
    }

    public func group(_ id: String) async throws(TransportError) -> Value? {
        try members(await pool.send(RedisCommand("GET", keys.group(id))), of: id)
    }

    public func forgetGroup(_ id: String) async throws(TransportError) {
        _ = try await pool.send(RedisCommand("DEL", keys.group(id)))
    }

    private func members(_ reply: RESPValue, of group: String) throws(TransportError) -> Value? {
        guard let bytes = reply.bytes else { return nil }
        guard let members = (try? JSON.decode(bytes))?["result"] else {
            throw TransportError(.garbled, operation: "GET", endpoint: endpoint, cause: "the record of group \(group) cannot be read")
        }
        return members
    }

    // MARK: - Chords

    public func openChord(_ group: String, size: Int, lifetime: Duration?) async throws(TransportError) {
        let expiry = lifetime == nil ? [] : ["EX", String(decoding: Self.seconds(lifetime), as: UTF8.self)]
        let commands = [RedisCommand("DEL", keys.chordClaim(group)), RedisCommand("SET", [keys.chordSize(group), String(size)] + expiry)]
        try await pool.send(commands, operation: "SET")
    }

    public func extendChord(_ group: String, by count: Int) async throws(TransportError) {
        _ = try await pool.send(RedisCommand("INCRBY", keys.chordExtra(group), String(count)))
    }

    public func count(_ part: ChordPart, lifetime: Duration?) async throws(TransportError) -> ChordCount {
        let token = freshUUID()
        let score = part.index.map(String.init) ?? "+inf"
        let encoded = JSON.encode([1, .string(part.task.rawValue), .string(part.state.rawValue), part.result])
        let arguments = [Array("\(part.task):\(score)".utf8), encoded, Array(score.utf8), Self.seconds(lifetime), Array(token.utf8), Array(Self.claimLifetime.utf8)]
        let reply = try await scripts.run(.countChord, keys: keys.chord(part.group), arguments).items ?? []
        switch reply.first?.integer {
        case 0: return .waiting
        case 1 where reply.count >= 2:
            let parts = try parts(reply[1].items ?? [], of: part.group)
            return .complete(token: token, parts: parts, members: try members(reply.count > 2 ? reply[2] : .null, of: part.group))
        default: return .late
        }
    }

    /// - Parameter items: parts and their scores, in turn.
    private func parts(_ items: [RESPValue], of group: String) throws(TransportError) -> [ChordPart] {
        var parts: [ChordPart] = []
        for index in stride(from: 0, to: items.count - 1, by: 2) {
            guard let bytes = items[index].bytes, let fields = try? JSON.decode(bytes).array, fields.count >= 4, let task = fields[1].string,
                let state = fields[2].string
            else {
                throw TransportError(.garbled, operation: "ZRANGE", endpoint: endpoint, cause: "a part of chord \(group) cannot be read")
            }
            let score = items[index + 1].text.flatMap(Double.init).flatMap { Int(exactly: $0) }
            parts.append(ChordPart(group: group, task: TaskID(task), index: score, state: TaskState(rawValue: state), result: fields[3]))
        }
        return parts
    }

    public func closeChord(_ group: String, token: String, isSent: Bool) async throws(TransportError) {
        if isSent {
            _ = try await scripts.run(.closeChord, keys: keys.chord(group), [Array(token.utf8), Array(Self.doneLifetime.utf8)])
        } else {
            // Without its size no late copy of a member fails the chord again; the parts stay until they expire, as Celery leaves them.
            _ = try await pool.send(RedisCommand("DEL", keys.chordSize(group)))
        }
    }
}
