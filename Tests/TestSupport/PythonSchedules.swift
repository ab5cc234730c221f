public import CeleriacCore
public import Foundation

/// Python with celery-redbeat, django-celery-beat and sqlalchemy-celery-beat, and a folder for one test.
public final class PythonSchedules: Sendable {
    private static let python = ProcessInfo.processInfo.environment["CELERIAC_PYTHON"]
    public static let isThere = RedisServer.isRequired || hasPackages
    public static let missing = "CELERIAC_PYTHON names no Python with celery-redbeat, django-celery-beat and sqlalchemy-celery-beat: Tests/run interop brings it along"
    private static let hasPackages: Bool = {
        guard let python else { return false }
        let finished = try? Program([python, "-c", "import redbeat, django_celery_beat, sqlalchemy_celery_beat"]).finish()
        return finished?.status == 0
    }()

    public let folder: URL
    private let preface: String

    /// - Parameter preface: what each program begins with; `FOLDER` stands for the folder.
    public init(_ preface: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("beat-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.preface = "import json, sys, time, datetime\n" + preface.replacingOccurrences(of: "FOLDER", with: folder.path) + "\n"
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    public func start(_ code: String) throws -> Program { try Program([Self.python ?? "python3", "-W", "ignore", "-c", preface + code], in: folder) }

    /// Runs `code`; the last line that it prints, as JSON.
    @discardableResult
    public func run(_ code: String) throws -> Value {
        let finished = try start(code).finish()
        guard finished.status == 0 else { throw Program.Missing(description: finished.text + finished.complaint) }
        guard let line = finished.text.split(separator: "\n").last else { return .null }
        return try JSON.decode(String(line))
    }
}
