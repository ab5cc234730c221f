import CeleriacCore
import TestSupport
import Testing

@Suite struct PythonReprTests {
    @Test func matchesEveryRowThatCeleryProduced() throws {
        let rows = logicRows("saferepr")
        try #require(rows.count > 250)
        for row in rows {
            let value = try #require(row["value"])
            let limit = row["maxlen"]?.integer ?? 1024
            #expect(PythonRepr.text(value, limit: limit) == row["as_list"]?.string, "\(JSON.text(value))")
            if let tuple = row["as_tuple"]?.string { #expect(PythonRepr.text(value, asTuple: true, limit: limit) == tuple, "\(JSON.text(value))") }
        }
    }

    @Test func bytesShowAsTextOrAsHex() {
        #expect(PythonRepr.text([.bytes(Array("abc".utf8)), .bytes([0xFF, 0x01])]) == "[b'abc', b'ff01']")
        #expect(PythonRepr.text(.bytes(Array("abcdefgh".utf8)), limit: 4) == "b'abcd...'")
    }
}
