public import CeleriacBroker
public import CeleriacCore

extension RedisResultBackend: GroupInspection {
    /// Records up to this many bytes are read whole, of longer ones only the end: the group stands behind the result.
    private static let wholeRecord = 32 << 10
    private static let recordTail = 8 << 10
    /// The set of counted members is read for chords of up to so many.
    private static let membersRead = 1_000

    public func outcomes(of ids: [TaskID]) async throws(TransportError) -> [StoredOutcome] {
        guard !ids.isEmpty else { return [] }
        let lengths = try await pool.send(ids.map { RedisCommand("STRLEN", keys.task($0)) })
        var wanted: [TaskID] = [], commands: [RedisCommand] = []
        for (id, reply) in zip(ids, lengths) {
            guard let length = reply.integer, length > 0 else { continue }
            wanted.append(id)
            commands.append(length <= Self.wholeRecord ? RedisCommand("GET", keys.task(id)) : RedisCommand("GETRANGE", keys.task(id), String(-Self.recordTail), "-1"))
        }
        guard !wanted.isEmpty else { return [] }
        return zip(wanted, try await pool.send(commands)).compactMap { id, reply in
            guard let bytes = reply.bytes else { return nil }
            if let record = try? ResultRecord(decoding: bytes, id: id) { return StoredOutcome(record) }
            return StoredOutcome(id: id, group: Self.group(inTail: bytes))
        }
    }

    /// The group that the end of a record names; an id needs no escapes. Writers put a blank behind the colon, or none.
    private static func group(inTail bytes: [UInt8]) -> String? {
        let name = Array(#""group_id":"#.utf8)
        guard bytes.count > name.count, let start = (0...bytes.count - name.count).last(where: { bytes[$0...].starts(with: name) }) else { return nil }
        let rest = bytes[(start + name.count)...].drop { $0 == UInt8(ascii: " ") }
        guard rest.first == UInt8(ascii: "\"") else { return nil }
        let value = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
        return value.isEmpty || value.contains(UInt8(ascii: "\\")) ? nil : String(decoding: value, as: UTF8.self)
    }

    /// `.s` the size, `.t` what was added, `.j` the parts (a sorted set, or a list where order does not matter), `.d` who was counted, `.c` the claim
    /// (celery.backends.redis, 5.7).
    public func chords(_ groups: [String]) async throws(TransportError) -> [ChordFacts] {
        guard !groups.isEmpty else { return [] }
        let first = try await pool.send(
            groups.flatMap { group -> [RedisCommand] in
                let (parts, counted) = (keys.chordParts(group), keys.chordCounted(group))
                return [keys.chordSize(group), keys.chordExtra(group), keys.chordClaim(group)].map { RedisCommand("GET", $0) } + [
                    RedisCommand("ZCARD", parts), RedisCommand("LLEN", parts), RedisCommand("SCARD", counted),
                ]
            })
        guard first.count == groups.count * 6 else { return [] }
        var facts: [ChordFacts] = []
        var listed: [Int] = []
        for (index, group) in groups.enumerated() {
            let replies = first[index * 6..<index * 6 + 6].map { $0 }
            var chord = ChordFacts(group: group)
            chord.size = replies[0].integer.map { $0 + (replies[1].integer ?? 0) }
            chord.claim = replies[2].text.map { $0 == "done" ? .done : .taken } ?? .none
            // A key of the other type answers with an error, which counts as nothing.
            chord.counted = max(replies[3].integer ?? 0, replies[4].integer ?? 0)
            if chord.size != nil, let count = replies[5].integer, 1...Self.membersRead ~= count { listed.append(index) }
            facts.append(chord)
        }
        guard !listed.isEmpty else { return facts }
        for (index, reply) in zip(listed, try await pool.send(listed.map { RedisCommand("SMEMBERS", keys.chordCounted(groups[$0])) })) {
            // `<task id>:<index>`
            facts[index].members = reply.items?.compactMap { item in
                item.text.map { text in TaskID(text.lastIndex(of: ":").map { String(text[..<$0]) } ?? text) }
            }
        }
        return facts
    }
}
