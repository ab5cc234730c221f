import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite struct ControlTests {
    @Test func everyCapturedRequestIsWrittenByteForByte() throws {
        let captured = vectors("control", prefix: "redis.control.")
        try #require(captured.count > 50)
        for vector in captured {
            let bytes = try #require(vector.raw)
            let envelope = try Envelope(decoding: bytes)
            let (request, reply) = try ControlRequest.decode(envelope)
            #expect(request.method == vector.content["decoded"]?["body"]?["method"]?.string)
            let again = request.envelope(
                reply: reply, clock: try #require(envelope.headers["clock"]?.integer), expires: try #require(envelope.headers["expires"]?.double),
                deliveryTag: try #require(envelope.deliveryTag))
            #expect(again.encoded() == bytes, "\(vector.name)")
        }
    }

    @Test func everyCapturedReplyNamesItsWorkerAndTicket() throws {
        var count = 0
        for vector in vectors("control", prefix: "redis.control.") {
            let (_, address) = try ControlRequest.decode(Envelope(decoding: try #require(vector.raw)))
            for reply in vector.content["replies"]?.array ?? [] {
                // The largest reply was kept decoded only.
                guard let bytes = Vector.bytes(reply) else { continue }
                let envelope = try Envelope(decoding: bytes)
                let (ticket, replies) = try ControlReply.decode(envelope)
                #expect(ticket == address?.ticket, "\(vector.name)")
                let first = try #require(replies.first)
                #expect(replies.count == 1 && reply["decoded"]?["body"]?.object?.keys.elements == [first.worker.rawValue], "\(vector.name)")
                let answer = try #require(address)
                let again = first.envelope(to: answer, clock: try #require(envelope.headers["clock"]?.integer), deliveryTag: try #require(envelope.deliveryTag))
                #expect(again == envelope, "\(vector.name)")
                count += 1
            }
        }
        #expect(count > 50)
    }

    @Test func anErrorOfTheWorkerIsItsText() throws {
        let vector = try #require(vectors("control", prefix: "redis.control.unknown_command").first)
        let reply = try #require(vector.content["replies"]?.array?.first)
        let (_, replies) = try ControlReply.decode(Envelope(decoding: try #require(Vector.bytes(reply))))
        #expect(replies.first?.error == "KeyError('no_such_command')")
    }

    @Test func whatIsNoRequestOrReplyIsAnError() {
        for body in ["[]", "{}", "5", #"{"method": 1}"#] {
            #expect(throws: MessageError.self) { try ControlRequest.decode(Envelope(body: Array(body.utf8))) }
        }
        #expect(throws: MessageError.self) { try ControlReply.decode(Envelope(body: Array("[]".utf8))) }
        #expect(throws: MessageError.self) { try ControlReply.decode(Envelope(contentType: "application/x-python-serialize", body: [])) }
    }

    static let commands: [(ControlRequest, String?)] = [
        (ControlRequest("active", destination: ["celery@a"]), "celery inspect active -d celery@a"),
        (ControlRequest("active", arguments: ["safe": true]), "celery inspect active"),
        (ControlRequest("stats", destination: ["celery@a", "celery@b c"]), "celery inspect stats -d 'celery@a,celery@b c'"),
        (ControlRequest("revoke", arguments: ["task_id": "i1", "terminate": false, "signal": "SIGTERM"]), "celery control revoke i1"),
        (ControlRequest("revoke", arguments: ["task_id": ["i1", "i2"], "terminate": true, "signal": "SIGKILL"]), "celery control terminate SIGKILL i1 i2"),
        (ControlRequest("terminate", arguments: ["signal": "SIGKILL", "task_id": "i1"]), "celery control terminate SIGKILL i1"),
        (
            ControlRequest("revoke_by_stamped_headers", arguments: ["headers": ["batch": ["a", "b c"]], "terminate": false]),
            "celery control revoke_by_stamped_headers batch=a 'batch=b c'"
        ),
        (ControlRequest("revoke_by_stamped_headers", arguments: ["headers": ["batch": "a"], "terminate": true]), nil),
        (ControlRequest("pool_grow", arguments: ["n": 2], destination: ["celery@a"]), "celery control pool_grow 2 -d celery@a"),
        (ControlRequest("rate_limit", arguments: ["task_name": "it's", "rate_limit": "10/m"]), #"celery control rate_limit 'it'\''s' 10/m"#),
        (ControlRequest("time_limit", arguments: ["task_name": "t", "hard": 120, "soft": 60]), "celery control time_limit t 60 120"),
        (ControlRequest("time_limit", arguments: ["task_name": "t", "hard": 120]), nil),
        (
            ControlRequest("add_consumer", arguments: ["queue": "extra", "exchange": nil, "exchange_type": "direct", "routing_key": nil]),
            "celery control add_consumer extra"
        ),
        (
            ControlRequest("add_consumer", arguments: ["queue": "news", "exchange": "media", "exchange_type": "topic", "routing_key": "news.#"]),
            "celery control add_consumer news media topic 'news.#'"
        ),
        (ControlRequest("conf", arguments: ["with_defaults": true]), "celery inspect conf true"), (ControlRequest("shutdown"), "celery control shutdown"),
        (ControlRequest("query_task", arguments: ["ids": ["a", "$(b)"]]), "celery inspect query_task a '$(b)'"),
        (ControlRequest("cancel_consumer", arguments: ["queue": "--evil"]), nil),
        (ControlRequest("ping", pattern: "w*", matcher: "glob"), nil), (ControlRequest("no_such_command"), nil),
        (ControlRequest("ping", arguments: ["bogus": 1]), nil),
    ]

    @Test(arguments: commands) func saysTheSameInCelerysWords(request: ControlRequest, line: String?) {
        #expect(request.celeryCommand(broker: nil) == line)
    }

    @Test func theCommandMasksThePassword() throws {
        let broker = try BrokerURL("redis://:hunter2@h/0")
        #expect(ControlRequest("ping").celeryCommand(broker: broker) == "celery -b 'redis://:***@h/0' inspect ping")
    }
}
