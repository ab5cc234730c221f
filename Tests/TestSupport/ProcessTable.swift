public import Glibc

/// The processes of this machine, as `/proc` has them now.
public enum ProcessTable {
    /// Whether a process is there and runs; one that waits to be reaped does not.
    public static func isRunning(_ process: pid_t) -> Bool { entry(process).map { $0.state != "Z" && $0.state != "X" } ?? false }

    /// All that `process` started, and what those started.
    public static func descendants(of process: pid_t) -> [pid_t] {
        let children = Dictionary(grouping: all().compactMap { id in entry(id).map { (id: id, parent: $0.parent) } }, by: \.parent)
        var found: [pid_t] = [], next = [process]
        while let parent = next.popLast() {
            let own = children[parent]?.map(\.id) ?? []
            found += own
            next += own
        }
        return found
    }

    private static func all() -> [pid_t] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var found: [pid_t] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if let id = pid_t(name) { found.append(id) }
        }
        return found
    }

    private static func entry(_ process: pid_t) -> (state: Substring, parent: pid_t)? {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = fread(&bytes, 1, bytes.count, file)
        // The name before may hold blanks and brackets of its own.
        guard let words = String(decoding: bytes[..<count], as: UTF8.self).split(separator: ")").last?.split(separator: " "), words.count > 1 else { return nil }
        return pid_t(words[1]).map { (words[0], $0) }
    }
}
