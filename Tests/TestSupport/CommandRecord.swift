import CeleriacCore
import Foundation

/// All commands that a Redis server is given, as `MONITOR` tells them, for a while.
public final class CommandRecord {
    public struct Command: Hashable, Sendable, CustomStringConvertible {
        /// Of the client, with its port.
        public var address: String
        public var words: [String]

        public var name: String { words.first?.uppercased() ?? "" }
        public var description: String { words.map { $0.count > 80 ? $0.prefix(80) + "…" : $0 }.joined(separator: " ") }

        /// The method of a request on the control channel; `nil` for anything else.
        public var controlMethod: String? {
            guard name == "PUBLISH", words.count == 3, words[1].hasSuffix(".pidbox"), let message = try? JSON.decode(words[2]) else { return nil }
            guard let body = message["body"]?.string, let bytes = Data(base64Encoded: body) else { return nil }
            return try? JSON.decode(Array(bytes))["method"]?.string
        }
    }

    private let program: Program
    private let port: Int

    /// Returns once the server tells.
    public init(port: Int) throws {
        self.port = port
        program = try Program(["redis-cli", "-p", String(port), "MONITOR"], limit: 300)
        let program = program
        guard eventually(within: 10, { program.printed.hasPrefix("OK") }) else { throw Program.Missing(description: "no MONITOR on port \(port)") }
    }

    deinit { program.end() }

    /// Commands so far of the connections that call themselves `name` (`CLIENT SETNAME`), in order; what the server was told before this call is among them.
    public func commands(ofClientsNamed name: String) throws -> [Command] {
        let mark = UUID().uuidString
        _ = try Program(["redis-cli", "-p", String(port), "PING", mark]).finish()
        guard eventually(within: 10, { program.printed.contains(mark) }) else { throw Program.Missing(description: "MONITOR fell behind") }
        let all = program.printed.split(separator: "\n").compactMap(Command.init(line:))
        let addresses = Set(all.filter { $0.words.count == 3 && $0.name == "CLIENT" && $0.words[1] == "SETNAME" && $0.words[2] == name }.map(\.address))
        return all.filter { addresses.contains($0.address) }
    }
}

extension CommandRecord.Command {
    /// `1700000000.123456 [0 127.0.0.1:50000] "GET" "key"`; strings escaped as `redis-cli` does it.
    fileprivate init?(line: Substring) {
        guard let open = line.firstIndex(of: "["), let close = line.firstIndex(of: "]"), let space = line[open..<close].firstIndex(of: " ") else { return nil }
        address = String(line[line.index(after: space)..<close])
        words = []
        var bytes: [UInt8] = []
        var isInside = false
        var rest = line[close...].utf8.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                if isInside { words.append(String(decoding: bytes, as: UTF8.self)) }
                isInside.toggle()
                bytes = []
            case UInt8(ascii: "\\") where isInside:
                guard let escaped = rest.popFirst() else { return nil }
                switch escaped {
                case UInt8(ascii: "n"): bytes.append(0x0A)
                case UInt8(ascii: "r"): bytes.append(0x0D)
                case UInt8(ascii: "t"): bytes.append(0x09)
                case UInt8(ascii: "a"): bytes.append(0x07)
                case UInt8(ascii: "b"): bytes.append(0x08)
                case UInt8(ascii: "x"):
                    bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                    rest = rest.dropFirst(2)
                default: bytes.append(escaped)
                }
            default: if isInside { bytes.append(byte) }
            }
        }
    }
}
