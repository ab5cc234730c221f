import CeleriacCore

/// Which row a message is or was: `KeptMessage.place` in words that no other broker's can be taken for.
struct RowPlace: Hashable, Sendable {
    /// Of the file.
    let mark: String
    let queueID: Int64
    let id: Int64
    /// What orders it before its id does; `nil` for the most urgent.
    let timestamp: String?

    init(mark: String, queueID: Int64, id: Int64, timestamp: String?) {
        self.mark = mark
        self.queueID = queueID
        self.id = id
        self.timestamp = timestamp
    }

    /// `nil` for a place of another broker.
    init?(_ place: String) {
        let parts = place.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "sqlite", let queueID = Int64(parts[2]), let id = Int64(parts[3]) else { return nil }
        self.init(mark: String(parts[1]), queueID: queueID, id: id, timestamp: parts[4].isEmpty ? nil : String(parts[4]))
    }

    var text: String { "sqlite:\(mark):\(queueID):\(id):\(timestamp ?? "")" }
}

extension FilePath {
    /// Tells places in this file from those in others.
    var mark: String {
        // FNV-1a, since it stands in files for longer than a process lives.
        let hash = text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
