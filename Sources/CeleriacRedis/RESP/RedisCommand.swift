import NIOCore

/// One command with its arguments, as it is sent.
struct RedisCommand: Hashable, Sendable {
    /// Upper case: `LLEN`.
    let name: String
    /// Binary safe.
    let arguments: [[UInt8]]

    init(_ name: String, _ arguments: [String]) {
        self.name = name
        self.arguments = arguments.map { Array($0.utf8) }
    }

    init(_ name: String, _ arguments: String...) {
        self.init(name, arguments)
    }

    init(_ name: String, bytes arguments: [[UInt8]]) {
        self.name = name
        self.arguments = arguments
    }

    /// The text of the argument at `position`, when there is one.
    func argument(_ position: Int) -> String? {
        arguments.indices.contains(position) ? String(decoding: arguments[position], as: UTF8.self) : nil
    }

    /// In RESP3 a subscription is confirmed by what the server pushes, not by a reply.
    var isAnsweredByPush: Bool { name == "SUBSCRIBE" || name == "UNSUBSCRIBE" }

    /// Appends the command as an array of bulk strings, the form that every Redis understands.
    fileprivate func encode(into buffer: inout ByteBuffer) {
        func bulk(_ content: some Sequence<UInt8>, _ count: Int) {
            buffer.writeStaticString("$")
            buffer.writeString(String(count))
            buffer.writeStaticString("\r\n")
            buffer.writeBytes(content)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("*")
        buffer.writeString(String(arguments.count + 1))
        buffer.writeStaticString("\r\n")
        bulk(name.utf8, name.utf8.count)
        for argument in arguments { bulk(argument, argument.count) }
    }

    /// Bytes that it takes, at the most.
    fileprivate var encodedSize: Int { arguments.reduce(32 + name.utf8.count) { $0 + $1.count + 16 } }
}

extension [RedisCommand] {
    /// What goes to the server.
    func encoded(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: reduce(0) { $0 + $1.encodedSize })
        for command in self { command.encode(into: &buffer) }
        return buffer
    }
}
