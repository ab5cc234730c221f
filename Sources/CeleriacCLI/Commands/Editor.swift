import Foundation

/// The user's editor, on a file that only the user may read.
struct Editor {
    let program: String

    /// - Throws: wrong usage, with `hint`, when none is set.
    init(hint: String) throws(Failure) {
        guard let program = ["VISUAL", "EDITOR"].lazy.compactMap(Environment.value).first else { throw Failure(.wrongUsage, hint) }
        self.program = program
    }

    /// What the user made of `text`, and the file that it stays in until `discard`: nothing typed is lost when it cannot be read.
    func edit(_ text: String, name: String) throws(Failure) -> (text: String, file: String) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("celeriac-\(UUID().uuidString)-\(name)").path
        guard FileManager.default.createFile(atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]) else {
            throw Failure(.failed, "\(file) cannot be written")
        }
        // In this process's own terminal group: an editor has to have the keyboard.
        guard system("\(program) '\(file)'") == 0 else { throw Failure(.failed, "\(program) failed; \(file) is kept") }
        guard let edited = try? String(contentsOfFile: file, encoding: .utf8) else { throw Failure(.failed, "\(file) cannot be read") }
        return (edited, file)
    }

    func discard(_ file: String) { try? FileManager.default.removeItem(atPath: file) }
}
