import CeleriacCore
import OrderedCollections
import Testing

@testable import Celeriac

@Suite struct BeatMessageTests {
    private func call(_ options: OrderedDictionary<String, Value>, end: Double? = nil) throws -> TaskCall {
        let entry = ScheduleEntry("nightly", task: "t", args: [1], options: options, schedule: .clocked(0), end: end, lastRun: 100)
        return try BeatMessage.call(entry, id: BeatMessage.id(entry, store: "s"), now: 1000)
    }

    @Test func itSaysWhoseItIs() throws {
        let call = try call(["headers": ["own": 1, "celery_beat_task": false]])
        #expect(call.headers == ["own": 1, "celery_beat_task": true, "periodic_task_name": "nightly"])
        #expect(call.argsrepr == "[1]")
    }

    @Test func optionsAreThoseOfCelery() throws {
        #expect(try call(["queue": "q", "priority": 3, "expires": 60, "nobody knows": 1]).expires == 1060)
        #expect(try call(["expires": "1970-01-01T01:00:00+00:00"]).expires == 3600)
        let time: Value = ["__type__": "datetime", "year": 1970, "month": 1, "day": 1, "hour": 2]
        #expect(try call(["expires": time]).expires == 7200)
        #expect(try call(["countdown": 5]).eta == 1005)
        // After the entry's end nobody wants it.
        #expect(try call([:], end: 5000).expires == 5000)
        #expect(try call(["expires": 1], end: 5000).expires == 1001)
        for wrong: OrderedDictionary<String, Value> in [["priority": "high"], ["expires": "soon"], ["headers": [1]], ["serializer": "pickle"]] {
            #expect(throws: CanvasError.self) { try call(wrong) }
        }
    }

    @Test func oneRunHasOneIdWhoeverSendsIt() {
        var entry = ScheduleEntry("n", task: "t", schedule: .clocked(0), lastRun: 1_767_571_200.123457, runs: 4)
        let id = BeatMessage.id(entry, store: "redis://h/0").rawValue
        // Of version 8, and in the form of a UUID.
        #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        entry.args = [1]
        entry.lastRun = 1_767_571_200.1234571
        #expect(BeatMessage.id(entry, store: "redis://h/0").rawValue == id)
        #expect(BeatMessage.id(entry, store: "redis://h/1").rawValue != id)
        entry.runs = 5
        #expect(BeatMessage.id(entry, store: "redis://h/0").rawValue != id)
        entry.lastRun = nil
        #expect(BeatMessage.id(entry, store: "s") != BeatMessage.id(entry, store: "s"))
    }
}
