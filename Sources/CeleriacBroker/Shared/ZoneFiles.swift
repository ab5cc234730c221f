package import CeleriacCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system's time zones (`/usr/share/zoneinfo`), each read once.
package final class ZoneFiles: Sendable {
    private let known = Mutex<[String: ZoneRules?]>([:])
    /// Names asked for come from stores of others.
    private static let limit = 2000

    package init() {}

    /// `nil` for a name that the system does not know.
    package func rules(_ name: String) -> ZoneRules? {
        known.withLock { known in
            if let rules = known[name] { return rules }
            let rules = Self.read(name)
            if known.count < Self.limit { known[name] = .some(rules) }
            return rules
        }
    }

    private static func read(_ name: String) -> ZoneRules? {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: "/_+-".utf8.contains(byte)
            }
        }
        guard isPlain, !name.isEmpty, !name.hasPrefix("/"), let file = fopen("/usr/share/zoneinfo/" + name, "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return try? ZoneRules(name: name, file: bytes[..<count])
    }
}
