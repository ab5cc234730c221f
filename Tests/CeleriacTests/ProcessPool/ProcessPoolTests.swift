@testable import Celeriac
import CeleriacCore
import Glibc
import OrderedCollections
import TestSupport
import Testing

/// With real processes; one after the other, since they count them and share two cores.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ProcessPoolTests {
    @Test func aJobGoesThereAndItsResultComesBack() async throws {
        let run = try await withPool(1) { pool in await pool.run(try Job("echo", 1, "two", [3.5, nil], kwargs: ["k": ["ä", true]])) }
        #expect(run.result == [[1, "two", [3.5, nil]], ["k": ["ä", true]]])
    }

    @Test func theTaskSeesItsRequest() async throws {
        var job = try Job("request", id: "a-b-c")
        job.request.message.retries = 2
        job.request.message.chain = [["task": "next", "args": [1]]]
        job.request.message.chord = ["task": "body"]
        let order = job
        let run = try await withPool(1) { pool in await pool.run(order) }
        #expect(run.result == ["celery@test", "a-b-c", 2, [["task": "next", "args": [1]]], ["task": "body"]])
    }

    @Test func anErrorIsAFailureAndTheProcessGoesOn() async throws {
        try await withPool(1) { (pool) async throws in
            let before = await pool.run(try Job("process")).result
            let run = await pool.run(try Job("fail"))
            guard case .failure(let exception, _) = run.outcome else { return #expect(Bool(false), "\(run)") }
            #expect(exception.type == "Sour")
            #expect(exception.arguments == ["sour"])
            #expect(try await pool.run(Job("process")).result == before)
        }
    }

    @Test func aTaskThatTheProcessDoesNotKnowIsNotRegistered() async throws {
        let run = try await withPool(1) { pool in await pool.run(try Job("nosuch")) }
        guard case .failure(let exception, _) = run.outcome else { return #expect(Bool(false), "\(run)") }
        #expect(exception.type == "NotRegistered")
        #expect(exception.arguments == ["nosuch"])
    }

    @Test func thousandsOfJobsAreEachAnsweredOnce() async throws {
        let (jobs, width) = (5_000, 4)
        try await withPool(width) { pool in
            let sums = await withTaskGroup(of: [Int: Int].self) { group in
                for lane in 0..<width {
                    group.addTask {
                        var sums: [Int: Int] = [:]
                        for index in stride(from: lane, to: jobs, by: width) {
                            guard let job = try? Job("sum", .integer(index), 1) else { continue }
                            sums[index] = await pool.run(job).result?.integer
                        }
                        return sums
                    }
                }
                return await group.reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }
            }
            #expect(sums.count == jobs)
            #expect(sums.allSatisfy { $0.value == $0.key + 1 })
            #expect(pool.processIDs.count == width)
        }
    }

    @Test func megabytesGoBothWays() async throws {
        let text = Value.string(String(repeating: "0123456789abcdef\u{1F955}", count: 250_000))
        let run = try await withPool(1) { pool in await pool.run(try Job("echo", text)) }
        #expect(run.result == [[text], [:]])
    }

    @Test func printingTasksDoNotDisturbTheLink() async throws {
        let run = try await withPool(1) { (pool) async throws in
            _ = await pool.run(try Job("print", "a line on standard output, from a test"))
            return await pool.run(try Job("sum", 1, 2))
        }
        #expect(run.result == 3)
    }

    @Test func processesInheritNoDescriptorsAndIgnoreWhatIsForTheWorker() async throws {
        let file = open("/proc/self/status", O_RDONLY)  // not close-on-exec
        defer { close(file) }
        let path = "/proc/\(getpid())/status"
        try await withPool(2) { pool in
            for _ in 0..<4 {
                let paths = await pool.run(try Job("descriptors")).result?.array?.compactMap(\.string) ?? ["none told"]
                #expect(!paths.contains(path), "\(paths)")
                #expect(paths.filter { $0.hasPrefix("socket:") } == [], "\(paths)")
            }
            #expect(try await pool.run(Job("signals")).result == true)
        }
    }
}
