import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore

/// `celeriac schedule`.
struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Beat's entries, and when they run.",
        discussion: "Entries are in the store that -S names: redbeat+redis://…, django+sqlite:///…, sqlalchemy+sqlite:///…, sqlite:///…, file:schedule.toml.",
        subcommands: [
            ScheduleList.self, ScheduleShow.self, ScheduleAdd.self, ScheduleEditing.self, ScheduleRemove.self, ScheduleEnable.self, ScheduleDisable.self, ScheduleRun.self,
            ScheduleSkip.self, ScheduleNext.self,
        ])
}

/// What writes can be rehearsed, and need not ask.
struct WriteOptions: ParsableArguments {
    @Flag(help: "Do not ask.") var yes = false
    @Flag(help: "Only tell what would be done.") var dryRun = false
}

/// Runs `body` on the schedule store that options, environment or context name, and closes it. No broker is needed.
func withSchedules<Answer: Sendable>(
    _ global: GlobalOptions, writes: Bool = false, _ body: (any ScheduleStore) async throws -> Answer
) async throws -> Answer {
    let choices = try Choices(global)
    guard let text = choices.scheduler else {
        throw Failure(.wrongUsage, "no schedule store: give -S URL, set CELERIAC_SCHEDULER, or name a context with a scheduler")
    }
    guard !writes || choices.permission == .act else {
        throw Failure(.wrongUsage, "this changes the schedule: it cannot be \(choices.permission == .passive ? "passive" : "read-only")")
    }
    let store = try Schemes.schedules(text, permission: choices.permission)
    let answer: Swift.Result<Answer, any Error>
    do { answer = .success(try await body(store)) } catch { answer = .failure(error) }
    await store.close()
    return try answer.get()
}

/// The entry of that name.
/// - Throws: `Failure` 1 with the nearest name there is.
func find(_ name: String, in store: any ScheduleStore) async throws -> StoredEntry {
    if let entry = try await store.entry(name) { return entry }
    let nearest = Nearest.match(for: name, in: try await store.entries().map(\.entry.name)).map { "; did you mean \(ForeignText.safe($0))?" } ?? ""
    throw Failure(.failed, "no entry \(ForeignText.safe(name)) at \(store.endpoint)\(nearest)")
}

/// All of those names, or none.
func find(_ names: [String], in store: any ScheduleStore) async throws -> [StoredEntry] {
    var found: [StoredEntry] = []
    for name in names where !found.contains(where: { $0.entry.name == name }) { found.append(try await find(name, in: store)) }
    return found
}

extension ScheduleWrite {
    /// What is stored now.
    /// - Parameters:
    ///   - read: what the edit was made from, `nil` for an addition.
    ///   - ours: what it made of that; `nil` when it was to be removed.
    /// - Throws: `Failure` 1 with what somebody else changed meanwhile.
    func stored(over read: StoredEntry?, ours: ScheduleEntry?) throws(Failure) -> StoredEntry {
        switch self {
        case .done(let stored): return stored
        case .conflict(nil): throw Failure(.failed, "\(ForeignText.safe(read?.entry.name ?? ours?.name ?? "")) was removed meanwhile: nothing was changed")
        case .conflict(let theirs?):
            let name = ForeignText.safe(theirs.entry.name)
            let isTaken = theirs.entry.name != read?.entry.name
            let head = isTaken ? "there is an entry \(name) already: nothing was changed" : "somebody changed \(name) meanwhile: nothing was changed"
            let base = isTaken ? nil : read?.entry
            let theirLines = theirs.entry.differences(from: base).map { "  theirs  \($0.words)" }
            let ourLines = ours?.differences(from: base).map { "  yours   \($0.words)" } ?? []
            throw Failure(.failed, ([head] + (theirLines + ourLines).map { ForeignText.safe($0) }).joined(separator: "\n"))
        }
    }
}
