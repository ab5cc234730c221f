@testable import Celeriac
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite struct ProcessFrameTests {
    @Test func aMessageOfProtocol1ArrivesWithAllItsFields() throws {
        let body: Value = [
            "task": "shop.charge", "id": "v1", "args": [1], "kwargs": ["k": 2], "retries": 3, "eta": "2024-05-06T07:08:09.123456+00:00", "timelimit": [30, 20.5],
            "callbacks": [["task": "after"]], "errbacks": nil, "chord": ["task": "body"], "taskset": "g1",
        ]
        let properties: Value = ["priority": 7, "reply_to": "me", "correlation_id": "v1", "delivery_info": ["exchange": "", "routing_key": "q", "redelivered": true], "app_id": "mine"]
        let message = try TaskMessage(Envelope(properties: try #require(properties.object), body: JSON.encode(body)))
        let arrived = try arrival(of: message)
        #expect(arrived.form == .version2)
        #expect(same(arrived, message))
        #expect(arrived.eta == message.eta && arrived.eta != nil)
        #expect(arrived.isRedelivered)
        #expect(arrived.queue == "q")
        #expect(arrived.properties["app_id"] == "mine")
    }

    @Test func aCompressedBodyIsNotLookedForInAJob() throws {
        var message = try sampleMessage("t", "i")
        message.headers["compression"] = "application/x-gzip"
        message.arguments = .known(args: [1], kwargs: [:])
        let arrived = try arrival(of: message)
        #expect(arrived.arguments == .known(args: [1], kwargs: [:]))
    }

    @Test func boundArgumentsLeaveTheMessagesOwnAlone() throws {
        var job = try Job("t", 1, 2)
        job.request.message.arguments = .known(args: [1], kwargs: ["y": 2])
        let arrived = try #require(ProcessJob(try JSON.decode(JSON.encode(ProcessJob(job).value))))
        #expect(arrived.args == [1, 2])
        #expect(arrived.request.message.arguments == .known(args: [1], kwargs: ["y": 2]))
    }

    @Test func everyOutcomeComesBackAsItWas() throws {
        let exception = StoredException(type: "ValueError", module: "builtins", arguments: ["no", 1, nil])
        let outcomes: [TaskOutcome] = [
            .success(["a": [1, .number(.infinity)]]), .failure(exception, traceback: "line 1\nline 2"),
            .retry(.init(args: [1], kwargs: ["k": 2], eta: 1_700_000_000.25, exception: exception, traceback: "t", options: ["queue": "slow"])), .retry(.init()),
            .rejected(reason: "no", requeue: true), .ignored, .terminated(signal: 15), .timedOut(limit: .seconds(1.5)), .lost("gone"),
        ]
        for outcome in outcomes {
            let arrived = try #require(TaskOutcome(try JSON.decode(JSON.encode(outcome.value))))
            #expect("\(arrived)" == "\(outcome)")
        }
    }

    /// However the bytes are cut on the way, the frames are the same.
    @Test(arguments: UInt64(0)..<8) func framesSurviveAnyCut(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let bodies = (0..<8).map { _ in (0..<Int.random(in: 0...(Bool.random(using: &random) ? 10 : 150_000), using: &random)).map { UInt8(truncatingIfNeeded: $0) } }
        let stream = bodies.flatMap { body in withUnsafeBytes(of: UInt32(body.count).littleEndian) { Array($0) } + body }
        var frames = FrameBuffer(), seen: [[UInt8]] = [], position = 0
        while position < stream.count {
            let piece = Int.random(in: 1...70_000, using: &random)
            position += frames.fill { space in
                let count = min(piece, space.count, stream.count - position)
                space.copyBytes(from: stream[position..<position + count])
                return count
            }
            #expect(frames.forEach { seen.append(Array($0)); return true })
        }
        #expect(seen == bodies, "seed \(seed)")
    }

    /// Whatever JSON a child sends, it is a reply or it is none.
    @Test(arguments: [
        "null", "[]", "{}", "[1]", "[\"ready\", 1]", "[\"finished\"]", "[\"finished\", [\"success\"], 1, []]", "[\"finished\", [\"success\", 1], \"x\", []]",
        "[\"finished\", [\"success\", 1], 1e400, []]", "[\"group\", 99999999999, true]", "[\"group\", -5, true]", "[\"group\", 1, true]", "[\"finished\", [\"retry\", []], 1, []]",
        "[\"finished\", [\"terminated\", 4294967296], 1, []]", "[\"finished\", [\"timedOut\", NaN], 1, []]",
    ]) func whatIsNoReplyIsRefused(text: String) throws {
        #expect(try ProcessReply(JSON.decode(text))?.value == nil)
    }

    private func arrival(of message: TaskMessage) throws -> TaskMessage {
        var job = try Job("t")
        job.request.message = message
        if case .known(let args, let kwargs) = message.arguments { (job.args, job.kwargs) = (args, kwargs) }
        return try #require(ProcessJob(try JSON.decode(JSON.encode(ProcessJob(job).value)))).request.message
    }

    /// Equal but for where the sender put the fields.
    private func same(_ left: TaskMessage, _ right: TaskMessage) -> Bool {
        var (left, right) = (left, right)
        left.form = right.form
        (left.headers, right.headers) = ([:], [:])
        return left == right
    }
}
