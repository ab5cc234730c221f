public import CeleriacBroker
public import CeleriacCore
import Dispatch
import OrderedCollections

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Entries in a TOML file, for people to edit too (`EntryTable` tells how).
///
/// An edit from here replaces the lines of its own entry; everything else stays byte for byte. When entries ran is kept in `<file>.state` beside it, and
/// `<file>.lock` keeps writers apart. The members of `kwargs` and `options` come in the order of their names.
public final class FileSchedules: ScheduleStore {
    public let endpoint: String
    public let features: ScheduleFeatures = [
        .interval, .relativeInterval, .crontab, .solar, .clocked, .recurrence, .zones, .oneOff, .start, .end, .note, .leadership, .anyOption,
    ]
    private let path: String
    private let disk: Disk
    private let now: @Sendable () -> Double
    private let queue = DispatchQueue(label: "celeriac.schedule.file")
    private let activities = Activities()
    /// Rings when something was written from here.
    private let bell = Bell()

    private var state: String { path + ".state" }

    /// - Parameter path: of the TOML file, as a path or after `file:`.
    public convenience init(_ path: String) { self.init(path, now: secondsSince1970) }

    init(_ path: String, now: @escaping @Sendable () -> Double) {
        let path = path.hasPrefix("file://") ? String(path.dropFirst(7)) : path.hasPrefix("file:") ? String(path.dropFirst(5)) : path
        endpoint = "file:" + ForeignText.safe(path)
        // A link stays a link.
        if let real = realpath(path, nil) {
            self.path = String(cString: real)
            free(real)
        } else { self.path = path }
        disk = Disk(endpoint: endpoint)
        self.now = now
    }

    public func close() async { await activities.end(within: .seconds(1)) }

    // MARK: - Entries

    public func entries() async throws(TransportError) -> [StoredEntry] {
        try await perform { () throws(TransportError) in try self.document("list").entries(self.states("list")) }.sorted { $0.entry.name < $1.entry.name }
    }

    public func entry(_ name: String) async throws(TransportError) -> StoredEntry? {
        try await perform { () throws(TransportError) in try self.document("look up").entry(name, self.states("look up")) }
    }

    public func save(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async throws(TransportError) -> ScheduleWrite {
        try features.check(entry, at: endpoint)
        return try await edit("save") { document, states throws(TransportError) in
            let old = expected?.entry.name
            if let expected {
                guard let current = document.entry(expected.entry.name, states) else { return .conflict(nil) }
                guard EntryVersion(current.version)?.admits(entry, over: expected) == true else { return .conflict(current) }
            }
            if entry.name != old, let taken = document.entry(entry.name, states) { return .conflict(taken) }
            var run = RunStates.Run(lastRun: entry.lastRun, runs: entry.runs)
            if let expected, entry.hasRunAs(expected.entry) { run = states[expected.entry.name] }
            try document.put(entry, over: old, self.endpoint)
            if let old { states.runs[old] = nil }
            states.runs[entry.name] = run == RunStates.Run(lastRun: nil, runs: 0) ? nil : run
            return document.entry(entry.name, states).map { .done($0) } ?? .conflict(nil)
        }
    }

    public func remove(_ expected: StoredEntry) async throws(TransportError) -> ScheduleWrite {
        try await edit("remove") { document, states throws(TransportError) in
            let name = expected.entry.name
            guard let current = document.entry(name, states) else { return .conflict(nil) }
            guard EntryVersion(current.version)?.isEditedSince(expected) == false else { return .conflict(current) }
            try document.remove(name, self.endpoint)
            states.runs[name] = nil
            return .done(current)
        }
    }

    public func record(_ runs: [RecordedRun]) async throws(TransportError) {
        if runs.isEmpty { return }
        try await edit("record") { document, states throws(TransportError) in
            for run in runs {
                guard let known = document.entry(run.name, states) else { continue }
                states.runs[run.name] = RunStates.Run(lastRun: run.lastRun, runs: max(0, run.runs))
                guard run.disables, known.problem == nil else { continue }
                var entry = known.entry
                entry.isEnabled = false
                try document.put(entry, over: run.name, self.endpoint)
            }
            // Of what people have deleted nothing needs to be kept.
            states.runs = states.runs.filter { document.has($0.key) }
        }
    }

    // MARK: - Changes

    /// Between two looks at the files' times.
    private static let pause = Duration.milliseconds(200)

    public func changes() -> AsyncStream<ScheduleChange> {
        let mailbox = ScheduleMailbox()
        // Of its own, since it has to look while the consumer does something else.
        let task = activities.begin { [path, state, bell] in
            var known: [FileSign?]?
            while !Task.isCancelled {
                let rings = bell.rings
                let found = [FileSign(path), FileSign(state)]
                if found != known { mailbox.put(.anything) }
                known = found
                await bell.wait(after: rings, atMost: Self.pause)
            }
            mailbox.close()
        }
        return mailbox.stream { task.cancel() }
    }

    // MARK: - The lead

    public func lead(_ owner: String, for duration: Duration) async throws(TransportError) -> Leadership {
        let seconds = duration.seconds
        return try await changeStates("lead") { states, now in
            if let leader = states.leader, leader.owner != owner, leader.until > now { return .following(leader.until - now) }
            states.leader = (owner, now + seconds)
            return .leading
        }
    }

    public func resign(_ owner: String) async throws(TransportError) {
        try await changeStates("resign") { states, _ in if states.leader?.owner == owner { states.leader = nil } }
    }

    public func leader() async throws(TransportError) -> ScheduleLeader? {
        let now = now()
        let states = try await perform { () throws(TransportError) in try self.states("look up") }
        guard let leader = states.leader, leader.until > now else { return nil }
        return ScheduleLeader(owner: leader.owner, remaining: leader.until - now)
    }

    // MARK: - The files

    private func perform<Output: Sendable>(_ work: @escaping @Sendable () throws(TransportError) -> Output) async throws(TransportError) -> Output {
        let result: Result<Output, TransportError> = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Result { () throws(TransportError) in try work() }) }
        }
        return try result.get()
    }

    private func document(_ operation: String) throws(TransportError) -> EntryDocument {
        guard let text = try disk.read(path, operation) else {
            throw TransportError(.unreachable, operation: operation, endpoint: endpoint, cause: "there is no such file", hint: "an entry that is added makes it")
        }
        return try EntryDocument(text, operation, endpoint)
    }

    private func states(_ operation: String) throws(TransportError) -> RunStates { RunStates(try disk.read(state, operation)) }

    /// Lets `change` edit both files, while nobody else does, and writes what has changed of them.
    private func edit<Output: Sendable>(
        _ operation: String, _ change: @escaping @Sendable (inout EntryDocument, inout RunStates) throws(TransportError) -> Output
    ) async throws(TransportError) -> Output {
        try await perform { () throws(TransportError) in
            try self.disk.locked(self.path + ".lock", operation) { () throws(TransportError) in
                let text = try self.disk.read(self.path, operation)
                var document = try EntryDocument(text ?? "", operation, self.endpoint), states = try self.states(operation)
                let before = states.text
                let output = try change(&document, &states)
                if document.text != text ?? "" { try self.disk.replace(self.path, with: document.text, operation) }
                if states.text != before { try self.disk.replace(self.state, with: states.text, operation) }
                self.bell.ring()
                return output
            }
        }
    }

    private func changeStates<Output: Sendable>(
        _ operation: String, _ change: @escaping @Sendable (inout RunStates, _ now: Double) -> Output
    ) async throws(TransportError) -> Output {
        try await perform { () throws(TransportError) in
            try self.disk.locked(self.path + ".lock", operation) { () throws(TransportError) in
                var states = try self.states(operation)
                let output = change(&states, self.now())
                try self.disk.replace(self.state, with: states.text, operation)
                return output
            }
        }
    }
}
