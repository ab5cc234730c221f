import Celeriac
import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import Foundation
import TestSupport
import Testing

/// A real Celery worker takes messages while they are edited.
@Suite(.enabled(if: RedisServer.isThere, "\(RedisServer.missing)"), .enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)"), .timeLimit(.minutes(5)))
struct EditRaceTests {
    /// Either it was edited before, and runs with the new arguments, or it is refused, and runs with the old ones; once, in any case.
    @Test(arguments: [(MixedCluster.Broker.redis, 1000)]) func eachMessageIsEditedBeforeOrRefused(broker kind: MixedCluster.Broker, races: Int) async throws {
        let cluster = try await MixedCluster(kind)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trash-\(UUID().uuidString.prefix(8))").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let broker = try Schemes.broker(BrokerURL(cluster.python.broker))
        let operations = QueueOperations(broker, endpoint: broker.endpoint, trash: Trash(folder: folder), who: "tester") { Date().timeIntervalSince1970 }
        let worker = try await cluster.python.worker("race@test", ["-Q", "python"])
        var outcomes: [TaskID: (wanted: Value, wasEdited: Bool)] = [:]
        while outcomes.count < races {
            // Some are taken at once, some in a while.
            var sent: [(number: Int, id: TaskID)] = []
            for number in outcomes.count..<min(races, outcomes.count + 40) { sent.append((number, try await cluster.app.send("shop.add", [.string("\(number) "), "old"]).id)) }
            for (number, id) in sent.shuffled() {
                var wasEdited = false
                if let message = try await operations.find(.tasks([id]), in: "python", limit: 1).first {
                    var draft = MessageDraft(try TaskMessage(Envelope(decoding: message.bytes)), in: "python")
                    draft[.args] = "[\"\(number) \", \"new\"]"
                    switch try await operations.edit(message, by: draft) {
                    case .edited: wasEdited = true
                    case .gone: break
                    case .refused(let reason): Issue.record("refused: \(reason)")
                    }
                }
                outcomes[id] = (.string("\(number) \(wasEdited ? "new" : "old")"), wasEdited)
            }
        }
        for (id, outcome) in outcomes {
            let result = try await cluster.app.result(of: id).get(timeout: .seconds(30))
            #expect(result == outcome.wanted, "\(id)")
        }
        let edited = outcomes.values.filter(\.wasEdited).count
        #expect(edited > races / 50 && edited < races - races / 50, "of \(races), \(edited) were edited: there was no race")
        let ran = try await cluster.python.run("print(sum(sum(stats['total'].values()) for stats in app.control.inspect(timeout=5).stats().values()))")
        #expect(ran == String(races))
        worker.stop()
        await broker.close()
        await cluster.app.close()
    }
}
