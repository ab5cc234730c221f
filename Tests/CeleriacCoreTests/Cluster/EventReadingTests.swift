import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacCore

/// A batch of one message.
private func batch(_ text: String, _ form: EventBatch.Form = .envelope) -> EventBatch {
    EventBatch(bytes: Array(text.utf8), payloads: [0..<text.utf8.count], form: form, receivedAt: start)
}

private func envelope(_ body: String, contentType: String = "application/json") -> String {
    let packed = String(decoding: Base64.encode(body.utf8), as: UTF8.self)
    return """
        {"body": "\(packed)", "content-encoding": "utf-8", "content-type": "\(contentType)", "headers": {}, "properties": \
        {"body_encoding": "base64", "delivery_tag": "\(uuid(7))"}}
        """
}

@Suite struct EventReadingTests {
    let started = #"{"type": "task-started", "uuid": "\#(uuid(1))", "hostname": "celery@a", "clock": 3, "timestamp": 1795352760.4078279}"#

    private func header(_ batches: EventBatch...) -> HeaderFacts {
        var state = ClusterState()
        for batch in batches { state.fold(batch) }
        return state.picture(PictureRequest(), now: start).header
    }

    /// Each captured message, in kombu's envelope and as the bare body that AMQP carries, says what its decoded form says.
    @Test(arguments: vectorFiles("events")) func readsWhatRealWorkersSend(file: URL) throws {
        let vector = try JSON.decode([UInt8](Data(contentsOf: file)))
        let raw = try #require(vector["raw"]?.string)
        let decoded = try #require(vector["decoded"]?["body"])
        var (folded, enveloped, bare) = (ClusterState(), ClusterState(), ClusterState())
        for event in decoded.array ?? [decoded] { folded.fold(event: event, receivedAt: start) }
        enveloped.fold(batch(raw))
        let body = try #require(try JSON.decode(raw)["body"]?.string.flatMap { Base64.decode($0.utf8) })
        bare.fold(EventBatch(bytes: body, payloads: [0..<body.count], form: .body(contentType: "application/json"), receivedAt: start))

        var request = PictureRequest()
        request.tasks = ListQuery()
        request.workers = ListQuery()
        var pictures = [folded.picture(request, now: start), enveloped.picture(request, now: start), bare.picture(request, now: start)]
        for index in pictures.indices {
            #expect(pictures[index].header.eventsUnreadable == 0)
            #expect(pictures[index].header.eventsTotal == (decoded.array?.count ?? 1))
            // The receiver's own clock stands in for that of senders.
            for row in pictures[index].tasks?.rows.indices ?? 0..<0 { pictures[index].tasks?.rows[row].clock = 0 }
            pictures[index].header = HeaderFacts()
        }
        #expect(pictures[0] == pictures[1])
        #expect(pictures[0] == pictures[2])
    }

    @Test func theUsualLayoutAndAnyOtherReadAlike() throws {
        let usual = envelope(started)
        let other = usual.replacing(", \"", with: ",\n\"")
        for text in [usual, other, String(usual.dropLast()) + " }"] {
            var state = ClusterState()
            state.fold(batch(text))
            #expect(state.row(uuid(1))?.startedAt == 1795352760.4078279, "\(text)")
        }
    }

    @Test func aBodyThatIsNotPackedIsReadToo() {
        let text =
            #"{"body": "{\"type\": \"task-started\", \"uuid\": \"x\", \"hostname\": \"a\", \"timestamp\": 1, \"clock\": 1}", "content-type": "application/json", "properties": {}}"#
        var state = ClusterState()
        state.fold(batch(text))
        #expect(state.row("x")?.state == .started)
    }

    @Test func unknownMembersEscapesAndOddKindsAreTaken() throws {
        let body = """
            {"tYpe": 1, "type": "task-received", "uuid": "not a uuid \\ud83d\\ude00", "hostname": "celery@\\u00e9", "timestamp": 1, "clock": null, "args": [1, {"a": 2}],
             "kwargs": null, "name": "shop.\\u00fc", "retries": 2.0, "eta": "nonsense", "percent": [[[]]], "pid": "x"}
            """
        var state = ClusterState()
        state.fold(batch(body, .body(contentType: "application/json")))
        let row = try #require(state.row("not a uuid 😀"))
        #expect(row.name == "shop.ü")
        #expect(row.worker == "celery@é")
        #expect(row.args == #"[1, {"a": 2}]"#)
        #expect(row.kwargs == nil)
        #expect(row.retries == 2)
        #expect(row.eta == nil)
        #expect(row.id == "not a uuid 😀")
    }

    @Test(arguments: [
        ("", "no JSON"), ("{", "no JSON"), ("[]", "no JSON"), ("{}", "without a body"), (#"{"body": 5, "content-type": "application/json"}"#, "without a body"),
        (envelope("no json"), "no JSON"), (envelope("[5]"), "no JSON object"), (envelope("{}"), "without a type"),
        (envelope(#"{"type": "task-sent"}"#), "task-sent"),
        (envelope("x", contentType: "application/x-python-serialize"), "pickled"), (envelope("x", contentType: "application/x-yaml"), "application/x-yaml"),
        (#"{"body": "????", "content-type": "application/json", "properties": {"body_encoding": "base64"}}"#, "base 64"),
        (envelope(#"{"type": "task-sent", "uuid": "", "hostname": "a", "timestamp": 1}"#), "task id"),
    ])
    func whatCannotBeReadIsCountedWithTheReason(text: String, reason: String) {
        let header = header(batch(text))
        #expect(header.eventsUnreadable == 1)
        #expect(header.newestProblem?.contains(reason) == true, "\(header.newestProblem ?? "")")
        #expect(header.tasksHeld == 0)
    }

    @Test func oneBadEventDoesNotSpoilItsNeighbours() {
        let header = header(batch(envelope("[\(started), 5, {}, \(started.replacing(uuid(1), with: uuid(2)))]")))
        #expect(header.tasksHeld == 2)
        #expect(header.eventsUnreadable == 2)
        #expect(header.eventsTotal == 4)
    }

    /// Damaged messages: any outcome but a trap.
    @Test(arguments: UInt64(0)..<50) func damageNeverTraps(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var state = ClusterState()
        for text in [envelope(started), envelope("[\(started)]"), started] {
            for _ in 0..<40 {
                var bytes = Array(text.utf8)
                for _ in 0...Int.random(in: 0..<4, using: &random) {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<3, using: &random) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.removeSubrange(place...)
                    default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                    }
                    if bytes.isEmpty { bytes = [0] }
                }
                state.fold(EventBatch(bytes: bytes, payloads: [0..<bytes.count, bytes.count..<bytes.count], form: .envelope, receivedAt: start))
                state.fold(EventBatch(bytes: bytes, payloads: [0..<bytes.count], form: .body(contentType: "application/json"), receivedAt: start))
            }
        }
        _ = state.picture(PictureRequest(), now: start)
    }

    @Test func numbersBeyondAllSenseDoNoHarm() {
        var state = ClusterState()
        for time in ["1e308", "-1e308", "NaN", "Infinity", "1e400", "-0", "99999999999999999999999"] {
            for type in ["task-received", "task-started", "task-succeeded", "task-failed", "worker-heartbeat"] {
                let body = """
                    {"type": "\(type)", "uuid": "\(uuid(1))", "hostname": "celery@a", "timestamp": \(time), "clock": 9223372036854775807, "runtime": \(time), "freq": \(time),
                     "active": \(time), "processed": \(time), "retries": 9223372036854775807, "name": "n", "pid": -9223372036854775808, "loadavg": [\(time), 1, 2]}
                    """
                state.fold(batch(body, .body(contentType: "application/json")))
            }
        }
        var request = PictureRequest()
        request.tasks = ListQuery(sort: "runtime")
        request.workers = ListQuery(sort: "load")
        request.timings = 9
        request.failures = 9
        for now in [start, 0, -1, 1e300, .infinity, .nan] { _ = state.picture(request, now: now) }
    }

    @Test func aHugeTextIsCutAndMarked() throws {
        var state = ClusterState()
        let size = 40 << 20
        let args = String(repeating: "é", count: size / 2)
        state.fold(batch(envelope(#"{"type": "task-received", "uuid": "\#(uuid(1))", "hostname": "a", "timestamp": 1, "clock": 1, "args": "\#(args)"}"#)))
        let kept = try #require(state.row(uuid(1))?.args)
        #expect(kept.hasSuffix("é …[cut]"))
        #expect(kept.utf8.count == 65_536 + 9)
        #expect(state.bytes < 3 << 20)
        // What comes later leaves it as it is.
        state.hear(taskEvent("succeeded", uuid(1), at: 2, [("result", "1")]))
        #expect(state.row(uuid(1))?.args == kept)
    }

    @Test func droppedEventsAreTold() {
        var state = ClusterState()
        state.fold(EventBatch(bytes: [], payloads: [], form: .envelope, receivedAt: start, dropped: 12))
        #expect(state.picture(PictureRequest(), now: start).header.eventsDropped == 12)
    }

    @Test func aPayloadOutsideOfItsBatchIsRefused() {
        #expect(header(EventBatch(bytes: [1, 2], payloads: [1..<9], form: .envelope, receivedAt: start)).eventsUnreadable == 1)
    }

    @Test func rateAndLagAreThoseOfTheLastSeconds() {
        var state = ClusterState()
        for second in 0..<5 {
            for number in 0..<10 { state.fold(event: heartbeat("celery@\(number)", at: start + Double(second)), receivedAt: start + Double(second) + 0.25) }
        }
        let header = state.picture(PictureRequest(), now: start + 5).header
        #expect(header.eventsPerSecond == 10)
        #expect(header.lag == 0.25)
        #expect(header.workersAlive == 10)
        #expect(state.picture(PictureRequest(), now: start + 20).header.eventsPerSecond == 0)
        #expect(state.picture(PictureRequest(), now: start + 20).header.lag == nil)
    }
}
