import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Testing

@testable import Celeriac

@Suite struct FirstRunTests {
    let add = TaskDefinition(name: "shop.add") { args, _, _ in .integer((args[0].integer ?? 0) + (args[1].integer ?? 0)) }

    @Test func aMessageGoesInAndAResultAndItsEventsComeOut() async throws {
        let harness = await WorkerHarness([add])
        let id = try await harness.send("shop.add", [2, 3])
        let record = try await harness.record(id, .success)
        #expect(record.result == 5)
        #expect(record.children == [])
        #expect(try #require(record.doneAt) > 1e9)
        #expect(try await harness.events.wait(for: "task-succeeded", id) == ["task-received", "task-started", "task-succeeded"])
        #expect(harness.events.event("task-received", id)?["args"] == "(2, 3)")
        #expect(harness.events.event("task-succeeded", id)?["result"] == "5")
        #expect(try await harness.stop() == 0)
        #expect(try await harness.waiting() == 0)
    }
}
