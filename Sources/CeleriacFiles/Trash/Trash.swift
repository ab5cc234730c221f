public import CeleriacBroker
public import CeleriacCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Copies of messages that were taken away, one file an act, so that they can be put back.
///
/// A file is a text: a line of JSON about the act, then a line for each message, before it is touched, and lines that say what became of them. Only the
/// owner may read it. Files older than 30 days are removed when the next act begins. All calls block.
public struct Trash: Sendable {
    /// Where the files are.
    public let folder: String

    private static let keptFor = 30 * 86_400.0
    static let ending = ".trash"

    public init(folder: String) { self.folder = folder }

    /// Begins the file of an act.
    /// - Parameter about: everything but its `id`, `count` and `bytes`, which the file gives.
    package func begin(_ about: TrashEntry) throws(TransportError) -> TrashWriter {
        try prepare()
        prune(before: about.at - Self.keptFor)
        let stamp = (ISOTime.text(about.at.rounded(.down)) ?? "").filter { $0.isNumber || $0 == "T" }.prefix(15)
        var about = about
        about.id = TrashID(rawValue: "\(stamp)-\(freshUUID().prefix(6))")
        return try TrashWriter(path(about.id), about)
    }

    /// All acts, the newest first; what is no file of ours is passed over.
    public func list() throws(TransportError) -> [TrashEntry] {
        var entries: [TrashEntry] = []
        for name in try names() {
            // Somebody else may have removed it meanwhile.
            let id = TrashID(rawValue: String(name.dropLast(Self.ending.count)))
            if let entry = TrashReader.summary(path(id), id) ?? (try? TrashReader(path(id)).entry) { entries.append(entry) }
        }
        return entries.sorted { ($0.at, $0.id.rawValue) > ($1.at, $1.id.rawValue) }
    }

    /// - Throws: kind `.refused` when there is none of that name.
    package func open(_ id: TrashID) throws(TransportError) -> TrashReader {
        guard id.rawValue.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }), access(path(id), F_OK) == 0 else {
            throw TransportError(.refused, operation: "restore", endpoint: folder, cause: "there is no \(ForeignText.safe(id.rawValue)) in the trash", hint: "`celeriac trash list` tells what there is")
        }
        return try TrashReader(path(id))
    }

    private func path(_ id: TrashID) -> String { "\(folder)/\(id)\(Self.ending)" }

    private func names() throws(TransportError) -> [String] {
        guard let directory = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw fileFailure("read", folder)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name.hasSuffix(Self.ending) { names.append(name) }
        }
        return names
    }

    private func prepare() throws(TransportError) { try makeFolder(folder) }

    private func prune(before limit: Double) {
        for name in (try? names()) ?? [] {
            var status = stat()
            if stat(folder + "/" + name, &status) == 0, Double(status.st_mtim.tv_sec) < limit { unlink(folder + "/" + name) }
        }
    }
}

/// Makes a folder, and those that it stands in, for the owner alone.
func makeFolder(_ folder: String) throws(TransportError) {
    var ends = folder.indices.filter { folder[$0] == "/" && $0 != folder.startIndex }
    ends.append(folder.endIndex)
    for end in ends where mkdir(String(folder[..<end]), 0o700) != 0 && errno != EEXIST { throw fileFailure("make the folder", folder) }
}

/// What the system said of a file.
func fileFailure(_ operation: String, _ path: String) -> TransportError {
    let code = errno
    return TransportError(
        code == EACCES || code == EPERM ? .unauthorized : .refused, operation: operation, endpoint: path, cause: strerror(code).map { String(cString: $0) } ?? "error \(code)",
        hint: code == ENOSPC ? "free some space: nothing is taken away without a copy" : nil)
}
