import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite struct TaskCallTests {
    /// Captures whose sender did what cannot be told from the message, or what is not done here.
    static let unlike: Set<String> = [
        // Naive text, kept as given by Celery; we write the offset.
        "redis.v2.eta_naive", "redis.v2.eta_offset", "redis.v2.countdown_timezone",
        // Celery also leaks these two into the properties.
        "redis.v2.argsrepr_given",
        // Tuples inside of arguments are lists on the wire, but not in the sender's text.
        "redis.v2.canvas.chunks.0", "redis.v2.canvas.chunks.1", "redis.v2.canvas.chunks.2", "redis.v2.canvas.xstarmap", "redis.v2.canvas.xmap",
        "redis.v2.json_types",
    ]

    static func captured() throws -> [(name: String, content: Value, envelope: Envelope, message: TaskMessage)] {
        try vectors("messages", prefix: "redis.v2").compactMap { vector in
            guard let raw = vector.raw, !unlike.contains(vector.name) else { return nil }
            let envelope = try Envelope(decoding: raw)
            let message = try TaskMessage(envelope)
            guard case .known = message.arguments else { return nil }
            return (vector.name, vector.content, envelope, message)
        }
    }

    /// Without what the transport writes, and what hangs on the moment of sending.
    static func comparable(_ envelope: Envelope) -> Envelope {
        var envelope = envelope
        for key in ["delivery_info", "delivery_tag", "body_encoding", "expiration"] { envelope.properties[key] = nil }
        return envelope
    }

    @Test func whatIsPackedAgainIsWhatCeleryPacked() throws {
        let all = try Self.captured()
        try #require(all.count > 50)
        for (name, _, envelope, message) in all {
            let again = try TaskCall(message).envelope(now: 0, replyTo: "", origin: "")
            let (ours, theirs) = (Self.comparable(again), Self.comparable(envelope))
            // A message does not tell its reader how it was kept.
            if name == "redis.v2.delivery_mode_1" { continue }
            for (header, value) in theirs.headers { #expect(ours.headers[header] == value, "\(name): \(header)") }
            #expect(ours.headers.count == theirs.headers.count, "\(name)")
            #expect(ours.properties == theirs.properties, "\(name)")
            #expect(ours.contentType == theirs.contentType && ours.contentEncoding == theirs.contentEncoding)
            #expect(try ours.content() == theirs.content(), "\(name)")
        }
    }

    @Test func theTextsOfArgumentsAreThoseOfCelery() throws {
        for (name, _, envelope, message) in try Self.captured() {
            var call = try TaskCall(message)
            (call.argsrepr, call.kwargsrepr) = (nil, nil)
            let isTuple = message.argsrepr?.hasPrefix("(") == true
            let again = call.envelope(now: 0, replyTo: "", origin: "", showsTuple: isTuple)
            #expect(again.headers["argsrepr"] == envelope.headers["argsrepr"], "\(name)")
            #expect(again.headers["kwargsrepr"] == envelope.headers["kwargsrepr"], "\(name)")
        }
    }

    /// Times are those that Celery wrote, seen from the moment at which it did.
    @Test func optionsMakeTheMessageThatCeleryMade() throws {
        var seen = 0
        for (name, content, envelope, message) in try Self.captured() {
            guard let call = content["call"], let task = call["task"]?.string else { continue }
            seen += 1
            let options = call["options"]?.object ?? [:]
            let signature = Signature(task, args: call["args"]?.array ?? [], kwargs: call["kwargs"]?.object ?? [:], options: options)
            let now = (message.eta ?? 0) - (options["countdown"]?.double ?? 0)
            let start = options["countdown"] != nil && message.eta != nil ? now : message.expires.map { $0 - (options["expires"]?.double ?? 0) } ?? 0
            var ours = try TaskCall(signature, id: message.id, now: start)
            // What Celery knew of the task's definition.
            if ours.ignoresResult == nil { ours.ignoresResult = message.ignoresResult }
            if ours.hardLimit == nil { (ours.hardLimit, ours.softLimit) = (message.hardLimit, message.softLimit) }
            let packed = ours.envelope(now: start, replyTo: message.replyTo ?? "", origin: message.origin ?? "", showsTuple: call["args"] == nil)
            let (mine, theirs) = (Self.comparable(packed), Self.comparable(envelope))
            for (header, value) in theirs.headers {
                if header == "eta" || header == "expires" { continue }
                #expect(mine.headers[header] == value, "\(name): \(header)")
            }
            let times = try TaskMessage(packed)
            #expect(abs((times.eta ?? 0) - (message.eta ?? 0)) < 1e-5 && abs((times.expires ?? 0) - (message.expires ?? 0)) < 1e-5, "\(name)")
            if options["expires"]?.double != nil { #expect(packed.properties["expiration"] == envelope.properties["expiration"], "\(name)") }
            #expect(mine.properties == theirs.properties, "\(name)")
            #expect(try mine.content() == theirs.content(), "\(name)")
            if let queue = options["queue"]?.string { #expect(ours.queue?.rawValue == queue) }
        }
        #expect(seen > 30)
    }

    @Test func timesAreWrittenInTheZoneOfTheSender() throws {
        var call = TaskCall(id: "a", name: "t")
        (call.eta, call.expires) = (1_700_000_000.5, 1_700_000_010)
        let envelope = call.envelope(now: 1_700_000_000, replyTo: "r", origin: "o", offset: 90)
        #expect(envelope.headers["eta"] == "2023-11-14T23:43:20.500000+01:30")
        #expect(envelope.properties["expiration"] == "10000")
        #expect(call.envelope(now: 1_700_000_020, replyTo: "r", origin: "o").properties["expiration"] == "0")
        #expect(envelope.replyTo == "r" && envelope.headers["origin"] == "o" && envelope.headers["root_id"] == "a")
    }

    @Test func aRetryIsTheSameCallOnceMore() throws {
        let vector = try #require(vectors("messages", prefix: "redis.v2.canvas.chord2.0").first?.raw)
        var message = try TaskMessage(Envelope(decoding: vector))
        message.headers["x-tenant"] = "a"
        message.headers["x-celeriac-deliveries"] = 2
        message.headers["redelivered"] = true
        let call = try TaskCall.retry(of: message, eta: 1_800_000_000)
        #expect(call.id == message.id && call.retries == 1 && call.eta == 1_800_000_000)
        #expect(call.parent == message.id && call.root == message.root)
        #expect(call.group == message.group && call.groupIndex == 0 && call.chord == message.chord && call.queue == "celery")
        #expect(call.headers == ["x-tenant": "a"])
        message.parent = "p"
        #expect(try TaskCall.retry(of: message, kwargs: ["n": 1], eta: nil).parent == "p")
        #expect(try TaskCall.retry(of: message, args: [7], eta: nil).args == [7])
        message.arguments = .opaque("it is pickle")
        #expect(throws: MessageError.self) { try TaskCall.retry(of: message, args: [1], eta: nil) }
        #expect(try TaskCall.retry(of: message, args: [1], kwargs: [:], eta: nil).args == [1])
    }

    /// What Python's `Task.retry` makes of it: no parameter gets two values, and none is lost.
    @Test func otherArgumentsReplaceThoseOfTheSameName() throws {
        let parameters = ["foo", "bar", "label"]
        func retried(_ args: [Value], _ kwargs: OrderedDictionary<String, Value>, args newArgs: [Value]? = nil, kwargs newKwargs: OrderedDictionary<String, Value>? = nil)
            throws -> TaskCall
        {
            let message = try TaskMessage(TaskCall(id: "t", name: "shop.add", args: args, kwargs: kwargs).envelope(now: 0, replyTo: "", origin: ""))
            return try TaskCall.retry(of: message, args: newArgs, kwargs: newKwargs, parameters: parameters, eta: nil)
        }
        let byPosition = try retried([], ["foo": 1, "bar": 2, "label": "kept"], args: [2, 3])
        #expect(byPosition.args == [2, 3] && byPosition.kwargs == ["label": "kept"])
        let byName = try retried([1, 2], [:], kwargs: ["foo": 2])
        #expect(byName.args == [] && byName.kwargs == ["foo": 2, "bar": 2])
        let behind = try retried([1, 2], ["label": "old"], kwargs: ["label": "new"])
        #expect(behind.args == [1, 2] && behind.kwargs == ["label": "new"])
    }

    @Test(
        arguments: [
            ("serializer", "pickle"), ("compression", "gzip"), ("countdown", "soon"), ("eta", "soon"), ("expires", "soon"), ("queue", 5), ("headers", []),
            ("ignore_result", 1), ("priority", "high"), ("task_id", 7),
        ] as [(String, Value)])
    func anOptionThatCannotBeUsedIsAnErrorThatNamesIt(option: String, value: Value) {
        let error = #expect(throws: CanvasError.self) { try TaskCall(Signature("t", options: [option: value]), id: "i", now: 0) }
        #expect(error?.kind == .badOption(option))
    }

    @Test func stampsAndUnknownOptionsTravel() throws {
        let options: OrderedDictionary<String, Value> = [
            "stamped_headers": ["batch", "gone"], "batch": "b7", "periodic_task_name": "nightly", "delivery_mode": "transient", "priority": .null,
            "serializer": "json", "eta": ["__type__": "datetime", "__value__": "2031-01-02T03:04:05+00:00"],
        ]
        let call = try TaskCall(Signature("t", options: options), id: "i", now: 0)
        #expect(call.stampedHeaders == ["batch"] && call.stamps == ["batch": "b7"])
        #expect(call.properties == ["periodic_task_name": "nightly", "delivery_mode": 1])
        #expect(call.eta == 1_925_089_445 && call.priority == nil)
    }
}
