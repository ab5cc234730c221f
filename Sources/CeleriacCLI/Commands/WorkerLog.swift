import ArgumentParser
import CeleriacCore
import Foundation
import Logging
import Synchronization

/// `-l`.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case debug, info, warning, error, critical

    /// Celery takes them in upper case as well.
    init?(argument: String) { self.init(rawValue: argument.lowercased()) }

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}

/// One line a message, in Celery's form: `[2024-05-06 07:08:09,123: INFO/MainProcess] …`.
struct WorkerLog: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    private let file: FileHandle

    /// - Throws: `Failure` when `file` cannot be written to.
    static func logger(level: LogLevel, file path: String?) throws -> Logger {
        var file = FileHandle.standardError
        if let path {
            // Appended to, so that several processes may share it and others may truncate it.
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw Failure(.wrongUsage, "\(path): cannot be written to: \(String(cString: strerror(errno)))") }
            file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        }
        let handler = WorkerLog(file: file)
        var logger = Logger(label: "celeriac.worker") { _ in handler }
        logger.logLevel = level.level
        return logger
    }

    private init(file: FileHandle) { self.file = file }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let now = Clock.now
        let zone = Clock.zone(at: now).offset
        let time = ISOTime.text(now + Double(zone)).map { $0.prefix(19).replacing("T", with: " ") } ?? ""
        let milliseconds = String(Int(now * 1000) % 1000)
        let pause = String(repeating: "0", count: max(0, 3 - milliseconds.count)) + milliseconds
        let extra = (event.metadata ?? [:]).merging(metadata) { own, _ in own }.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let text = ForeignText.safe("\(event.message)\(extra)", newlines: .keep)
        let line = "[\(time),\(pause): \(event.level.rawValue.uppercased())/MainProcess] \(text)\n"
        // A full disk must not end the worker.
        try? file.write(contentsOf: Data(line.utf8))
    }
}
