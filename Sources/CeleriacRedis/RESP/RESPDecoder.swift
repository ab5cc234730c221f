/// Values out of a stream of bytes that comes in pieces.
struct RESPDecoder {
    private var bytes: [UInt8] = []
    private var offset = 0
    private var parser = RESPParser()

    mutating func append(_ piece: some Collection<UInt8>) {
        if offset == bytes.count {
            // One huge reply must not hold its memory for ever.
            bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
            offset = 0
        } else if offset > 1 << 16 {
            bytes.removeSubrange(..<offset)
            offset = 0
        }
        bytes.append(contentsOf: piece)
    }

    /// The next whole value; `nil` when more bytes are wanted.
    mutating func next() throws(RESPError) -> RESPValue? {
        let bytes = bytes
        return try parser.next(in: bytes.span, from: &offset)
    }
}
