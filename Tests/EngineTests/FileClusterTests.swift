import Celeriac
import Foundation
import Testing

/// One SQLite file is broker and result backend; sender and worker are apps of their own, as two programs would be.
@Suite(.timeLimit(.minutes(2))) struct FileClusterTests {
    @Test func aFileIsEnoughForTasksAndWorkflows() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("engine-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = "sqlite:///\(folder.path)/queue.db"

        let running = try App("worker", broker: url, resultBackend: url)
        try running.task("file.add", "x", "y") { (x: Int, y: Int) in x + y }
        try running.task("file.total", "numbers") { (numbers: [Int]) in numbers.reduce(0, +) }
        let worker = Worker(app: running)
        async let end = worker.run()

        let sender = try App("sender", broker: url, resultBackend: url)
        let add = sender.remote("file.add", as: ((Int, Int) -> Int).self)
        let total = sender.remote("file.total", as: (([Int]) -> Int).self)
        #expect(try await add.delay(2, 3).get(timeout: .seconds(60)) == 5)
        #expect(try await (add.s(1, 2) | add.partial(3)).delay().get(timeout: .seconds(60)) == 6)
        #expect(try await chord((0..<5).map { add.s($0, 1) }, body: total.partial()).delay().get(timeout: .seconds(60)) == 15)
        let results = try await add.delayAll((0..<200).map { ($0, 1) })
        for (index, result) in results.enumerated() { #expect(try await result.get(timeout: .seconds(60)) == index + 1) }

        let late = try await add.apply(1, 1, options: CallOptions(countdown: .seconds(1)))
        try await late.revoke()
        let error = await #expect(throws: TaskError.self) { try await late.get(timeout: .seconds(60)) }
        #expect(error?.state == .revoked)

        worker.shutdown()
        #expect(try await end == 0)
        await sender.close()
        await running.close()
    }
}
