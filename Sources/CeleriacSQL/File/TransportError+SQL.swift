import CeleriacBroker
import GRDB

extension TransportError {
    /// SQLite's own words on why it refused, and what may mend it.
    /// - Parameter path: of the file, for hints.
    init(_ error: any Error, operation: String, endpoint: String, path: FilePath? = nil) {
        if var known = error as? TransportError {
            known.operation = operation
            self = known
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.refused, operation: operation, endpoint: endpoint, cause: "\(error)")
            return
        }
        let file = path?.text ?? "the file"
        let (kind, hint): (Kind, String?) =
            switch error.resultCode {
            case .SQLITE_CANTOPEN where path?.folderExists == false: (.unreachable, "there is no folder \(path?.folder ?? "")")
            case .SQLITE_CANTOPEN where path?.exists == false: (.unreachable, "there is no \(file), and it cannot be made")
            case .SQLITE_CANTOPEN: (.unreachable, "may you read and write \(file)?")
            case .SQLITE_NOTADB: (.garbled, "\(file) holds something else; is the path right?")
            case .SQLITE_CORRUPT: (.garbled, "look at it with: sqlite3 \(file) 'PRAGMA integrity_check'")
            case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: (.unauthorized, "you need to write \(file) and its folder")
            case .SQLITE_FULL: (.refused, "free some space where \(file) is")
            case .SQLITE_BUSY, .SQLITE_LOCKED: (.timedOut, "another process has kept it locked for \(SQLiteFile.patience) s")
            default: (.refused, nil)
            }
        self.init(kind, operation: operation, endpoint: endpoint, cause: error.message ?? "\(error.resultCode)", hint: hint)
    }
}
