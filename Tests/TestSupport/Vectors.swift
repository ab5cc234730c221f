public import Foundation

/// Where the golden vectors lie: messages, events, replies and records that real Celery produced.
public let vectorsFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors")

/// The files of one family (`events`, `messages`, …), by name.
public func vectorFiles(_ family: String) -> [URL] {
    let files = (try? FileManager.default.contentsOfDirectory(at: vectorsFolder.appendingPathComponent(family), includingPropertiesForKeys: nil)) ?? []
    return files.sorted { $0.lastPathComponent < $1.lastPathComponent }
}
