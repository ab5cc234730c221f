/// The workers seen so far, at most 5,000.
struct WorkerTable: Sendable {
    static let limit = 5_000

    private(set) var names: NameTable
    /// By number of the name; entries of numbers not in use are not `isKnown`.
    private(set) var records: [WorkerRecord] = [WorkerRecord(), WorkerRecord()]

    /// - Parameter byteLimit: bytes that all of them may take together.
    init(byteLimit: Int, hash: ByteHash) {
        let cost = MemoryLayout<WorkerRecord>.stride + Self.textCost + 2 * heapCost(arrayHeader + 32)
        names = NameTable(limit: min(Self.limit, max(16, byteLimit / cost)), hash: hash)
    }

    /// Bytes of one worker's load, software and queues.
    private static let textCost = 256

    var bytes: Int { names.bytes + records.capacity * MemoryLayout<WorkerRecord>.stride + names.count * Self.textCost }

    @inline(__always)
    subscript(id: NameID) -> WorkerRecord {
        _read { yield records[Int(id)] }
        _modify { yield &records[Int(id)] }
    }

    /// The number of a node's name; `NameTable.other` when there is no room for it.
    @inline(__always)
    mutating func intern(_ name: UnsafeRawBufferPointer) -> NameID {
        let id = names.intern(name)
        if Int(id) == records.count { records.append(WorkerRecord()) }
        return id
    }

    func find(_ name: UnsafeRawBufferPointer) -> NameID? {
        names.find(String(decoding: name, as: UTF8.self))
    }

    /// Forgets an eighth of the workers, those silent for longest, and gives their numbers, which then belong to nobody.
    mutating func displaceSilent() -> Set<NameID> {
        let silent = known.sorted { records[Int($0)].heardAt < records[Int($1)].heardAt }.prefix(max(1, names.count / 8))
        for id in silent {
            names.remove(id)
            records[Int(id)] = WorkerRecord()
        }
        return Set(silent)
    }

    var known: [NameID] {
        records.indices.filter { records[$0].isKnown && $0 > NameTable.other }.map { NameID($0) }
    }

    func name(_ id: NameID) -> WorkerName { WorkerName(names[id]) }
}

/// When we could hear workers: their silence while we were deaf says nothing about them.
struct Hearing: Sendable {
    /// Seconds since 1970.
    var listeningSince = -Double.infinity
    /// Since when the link has been down.
    var deafSince: Double?

    /// Seconds of silence, as heard, since `heardAt`.
    func silence(since heardAt: Double, now: Double) -> Double {
        (deafSince.map { min($0, now) } ?? now) - max(heardAt, listeningSince)
    }
}

extension WorkerRecord {
    /// Silence after which a worker counts as lost; longer for those that rarely give a sign.
    private static let lostAfter = 30.0

    func state(now: Double, hearing: Hearing) -> WorkerState {
        if leftAt != nil { return .offline }
        let silence = hearing.silence(since: heardAt, now: now)
        guard beatAt != nil else {
            // One that sends no heartbeats but answers is as good as online for a while.
            return repliedAt != nil && silence < Self.lostAfter ? .online : .unknown
        }
        if silence >= max(Self.lostAfter, interval * 4) { return .lost }
        return silence >= interval * 2 ? .late : .online
    }

    /// A task that the worker last told about at `timestamp` is gone with it, or with an earlier process of it.
    func hasAbandoned(taskOf timestamp: Double, now: Double, hearing: Hearing) -> Bool {
        if let processSince, timestamp < processSince { return true }
        return state(now: now, hearing: hearing) == .lost
    }
}
