import NIOCore
import Testing

@testable import CeleriacRedis

@Suite struct RESPTests {
    /// One of each type, as Redis 7 sends them, and the value it stands for.
    static let examples: [(wire: String, value: RESPValue)] = [
        ("+OK\r\n", .simple("OK")),
        ("-ERR no such key\r\n", .error("ERR no such key")),
        (":-42\r\n", .integer(-42)),
        ("$5\r\na\r\nb\0\r\n", .bulk(Array("a\r\nb\0".utf8))),
        ("$0\r\n\r\n", .bulk([])),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("_\r\n", .null),
        ("*0\r\n", .array([])),
        ("*2\r\n:1\r\n*1\r\n$1\r\nx\r\n", .array([.integer(1), .array([.bulk(Array("x".utf8))])])),
        (",1.5\r\n", .double(1.5)),
        (",-inf\r\n", .double(-.infinity)),
        ("#t\r\n", .boolean(true)),
        ("#f\r\n", .boolean(false)),
        ("(3492890328409238509324850943850943825024385\r\n", .bigNumber("3492890328409238509324850943850943825024385")),
        ("=7\r\ntxt:abc\r\n", .verbatim(format: "txt", Array("abc".utf8))),
        ("!9\r\nSYNTAX no\r\n", .error("SYNTAX no")),
        ("%1\r\n+key\r\n:7\r\n", .map([.simple("key"), .integer(7)])),
        ("~2\r\n+a\r\n+b\r\n", .set([.simple("a"), .simple("b")])),
        (">2\r\n+pong\r\n$0\r\n\r\n", .push([.simple("pong"), .bulk([])])),
        ("|1\r\n+ttl\r\n:3600\r\n:5\r\n", .integer(5)),
        ("*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n", .array([.integer(1), .integer(2)])),
    ]

    @Test func everyTypeIsUnderstood() throws {
        for (wire, value) in Self.examples {
            var decoder = RESPDecoder()
            decoder.append(wire.utf8)
            #expect(try decoder.next() == value, "\(wire.debugDescription)")
            #expect(try decoder.next() == nil)
        }
    }

    /// However the network cuts the bytes, the values are the same.
    @Test func cutsMakeNoDifference() throws {
        let wire = Array(Self.examples.map(\.wire).joined().utf8)
        let values = Self.examples.map(\.value)
        for cut in 0...wire.count {
            var decoder = RESPDecoder()
            var read: [RESPValue] = []
            for piece in [wire[..<cut], wire[cut...]] {
                decoder.append(piece)
                while let value = try decoder.next() { read.append(value) }
            }
            #expect(read == values, "cut at \(cut)")
        }
        var decoder = RESPDecoder()
        var read: [RESPValue] = []
        for byte in wire {
            decoder.append([byte])
            while let value = try decoder.next() { read.append(value) }
        }
        #expect(read == values, "byte by byte")
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "AMQP\0\0\u{9}\u{1}", ":12a\r\n", "$abc\r\n", "$99999999999\r\n", "$1\r\nab\r\n", "#x\r\n", "(1.5\r\n", "*-2\r\n",
        "$536870913\r\n",
    ])
    func garbageIsAnErrorAndNoTrap(wire: String) {
        var decoder = RESPDecoder()
        decoder.append(wire.utf8)
        #expect(throws: RESPError.self) { while try decoder.next() != nil {} }
    }

    @Test func linesAndNestingHaveLimits() {
        for wire in [String(repeating: "*1\r\n", count: 65), "+" + String(repeating: "x", count: 70_000)] {
            var decoder = RESPDecoder()
            decoder.append(wire.utf8)
            #expect(throws: RESPError.self) { try decoder.next() }
        }
    }

    @Test func anAnnouncedLengthCostsNothing() throws {
        var decoder = RESPDecoder()
        decoder.append("*100000000\r\n%60000000\r\n$536870912\r\nx".utf8)
        #expect(try decoder.next() == nil)
    }

    @Test func commandsAreArraysOfBulkStrings() {
        let bytes = [RedisCommand("SADD", "a b", "é\u{06}")].encoded(ByteBufferAllocator())
        #expect(String(buffer: bytes) == "*3\r\n$4\r\nSADD\r\n$3\r\na b\r\n$3\r\né\u{06}\r\n")
    }

    @Test func repliesFindTheirPipelines() throws {
        var queue = ReplyQueue<String>()
        queue.expect(2, for: "first")
        queue.expect(1, for: "second")
        #expect(try queue.receive(Array("+a\r\n".utf8)).isEmpty)
        let answered = try queue.receive(Array("-ERR b\r\n>1\r\n+news\r\n:3\r\n".utf8))
        #expect(answered.map(\.call) == ["first", "second"])
        #expect(answered.map(\.replies) == [[.simple("a"), .error("ERR b")], [.integer(3)]])
        #expect(throws: RESPError.self) { try queue.receive(Array("+unasked\r\n".utf8)) }
    }
}
