public import CeleriacCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The time zones of this machine, each read once.
public final class ZoneFiles: Sendable {
    /// Those of `/usr/share/zoneinfo`.
    public static let system = ZoneFiles("/usr/share/zoneinfo")

    private static let sizeLimit = 1 << 20
    private let folder: String
    private let read = Mutex<[String: ZoneRules]>([:])

    public init(_ folder: String) { self.folder = folder }

    /// The rules of a zone by its IANA name (`Europe/Berlin`); UTC is known without files.
    ///
    /// - Throws: for a name that is none, a zone that this machine does not know, and a file that is no zone file. A failure is not kept.
    public func rules(_ name: String) throws(ZoneFileError) -> ZoneRules {
        if name == "UTC" { return .utc }
        if let known = read.withLock({ $0[name] }) { return known }
        guard Self.isName(name) else { throw ZoneFileError("\(ForeignText.safe(name)) is no name of a time zone") }
        guard let bytes = Self.content(of: "\(folder)/\(name)") else { throw ZoneFileError("the time zone \(name) is not known here (no file in \(folder))") }
        let rules: ZoneRules
        do { rules = try ZoneRules(name: name, file: bytes) } catch { throw ZoneFileError("the time zone \(name) cannot be read: \(error)") }
        read.withLock { $0[name] = rules }
        return rules
    }

    /// Letters, digits, `_`, `+`, `-` in parts between `/`: no part can lead out of the folder.
    static func isName(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return name.utf8.count <= 100 && parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { byte in
                (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10 || [UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte)
            }
        }
    }

    /// All bytes of a regular file; `nil` when it cannot be read, or is much too long for a zone.
    private static func content(of path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= sizeLimit else { return nil }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= sizeLimit {
            let count = chunk.withUnsafeMutableBytes { readBytes(file, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
        return nil
    }
}

/// The system call, out of reach of the member of the same name.
private func readBytes(_ file: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(file, bytes, count) }
