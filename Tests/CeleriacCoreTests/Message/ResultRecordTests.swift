import CeleriacCore
import TestSupport
import Testing

@Suite struct ResultRecordTests {
    @Test func everyCapturedJSONRecordReads() throws {
        var count = 0
        for family in [
            "redis.result.json", "redis.result.rpc", "redis.result.revoked", "redis.result.expires", "redis.result.noexpires", "file.result", "amqp.result",
        ] {
            for vector in vectors("results", prefix: family) {
                guard let raw = vector.raw, let decoded = vector.content["decoded"] ?? (try? JSON.decode(raw)), decoded["status"] != nil else { continue }
                let record = try ResultRecord(decoding: raw)
                #expect(record.state.rawValue == decoded["status"]?.string, "\(vector.name)")
                #expect(record.result == decoded["result"], "\(vector.name)")
                #expect(record.id.rawValue == decoded["task_id"]?.string)
                #expect(record.traceback == decoded["traceback"]?.string)
                #expect(record.children == decoded["children"] ?? .null)
                #expect(record.state.isFinal == (record.doneAt != nil), "\(vector.name)")
                #expect(["RETRY", "FAILURE", "REVOKED"].contains(record.state.rawValue) == (record.exception != nil), "\(vector.name)")
                count += 1
            }
        }
        #expect(count > 35)
    }

    @Test func theExtendedFieldsAreFound() throws {
        let vector = try #require(vectors("results", prefix: "redis.result.json_extended.children").first)
        let record = try ResultRecord(decoding: try #require(vector.raw))
        #expect(record.name == "wire.spawn" && record.args == [2] && record.worker == "w1@wirehost" && record.queue == "celery" && record.retries == 0)
    }

    @Test func otherContentIsNamed() throws {
        for (family, name) in [("compressed", "application/x-gzip"), ("msgpack", "MessagePack"), ("pickle", "pickle"), ("yaml", "YAML")] {
            let captured = vectors("results", prefix: "redis.result.\(family).")
            try #require(captured.count >= 10)
            for vector in captured {
                let raw = try #require(vector.raw)
                // Small payloads are left uncompressed.
                if family == "compressed", (try? ResultRecord(decoding: raw)) != nil { continue }
                let error = #expect(throws: MessageError.self) { try ResultRecord(decoding: raw) }
                #expect(error?.kind == .unreadableContent && error?.cause.contains(name) == true, "\(vector.name): \(error?.description ?? "")")
            }
        }
    }

    @Test func exceptionsShowAsPythonWritesThem() {
        #expect(StoredException(["exc_type": "ValueError", "exc_message": ["it's", 5], "exc_module": "builtins"])?.text == #"ValueError('it\'s', 5)"#)
        #expect(StoredException(["exc_type": "Old", "exc_message": "text"])?.arguments == ["text"])
        #expect(StoredException("text") == nil)
    }

    @Test func theCallersIDServesWhenTheRecordHasNone() throws {
        #expect(try ResultRecord(decoding: Array(#"{"status": "SUCCESS"}"#.utf8), id: "x").id == "x")
        for text in [#"{"status": "SUCCESS"}"#, "{}", "[]", "5", "", #"{"task_id": "x"}"#] {
            #expect(throws: MessageError.self, "\(text)") { try ResultRecord(decoding: Array(text.utf8)) }
        }
    }
}
