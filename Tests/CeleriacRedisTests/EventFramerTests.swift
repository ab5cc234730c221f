import Testing

@testable import CeleriacRedis

@Suite struct EventFramerTests {
    /// What a subscribed connection reads: confirmations, messages of both kinds and both protocols, a pong, an error.
    static let wire = Array(
        ([">3\r\n$10\r\npsubscribe\r\n$3\r\nx/*\r\n:1\r\n", "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:2\r\n"]
            + [0, 1, 9, 10, 1000].flatMap { size in
                let payload = "$\(size)\r\n\(String(repeating: "\r", count: size))\r\n"
                return [
                    ">4\r\n$8\r\npmessage\r\n$3\r\nx/*\r\n$3\r\nx/y\r\n\(payload)", "*4\r\n$8\r\npmessage\r\n$3\r\nx/*\r\n$12\r\nx/pmessage\r\n\r\n\(payload)",
                    ">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n\(payload)", "+PONG\r\n", "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n\(payload)",
                    "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
                ]
            }).joined().utf8)

    private func read(_ pieces: [ArraySlice<UInt8>]) throws -> (sizes: [Int], others: Int) {
        var framer = EventFramer()
        var sizes: [Int] = []
        var others = 0
        for piece in pieces {
            guard let frames = try framer.take(piece) else { continue }
            for payload in frames.payloads { #expect(frames.bytes[payload].allSatisfy { $0 == UInt8(ascii: "\r") }) }
            sizes += frames.payloads.map(\.count)
            others += frames.others.count
        }
        return (sizes, others)
    }

    @Test func cutsMakeNoDifference() throws {
        let whole = try read([Self.wire[...]])
        #expect(whole.sizes == [0, 1, 9, 10, 1000].flatMap { Array(repeating: $0, count: 4) })
        #expect(whole.others == 12)
        for cut in 0...Self.wire.count {
            let parts = try read([Self.wire[..<cut], Self.wire[cut...]])
            #expect(parts == whole, "cut at \(cut)")
        }
        let single = try read(Self.wire.indices.map { Self.wire[$0...$0] })
        #expect(single == whole)
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\n", ">4\r\n$8\r\npmessage\r\n$x\r\n", ">4\r\n$8\r\npmessage\r\n$1\r\na\r\n$1\r\nb\r\n$99999999999\r\n"])
    func garbageIsAnError(wire: String) {
        var framer = EventFramer()
        #expect(throws: RESPError.self) { try framer.take(Array(wire.utf8)) }
    }

    @Test func errorsOfTheServerComeThrough() throws {
        var framer = EventFramer()
        #expect(try framer.take(Array("-NOPERM no\r\n".utf8))?.others == [.error("NOPERM no")])
    }
}
