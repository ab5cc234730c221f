import CeleriacBroker
import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacSQL

/// Several processes on one file: the tests' own program, started again to play one of the roles.
@Suite struct ProcessTests {
    let file: TemporaryFile
    let store: SQLiteStore

    init() throws {
        file = try TemporaryFile()
        store = try SQLiteStore(file.url, lease: Role.lease)
    }

    private func start(_ role: Role) throws -> Program {
        try Program(
            [CommandLine.arguments[0], "--testing-library", "swift-testing", "--filter", "RoleTests"],
            environment: ["CELERIAC_SQL_ROLE": role.rawValue, "CELERIAC_SQL_FILE": file.path])
    }

    /// Waits until so many messages are in `queue`.
    private func wait(for count: Int, in queue: QueueName) async throws {
        let (store, wakeups) = (store, SQLiteFile.shared(try FilePath(file.url)).wakeups)
        try await within(.seconds(60)) {
            while true {
                let mark = wakeups.mark
                if try await store.sizes(of: [queue])[queue] ?? 0 >= count { return }
                try Task.checkCancellation()
                _ = await wakeups.wait(for: .messages, past: mark, until: .now + .seconds(1))
            }
        }
    }

    @Test func whatAKilledProcessHeldComesBackWhenItsLeaseEnds() async throws {
        try await store.publish((0..<10).map { message("m\($0)") })
        let program = try start(.claimSevenAndDie)
        try await wait(for: 1, in: "claimed")
        #expect(try await store.claimAll("q").map(\.text) == ["m7", "m8", "m9"])
        let store = store
        let returned = try await within {
            var returned: [Delivery] = []
            while returned.isEmpty {
                try Task.checkCancellation()
                try await store.maintain(owner: "celery@w1")
                returned = try await store.claim(from: ["q"], upTo: 100, owner: "celery@w1", wait: .milliseconds(20))
            }
            return returned
        }
        #expect(returned.map(\.text) == (0..<7).map { "m\($0)" })
        #expect(returned.allSatisfy { $0.deliveries == 1 && $0.envelope?.isRedelivered == true })
        _ = program
    }

    @Test func manyProcessesShareAQueueAndEachMessageIsDoneOnce() async throws {
        let count = 600
        let programs = try (0..<3).map { _ in try start(.share) }
        for start in stride(from: 0, to: count, by: 20) { try await store.publish((start..<start + 20).map { message("m\($0)") }) }
        try await wait(for: count, in: "done")
        let done = try await store.claimAll("done").compactMap(\.text)
        #expect(done.count == count)
        #expect(Set(done) == Set((0..<count).map { "m\($0)" }))
        _ = programs
    }

    @Test func processesThatOpenANewFileAtOnceAllSucceed() async throws {
        let other = try TemporaryFile()
        let programs = try (0..<3).map { _ in
            try Program(
                [CommandLine.arguments[0], "--testing-library", "swift-testing", "--filter", "RoleTests"],
                environment: ["CELERIAC_SQL_ROLE": Role.open.rawValue, "CELERIAC_SQL_FILE": other.path, "CELERIAC_SQL_READY": file.path])
        }
        try await wait(for: 3, in: "opened")
        #expect(try await SQLiteStore(other.url).sizes(of: ["q"]) == ["q": 3])
        _ = programs
    }
}

/// What a process does that was started for the tests above.
enum Role: String {
    /// Claims seven messages of `q`, says so, and is killed.
    case claimSevenAndDie
    /// Puts each message of `q` into `done`, until nobody needs it any more.
    case share
    /// Opens the file, which may not be there, and puts a message into `q`; says so in another file.
    case open

    static let lease = Duration.milliseconds(500)
    static let current = ProcessInfo.processInfo.environment["CELERIAC_SQL_ROLE"].flatMap(Role.init)
}

@Suite(.enabled(if: Role.current != nil, "these are the other processes of ProcessTests")) struct RoleTests {
    @Test func play() async throws {
        let environment = ProcessInfo.processInfo.environment
        let url = BrokerURL(scheme: "sqlite", path: environment["CELERIAC_SQL_FILE"] ?? "")
        let owner = WorkerName("celery@\(getpid())")
        let store = try SQLiteStore(url, lease: Role.lease)
        switch Role.current {
        case .claimSevenAndDie:
            let claimed = try await store.claim(from: ["q"], upTo: 7, owner: owner, wait: .zero)
            try await store.publish(claimed.prefix(1).map { _ in message("x", to: "claimed") })
            kill(getpid(), SIGKILL)
        case .share:
            while true {
                let claimed = try await store.claim(from: ["q"], upTo: 7, owner: owner, wait: .seconds(30))
                if claimed.isEmpty { return }
                try await store.publish(claimed.map { message($0.text ?? "?", to: "done") })
                try await store.settle(claimed.map { .acknowledge($0.tag) }, owner: owner)
            }
        case .open:
            try await store.publish([message("m")])
            try await SQLiteResults(url).store([ResultRecord(id: TaskID(owner.rawValue), state: .success)], lifetime: nil)
            try await SQLiteStore(BrokerURL(scheme: "sqlite", path: environment["CELERIAC_SQL_READY"] ?? "")).publish([message("x", to: "opened")])
        case nil: break
        }
    }
}
