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
    func encode(into bytes: inout [UInt8]) {
        func bulk(_ content: some Collection<UInt8>) {
            bytes.append(UInt8(ascii: "$"))
            bytes.append(contentsOf: String(content.count).utf8)
            bytes.append(contentsOf: "\r\n".utf8)
            bytes.append(contentsOf: content)
            bytes.append(contentsOf: "\r\n".utf8)
        }
        bytes.append(UInt8(ascii: "*"))
        bytes.append(contentsOf: String(arguments.count + 1).utf8)
        bytes.append(contentsOf: "\r\n".utf8)
        bulk(name.utf8)
        for argument in arguments { bulk(argument) }
    }
}
