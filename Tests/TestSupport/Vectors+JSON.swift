public import CeleriacCore
import Foundation

/// A golden vector: what was on the wire, and what real Celery made of it.
public struct Vector: Sendable {
    public let name: String
    public let content: Value

    /// The stored bytes.
    public var raw: [UInt8]? { Self.bytes(content) }

    /// The bytes of an object with `raw`, and `encoding` if they are not UTF-8.
    public static func bytes(_ object: Value) -> [UInt8]? {
        guard let raw = object["raw"]?.string else { return nil }
        return object["encoding"]?.string == "base64" ? Data(base64Encoded: raw).map(Array.init) : Array(raw.utf8)
    }
}

/// The vectors of one family whose names begin with `prefix`; empty, which tests refuse, when they cannot be read.
public func vectors(_ family: String, prefix: String = "") -> [Vector] {
    vectorFiles(family).filter { $0.pathExtension == "json" && $0.lastPathComponent.hasPrefix(prefix) }.compactMap { file in
        guard let bytes = try? Data(contentsOf: file), let content = try? JSON.decode(Array(bytes)) else { return nil }
        return Vector(name: file.deletingPathExtension().lastPathComponent, content: content)
    }
}

/// The rows of `logic/<name>.jsonl`.
public func logicRows(_ name: String) -> [Value] {
    let file = vectorsFolder.appendingPathComponent("logic/\(name).jsonl")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap { try? JSON.decode(String($0)) }
}
