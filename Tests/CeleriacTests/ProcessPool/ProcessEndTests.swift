@testable import Celeriac
import CeleriacCore
import Glibc
import OrderedCollections
import TestSupport
import Testing

extension ProcessPoolTests {
    /// What ends a process, and what is then said of the task in it.
    @Suite struct Ends {
        @Test func aKilledProcessLosesItsRunOnly() async throws {
            try await withPool(2) { pool in
                async let victim = pool.run(try Job("sleep", 60)) { process in kill(process, SIGKILL) }
                async let bystander = pool.run(try Job("sleep", 0.3))
                #expect(try await victim.lossCause == "Worker exited prematurely: signal 9 (SIGKILL)")
                #expect(try await bystander.result == "rested")
                #expect(try await pool.run(Job("sum", 1, 2)).result == 3)
            }
        }

        @Test func aTrapLosesItsRunOnly() async throws {
            try await withPool(1) { (pool) async throws in
                let cause = try await #require(pool.run(Job("trap")).lossCause)
                #expect(["signal 4 (SIGILL)", "signal 5 (SIGTRAP)", "signal 6 (SIGABRT)"].contains { cause == "Worker exited prematurely: \($0)" }, "\(cause)")
                #expect(try await pool.run(Job("sum", 1, 2)).result == 3)
            }
        }

        @Test func anExitIsNamedByItsCode() async throws {
            let run = try await withPool(1) { pool in await pool.run(try Job("exit", 3)) }
            #expect(run.lossCause == "Worker exited prematurely: exitcode 3")
        }

        @Test(arguments: ["text", "length", "json", "word", "group", "empty"]) func garbageEndsTheProcessAndNothingElse(kind: String) async throws {
            try await withPool(1) { (pool) async throws in
                #expect(try await pool.run(Job("garbage", .string(kind))).lossCause == "Worker sent what cannot be read")
                #expect(try await pool.run(Job("sum", 1, 2)).result == 3)
            }
        }

        @Test(arguments: [SIGTERM, SIGKILL, SIGUSR1, SIGINT]) func terminatingNamesTheSignalThatWasAskedFor(signal: Int32) async throws {
            try await withPool(1) { (pool) async throws in
                let run = await pool.run(try Job("spin", id: "t")) { _ in pool.terminate("t", signal: signal) }
                guard case .terminated(signal) = run.outcome else { return #expect(Bool(false), "\(run)") }
                #expect(try await pool.run(Job("sum", 1, 2)).result == 3)
            }
        }

        @Test func theHardLimitKillsWhatHearsNothing() async throws {
            try await withPool(1) { (pool) async throws in
                let run = await pool.run(try Job("spin", limits: TimeLimits(hard: .milliseconds(200))))
                guard case .timedOut(.milliseconds(200)) = run.outcome else { return #expect(Bool(false), "\(run)") }
                #expect(run.runtime >= .milliseconds(200) && run.runtime < .seconds(10), "\(run.runtime)")
                #expect(try await pool.run(Job("sum", 1, 2)).result == 3)
            }
        }

        @Test func aCancelledJobIsLostAndMayRunAgain() async throws {
            let run = try await withPool(1) { pool in await pool.run(try Job("spin", id: "t")) { _ in pool.cancel("t") } }
            #expect(run.lossCause == "The worker is shutting down")
        }

        @Test func whatDoesNotRunIsNotTerminated() async throws {
            try await withPool(1) { (pool) async throws in
                pool.terminate("nobody", signal: SIGKILL)
                #expect(try await pool.run(Job("sum", 1, 2)).result == 3)
            }
        }

        @Test func aJobThatWaitsForAProcessCanBeEndedToo() async throws {
            try await withPool(0) { pool in
                async let run = pool.run(try Job("sum", id: "w"))
                // It is not there at once: asked until it ends.
                let ended = Task { while !Task.isCancelled { pool.cancel("w"); await Task.yield() } }
                #expect(try await run.lossCause == "The worker is shutting down")
                ended.cancel()
            }
        }

        @Test func afterClosingNoProcessIsLeft() async throws {
            let processes = try await withPool(3) { pool in
                _ = await pool.run(try Job("sum"))
                return pool.processIDs
            }
            #expect(processes.count == 3)
            #expect(!processes.contains(where: isAlive))
        }

        @Test func processesThatDieAtOnceAreStartedLessAndLessOften() async throws {
            try await withPool(2, "--dies") { pool in
                let before = try #require(pool.processIDs.max())
                #expect(eventually { pool.processIDs.isEmpty })
                // 0.1 + 0.2 + … s: in one second each place sees four starts, not hundreds.
                let deadline = ContinuousClock.now + .seconds(1)
                var seen: Set<Int32> = []
                while ContinuousClock.now < deadline {
                    seen.formUnion(pool.processIDs)
                    usleep(500)
                }
                #expect(seen.count < 20, "\(seen.count) after \(before)")
            }
        }

        /// The end of the worker, as its processes see it: the kernel closes its end of the link.
        @Test(arguments: ["idle", "sleep", "spin"]) func aProcessDoesNotOutliveItsWorker(doing task: String) throws {
            let path = builtProgram("pool-probe")
            let (link, other) = try #require(ProcessLink.pair())
            let process = try ProcessSpawn.start(.init(path: path, arguments: [path]), link: other).get()
            close(other)
            link.read { bytes in
                if task != "idle", let job = try? Job(task, 60) { link.send(ProcessJob(job).value) }
                return false  // ready
            }
            #expect(isAlive(process))
            link.cut()
            #expect(eventually(within: 10) { !isAlive(process) })
            kill(process, SIGKILL)
            _ = ProcessSpawn.reap(process)
        }
    }
}
