import CeleriacCore
import Foundation
import OrderedCollections
import Testing

@Suite struct ValueCodingTests {
    struct Order: Codable, Hashable {
        enum Status: String, Codable { case open, closed }
        struct Line: Codable, Hashable {
            var article: String
            var count: Int
            var price: Double
            var note: String?
        }

        var id: UInt64
        var status: Status
        var lines: [Line]
        var tags: [String: [Int]]
        var extra: Value
        var parent: Int?
    }

    class Base: Codable {
        var name = "base"
    }

    final class Derived: Base {
        var size = 3

        enum CodingKeys: CodingKey { case size }

        override init() { super.init() }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            size = try container.decode(Int.self, forKey: .size)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(size, forKey: .size)
            try super.encode(to: container.superEncoder())
        }
    }

    let order = Order(
        id: .max, status: .open, lines: [.init(article: "pen", count: 2, price: 1.5, note: nil), .init(article: "ink", count: 1, price: 4, note: "blue")],
        tags: ["a": [1, 2]], extra: .object(["deep": [.bytes([0, 255]), .bigInteger("123456789012345678901234567890"), .null]]), parent: nil)

    @Test func whatWasEncodedDecodesTheSame() throws {
        let value = try ValueEncoder().encode(order)
        #expect(try ValueDecoder().decode(Order.self, from: value) == order)
    }

    @Test func membersStandInTheOrderOfTheTypeAndValuesPassUntouched() throws {
        let value = try ValueEncoder().encode(order)
        #expect(value.object?.keys.elements == ["id", "status", "lines", "tags", "extra"])
        #expect(value["id"] == .bigInteger("18446744073709551615"))
        #expect(value["extra"] == order.extra)
        #expect(value["lines"]?.array?.last == ["article": "ink", "count": 1, "price": 4.0, "note": "blue"])
    }

    @Test func scalarsAndOptionalsStandAlone() throws {
        #expect(try ValueEncoder().encode(5) == 5)
        #expect(try ValueEncoder().encode("five") == "five")
        #expect(try ValueEncoder().encode([1, nil, 3]) == [1, nil, 3])
        #expect(try ValueEncoder().encode(Int?.none) == .null)
        #expect(try ValueEncoder().encode([Int]()) == [])
        #expect(try ValueDecoder().decode(Int?.self, from: .null) == nil)
        #expect(try ValueDecoder().decode([Int?].self, from: [1, nil, 3]) == [1, nil, 3])
        #expect(try ValueDecoder().decode([String: Value].self, from: ["a": [nil]]) == ["a": [nil]])
    }

    @Test func numbersAreLenientWhereNothingIsLost() throws {
        #expect(try ValueDecoder().decode(Double.self, from: 2) == 2)
        #expect(try ValueDecoder().decode(Int.self, from: 2.0) == 2)
        #expect(try ValueDecoder().decode(Double.self, from: .number(.infinity)) == .infinity)
        #expect(try ValueDecoder().decode(UInt64.self, from: .bigInteger("18446744073709551615")) == .max)
        #expect(try ValueDecoder().decode([UInt8].self, from: .bytes([1, 255])) == [1, 255])
    }

    @Test(arguments: [Value.number(2.5), .bigInteger("9223372036854775808"), "2", true, nil, [2], .number(.nan)])
    func whatIsNoIntegerIsRefused(value: Value) {
        #expect(throws: DecodingError.self) { try ValueDecoder().decode(Int.self, from: value) }
    }

    @Test func anErrorSaysWhere() throws {
        var value = try ValueEncoder().encode(order).object ?? [:]
        value["lines"] = [["article": "pen", "count": "two", "price": 1]]
        let error = #expect(throws: DecodingError.self) { try ValueDecoder().decode(Order.self, from: .object(value)) }
        guard case .typeMismatch(_, let context)? = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(context.codingPath.map(\.stringValue) == ["lines", "0", "count"])
        value["lines"] = nil
        let missing = #expect(throws: DecodingError.self) { try ValueDecoder().decode(Order.self, from: .object(value)) }
        if case .keyNotFound(let key, _)? = missing { #expect(key.stringValue == "lines") } else { #expect(Bool(false), "\(String(describing: missing))") }
    }

    struct Mute: Encodable {
        func encode(to encoder: any Encoder) {}
    }

    struct Nested: Encodable {
        func encode(to encoder: any Encoder) throws {
            var outer = encoder.unkeyedContainer()
            try outer.encode("first")
            var inner = outer.nestedUnkeyedContainer()
            try inner.encode(Mute())
        }
    }

    @Test func anEncodingErrorSaysWhere() throws {
        func path(_ value: some Encodable) throws -> [String] {
            let error = #expect(throws: EncodingError.self) { try ValueEncoder().encode(value) }
            guard case .invalidValue(_, let context)? = error else { return [] }
            return context.codingPath.map(\.stringValue)
        }
        #expect(try path([Mute()]) == ["0"])
        #expect(try path(["lines": [nil, Mute()]]) == ["lines", "1"])
        #expect(try path(Nested()) == ["1", "0"])
    }

    @Test func superclassesTravelUnderSuper() throws {
        let original = Derived()
        (original.size, original.name) = (9, "nine")
        let value = try ValueEncoder().encode(original)
        #expect(value == ["size": 9, "super": ["name": "nine"]])
        let copy = try ValueDecoder().decode(Derived.self, from: value)
        #expect(copy.size == 9 && copy.name == "nine")
    }

    @Test func otherCodersReadAndWriteValuesToo() throws {
        let value: Value = ["a": [1, 2.5, nil, true, "x"], "b": .bytes([0, 255])]
        #expect(try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value)) == value)
    }
}
