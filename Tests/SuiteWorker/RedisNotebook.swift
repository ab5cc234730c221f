import Foundation
import Glibc
import Synchronization

/// Where some tasks of the suite write down that they ran: a Redis server, spoken to a command at a time. Blocks the thread, for as long as loopback takes.
final class RedisNotebook: Sendable {
    struct Failure: Error {
        let description: String
    }

    private let host: String
    private let port: Int
    private let descriptor = Mutex<Int32?>(nil)

    init(host: String, port: Int) {
        self.host = host == "localhost" ? "127.0.0.1" : host
        self.port = port
    }

    /// Sends a command whose reply is an integer or a status.
    func tell(_ words: String...) throws {
        try descriptor.withLock { descriptor in
            let socket = try descriptor ?? open()
            descriptor = socket
            let command = Array("*\(words.count)\r\n".utf8) + words.flatMap { Array("$\($0.utf8.count)\r\n\($0)\r\n".utf8) }
            var reply = [UInt8](repeating: 0, count: 512)
            guard write(socket, command, command.count) == command.count, read(socket, &reply, reply.count) > 0, reply[0] != UInt8(ascii: "-") else {
                close(socket)
                descriptor = nil
                throw Failure(description: "\(words[0]) failed: \(String(decoding: reply, as: UTF8.self))")
            }
        }
    }

    private func open() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr(host)
        address.sin_port = in_port_t(UInt16(clamping: port)).bigEndian
        let isConnected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        guard isConnected else { throw Failure(description: "no notebook at \(host):\(port)") }
        return descriptor
    }
}
