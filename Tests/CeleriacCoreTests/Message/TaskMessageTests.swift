import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite struct TaskMessageTests {
    static func message(_ name: String) throws -> TaskMessage {
        let vector = try #require(vectors("messages", prefix: name).first { $0.name == name })
        return try TaskMessage(Envelope(decoding: try #require(vector.raw)))
    }

    @Test func everyCapturedMessageTellsItsTaskAndArguments() throws {
        let messages = vectors("messages", prefix: "redis.v")
        try #require(messages.count > 80)
        for vector in messages {
            let envelope = try Envelope(decoding: try #require(vector.raw))
            let message = try TaskMessage(envelope)
            #expect(message.id.rawValue == envelope.correlationID, "\(vector.name)")
            if let task = vector.content["call"]?["task"]?.string { #expect(message.name == task, "\(vector.name)") }
            #expect(message.form == (vector.name.hasPrefix("redis.v1") ? .version1 : .version2))
            #expect(message.queue?.rawValue == envelope.routingKey)
            guard case .known(let args, let kwargs) = message.arguments else {
                #expect(vector.name.contains("serializer") || vector.name.contains("compression"), "\(vector.name): \(message.problems)")
                continue
            }
            #expect(message.problems.isEmpty, "\(vector.name)")
            if let call = vector.content["call"] {
                if let expected = call["args"]?.array { #expect(args == expected, "\(vector.name)") }
                if let expected = call["kwargs"]?.object { #expect(kwargs == expected, "\(vector.name)") }
            }
        }
    }

    @Test func theAMQPMessagesReadFromTheirProperties() throws {
        for vector in vectors("messages", prefix: "amqp.") {
            let properties = try #require(vector.content["properties"])
            let envelope = Envelope(
                headers: properties["application_headers"]?.object ?? [:], properties: properties.object ?? [:],
                contentType: properties["content_type"]?.string ?? "",
                contentEncoding: properties["content_encoding"]?.string ?? "", body: try #require(vector.raw))
            let message = try TaskMessage(envelope)
            #expect(message.id.rawValue == properties["correlation_id"]?.string)
            let isReadable = if case .known = message.arguments { true } else { false }
            #expect(isReadable == !["compressed", "msgpack", "pickle"].contains { vector.name.hasSuffix($0) }, "\(vector.name)")
        }
    }

    @Test func anUnreadableBodyLeavesTheHeaders() throws {
        let message = try Self.message("redis.v2.serializer_pickle")
        #expect(message.arguments == .opaque("it is pickle (application/x-python-serialize)"))
        #expect(message.name == "wire.echo" && message.argsrepr?.hasPrefix("[772, ") == true && message.problems.count == 1)
    }

    @Test func linksAndTimesAreFound() throws {
        let linked = try Self.message("redis.v2.canvas.link_both")
        #expect(linked.callbacks.count == 1 && linked.errbacks.count == 1)
        let chain = try Self.message("redis.v2.canvas.chain3")
        #expect(chain.chain.count == 2 && chain.chain.last?["task"]?.string != nil)
        let chord = try Self.message("redis.v2.canvas.chord2.0")
        #expect(chord.chord?["task"]?.string != nil && chord.group != nil && chord.groupIndex == 0)
        let limits = try Self.message("redis.v2.timelimits")
        #expect(limits.hardLimit != nil && limits.softLimit != nil)
        #expect((limits.hardLimit ?? 0) > (limits.softLimit ?? 0))
        let timed = try Self.message("redis.v2.eta_and_expires")
        #expect((timed.eta ?? 0) > 1.7e9 && (timed.expires ?? 0) > 1.7e9)
        #expect(try Self.message("redis.v1.countdown").eta != nil)
        #expect(try Self.message("redis.v2.priority_255").priority == 255)
        #expect(try Self.message("redis.v2.canvas.stamped").stampedHeaders.isEmpty == false)
    }

    @Test func aNullChordIsNone() throws {
        #expect(try Self.message("redis.v2.plain").chord == nil)
    }

    @Test func inAHybridMessageTheHeadersWin() throws {
        let body: Value = ["task": "old", "args": [1], "kwargs": ["a": 2], "retries": 3, "eta": "2024-01-02", "callbacks": [["task": "next"]]]
        let message = try TaskMessage(Envelope(headers: ["task": "new", "id": "i", "retries": 1], body: JSON.encode(body)))
        #expect(message.form == .hybrid)
        #expect(message.name == "new" && message.retries == 1 && message.eta == 1704153600)
        #expect(message.arguments == .known(args: [1], kwargs: ["a": 2]))
        #expect(message.callbacks == [["task": "next"]])
    }

    @Test func inVersion1TheTasksetIsTheGroup() throws {
        let body: Value = ["task": "t", "id": "i", "args": [], "kwargs": [:], "group": "g", "taskset": "s"]
        #expect(try TaskMessage(Envelope(body: JSON.encode(body))).group == "s")
    }

    @Test func whatNamesNoTaskIsAnError() {
        for body in ["[]", "{}", #"{"task": 5}"#, "5"] {
            let error = #expect(throws: MessageError.self) { try TaskMessage(Envelope(body: Array(body.utf8))) }
            #expect(error?.kind == .notATask, "\(body)")
        }
        let pickled = #expect(throws: MessageError.self) { try TaskMessage(Envelope(contentType: "application/x-python-serialize", body: [0x80])) }
        #expect(pickled?.kind == .unreadableContent)
    }

    @Test func oddShapesAreProblemsNotErrors() throws {
        func read(_ headers: OrderedDictionary<String, Value>, _ body: String) throws -> TaskMessage {
            var headers = headers
            headers["task"] = "t"
            return try TaskMessage(Envelope(headers: headers, body: Array(body.utf8)))
        }
        #expect(try read(["id": "i", "eta": "soon"], "[[], {}, null]").problems == ["its eta is no time"])
        #expect(try read([:], "[[], {}]").problems == ["it has no id"])
        #expect(try read(["id": "i"], "[1, 2, 3]").arguments == .opaque("its arguments are no list, or its keyword arguments no map"))
        #expect(try read(["id": "i"], "[]").problems.count == 1)
        #expect(try read(["id": "i"], "nonsense").problems.count == 1)
        #expect(try read(["id": "i", "timelimit": 5, "stamps": [], "stamped_headers": "x"], "[[], {}, {}]").problems.isEmpty)
    }
}
