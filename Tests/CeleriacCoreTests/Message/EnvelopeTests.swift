import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite struct EnvelopeTests {
    /// Every message, event, control request and reply that was captured from Redis.
    static let captured: [(String, [UInt8], Value)] = ["messages", "events", "control"].flatMap { family in
        vectors(family, prefix: "redis.").flatMap { vector -> [(String, [UInt8], Value)] in
            let whole = vector.raw.map { (vector.name, $0, vector.content["decoded"] ?? .null) }
            let replies = (vector.content["replies"]?.array ?? []).compactMap { reply in
                Vector.bytes(reply).map { (vector.name + " reply", $0, reply["decoded"] ?? .null) }
            }
            return [whole].compactMap { $0 } + replies
        }
    }

    @Test func everyCapturedEnvelopeDecodesAsKombuDecodedIt() throws {
        try #require(Self.captured.count > 200)
        for (name, bytes, decoded) in Self.captured {
            let envelope = try Envelope(decoding: bytes)
            #expect(envelope.deliveryTag?.isEmpty == false, "\(name)")
            guard let body = decoded["body"], envelope.contentType == "application/json", envelope.compression == nil else { continue }
            // Its decoded form leaves out the machine's kernel.
            if name == "redis.control.report reply" { continue }
            #expect(try envelope.content() == body, "\(name)")
        }
    }

    @Test func whatIsWrittenIsWhatWasRead() throws {
        for (name, bytes, _) in Self.captured {
            let envelope = try Envelope(decoding: bytes)
            let again = envelope.encoded()
            #expect(try Envelope(decoding: again) == envelope, "\(name)")
            #expect(again == bytes, "\(name): byte for byte")
        }
    }

    @Test func contentThatIsNotReadHereIsNamed() throws {
        let reasons = [
            "redis.v2.serializer_pickle": "pickle (application/x-python-serialize)", "redis.v2.serializer_msgpack": "MessagePack (application/x-msgpack)",
            "redis.v2.serializer_yaml": "YAML (application/x-yaml)", "redis.v2.serializer_auth": "signed or raw data (application/data)",
            "redis.v2.compression_zlib": "compressed (application/x-gzip)", "redis.v2.compression_zlib_pickle": "compressed (application/x-gzip)",
        ]
        for vector in vectors("messages", prefix: "redis.") {
            guard let reason = reasons[vector.name], let raw = vector.raw else { continue }
            let envelope = try Envelope(decoding: raw)
            let error = #expect(throws: MessageError.self) { try envelope.content() }
            #expect(error?.kind == .unreadableContent)
            #expect(error?.description.contains(reason) == true)
        }
    }

    @Test func aPlainBodyIsTakenAsItIs() throws {
        for encoding in ["\"utf-8\"", "\"UTF-8\"", "\"\"", "null"] {
            let envelope = try Envelope(
                decoding: Array(#"{"body": "[1]", "content-type": "application/json", "properties": {"body_encoding": \#(encoding)}}"#.utf8))
            #expect(try envelope.content() == [1])
        }
        let missing = try Envelope(decoding: Array(#"{"body": "[1]", "headers": null, "redelivered": true}"#.utf8))
        #expect(missing.body == Array("[1]".utf8) && missing.isRedelivered)
        #expect(try Envelope(decoding: missing.encoded()) == Envelope(contentType: "", contentEncoding: "", body: missing.body, others: ["redelivered": true]))
    }

    @Test func aBodyThatIsNoTextGoesAsBase64() throws {
        let envelope = Envelope(properties: ["body_encoding": "utf-8"], body: [0x80, 0x04, 0xFF])
        let read = try Envelope(decoding: envelope.encoded())
        #expect(read.body == envelope.body)
        #expect(read.properties["body_encoding"] == "base64")
    }

    static let broken: [(String, MessageError.Kind)] = [
        ("", .notJSON(JSONError(.unexpectedEnd, at: 0))), ("[]", .wrongShape), ("{}", .wrongShape), (#"{"body": 5}"#, .wrongShape),
        (#"{"body": "", "headers": []}"#, .wrongShape),
        (#"{"body": "", "properties": "x"}"#, .wrongShape), (#"{"body": "QQ", "properties": {"body_encoding": "base64"}}"#, .badBase64),
    ]

    @Test(arguments: broken) func aBrokenEnvelopeIsAnError(text: String, kind: MessageError.Kind) {
        let error = #expect(throws: MessageError.self) { try Envelope(decoding: Array(text.utf8)) }
        #expect(error?.kind == kind)
    }

    @Test func noCutEnvelopeIsRead() throws {
        let bytes = try #require(Self.captured.first).1
        for length in 0..<bytes.count { #expect(throws: MessageError.self) { try Envelope(decoding: Array(bytes.prefix(length))) } }
    }
}
