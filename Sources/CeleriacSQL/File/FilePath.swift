import CeleriacBroker
import CeleriacCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the file is that a URL names as SQLAlchemy writes it: `sqlite:///relative.db`, `sqlite:////absolute.db`, with `sqla+`, `sqlalchemy+` or `db+` in
/// front.
struct FilePath: Hashable {
    /// Absolute, without symbolic links as far as its folder exists: two ways to write one file give one path.
    let text: String

    /// - Throws: kind `.misconfigured`.
    init(_ url: BrokerURL) throws(TransportError) {
        func refusal(_ cause: String, hint: String) -> TransportError {
            TransportError(.misconfigured, operation: "open", endpoint: url.description, cause: cause, hint: hint)
        }
        if let host = url.host {
            throw refusal(
                "\"\(ForeignText.safe(host))\" stands where a server would",
                hint: "three slashes before a relative path, four before an absolute one: sqlite:///queue.db")
        }
        guard !url.path.isEmpty, url.path != ":memory:" else {
            throw refusal("a database in memory cannot be shared between processes", hint: "name a file: sqlite:///queue.db")
        }
        guard !url.path.hasSuffix("/"), !url.path.utf8.contains(0) else { throw refusal("it names no file", hint: "name a file: sqlite:///queue.db") }
        text = Self.resolved(url.path)
    }

    /// The folder that has to be there.
    var folder: String { text.lastIndex(of: "/").map { $0 == text.startIndex ? "/" : String(text[..<$0]) } ?? "." }
    var folderExists: Bool { access(folder, F_OK) == 0 }
    var exists: Bool { access(text, F_OK) == 0 }

    private static func resolved(_ path: String) -> String {
        if let whole = real(path) { return whole }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard let real = real(folder) else { return path }
        return real == "/" ? "/" + name : real + "/" + name
    }

    private static func real(_ path: String) -> String? {
        guard let found = realpath(path, nil) else { return nil }
        defer { free(found) }
        return String(cString: found)
    }
}
