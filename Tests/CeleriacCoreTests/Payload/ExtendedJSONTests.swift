import CeleriacCore
import TestSupport
import Testing

@Suite struct ExtendedJSONTests {
    @Test func everyRowOfKombuPassesThroughUnchanged() throws {
        let rows = logicRows("kombu_json")
        try #require(rows.count == 26)
        for row in rows {
            let text = try #require(row["json"]?.string)
            let value = try JSON.decode(text)
            #expect(String(decoding: JSON.encode(value), as: UTF8.self) == text)
            #expect(String(decoding: JSON.encode(ExtendedJSON.lifted(value)), as: UTF8.self) == text, "lifting loses nothing")
            let kind = row["kind"]?.string
            let isBytes = if case .bytes = ExtendedJSON.lifted(value) { true } else { false }
            #expect(isBytes == (kind == "bytes" || kind == "base64"), "\(text)")
        }
    }

    @Test func liftsBytesWhereverTheyAre() throws {
        let value = try JSON.decode(#"{"a": [{"__type__": "base64", "__value__": "/wD+"}, {"__type__": "bytes", "__value__": "é"}]}"#)
        #expect(ExtendedJSON.lifted(value) == ["a": [.bytes([0xFF, 0, 0xFE]), .bytes([0xC3, 0xA9])]])
    }

    @Test func anObjectWithMoreKeysIsNoMarker() {
        let value: Value = ["__type__": "bytes", "__value__": "x", "more": 1]
        #expect(ExtendedJSON.marker(value) == nil)
        #expect(ExtendedJSON.lifted(value) == value)
    }

    @Test func showsMarkersAsPeopleWriteThem() {
        #expect(ExtendedJSON.readable(["__type__": "datetime", "__value__": "2024-01-02T03:04:05"]) == "2024-01-02T03:04:05")
        #expect(
            ExtendedJSON.readable([["__type__": "uuid", "__value__": ["hex": "00112233445566778899aabbccddeeff"]]]) == ["00112233-4455-6677-8899-aabbccddeeff"])
        #expect(ExtendedJSON.readable(["__type__": "mine", "__value__": 1]) == ["__type__": "mine", "__value__": 1])
    }
}
