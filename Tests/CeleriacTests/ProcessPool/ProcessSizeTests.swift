@testable import Celeriac
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

extension ProcessPoolTests {
    @Suite struct Sizes {
        @Test func aProcessIsReplacedAfterItsShareOfTasks() async throws {
            try await withPool(1, tasksPerChild: 3) { pool in
                var processes: [Int] = []
                for _ in 0..<7 { processes.append(await pool.run(try Job("process")).result?.integer ?? 0) }
                let first = processes[0], second = processes[3], third = processes[6]
                #expect(processes == [first, first, first, second, second, second, third])
                #expect(Set(processes).count == 3)
            }
        }

        @Test func aProcessIsReplacedOnceItHoldsTooMuch() async throws {
            try await withPool(1, memoryPerChild: 150_000) { pool in
                let first = await pool.run(try Job("process")).result
                #expect(try await pool.run(Job("process")).result == first)
                #expect(try await pool.run(Job("hoard", 200)).result == first)
                #expect(try await pool.run(Job("process")).result != first)
            }
        }

        @Test func aGrownPoolRunsMoreAtOnce() async throws {
            try await withPool(1) { (pool) async throws in
                pool.grow(by: 2)
                #expect(pool.size == 3)
                #expect(eventually { pool.processIDs.count == 3 })
                let start = ContinuousClock.now
                async let first = pool.run(try Job("sleep", 1)), second = pool.run(try Job("sleep", 1)), third = pool.run(try Job("sleep", 1))
                for run in try await [first, second, third] { #expect(run.result == "rested") }
                #expect(ContinuousClock.now - start < .seconds(2.5))
            }
        }

        @Test func aShrunkPoolLetsGoOfIdleProcessesFirst() async throws {
            try await withPool(2) { pool in
                let run = await pool.run(try Job("sleep", 0.5)) { busy in
                    pool.shrink(by: 1)
                    #expect(eventually { pool.processIDs == [busy] })
                }
                #expect(run.result == "rested")
                #expect(pool.size == 1)
                #expect(try await pool.run(Job("sum", 1, 2)).result == 3)
            }
        }

        @Test func aBusyProcessFinishesBeforeItGoes() async throws {
            try await withPool(1) { (pool) async throws in
                let run = await pool.run(try Job("sleep", 0.3)) { _ in pool.shrink(by: 1) }
                #expect(run.result == "rested")
                #expect(eventually { pool.processIDs.isEmpty })
                pool.grow(by: 1)
                #expect(try await pool.run(Job("sum", 1, 2)).result == 3)
            }
        }

        @Test func aRestartMakesAllProcessesFresh() async throws {
            try await withPool(2) { pool in
                // One after the other would find the first process idle again.
                async let first = pool.run(try Job("sleep", 0.2)), second = pool.run(try Job("sleep", 0.2))
                _ = try await [first, second]
                let old = Set(pool.processIDs)
                let run = await pool.run(try Job("sleep", 0.3)) { _ in pool.restart() }
                #expect(run.result == "rested")
                #expect(eventually { pool.processIDs.count == 2 && old.isDisjoint(with: pool.processIDs) })
            }
        }
    }
}
