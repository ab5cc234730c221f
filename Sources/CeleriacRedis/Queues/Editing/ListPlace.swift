import CeleriacCore

/// Where a message stands: its list, and its neighbours by their delivery tags. As long as one of them waits, the place can be found again; once both are
/// gone that were served before and after it, it would have been served too.
struct ListPlace: Hashable {
    var list: String
    /// Served right after it; empty: none, or not known.
    var follower: String
    /// Served right before it.
    var leader: String

    init(_ list: String, follower: String = "", leader: String = "") {
        self.list = list
        self.follower = follower
        self.leader = leader
    }

    var hasNeighbours: Bool { !follower.isEmpty || !leader.isEmpty }

    /// As `KeptMessage.place` has it.
    var text: String { hasNeighbours ? "\(list)\n\(follower)\n\(leader)" : list }

    /// - Returns: `nil` when it is in none of `lists`.
    init?(_ text: String, in lists: [String]) {
        if lists.contains(text) {
            self.init(text)
            return
        }
        guard let second = text.lastIndex(of: "\n"), let first = text[..<second].lastIndex(of: "\n"), lists.contains(String(text[..<first])) else { return nil }
        self.init(String(text[..<first]), follower: String(text[text.index(after: first)..<second]), leader: String(text[text.index(after: second)...]))
    }

    /// Messages of one list that stand side by side, the one served last in front, with their neighbours; those at the ends only lend their names.
    /// - Parameter range: of those that are wanted.
    static func places(of messages: [[UInt8]], in list: String, _ range: Range<Int>) -> [String] {
        let tags = messages.map { tag($0) ?? "" }
        return range.map { index in
            ListPlace(list, follower: index > 0 ? tags[index - 1] : "", leader: index + 1 < tags.count ? tags[index + 1] : "").text
        }
    }

    /// The same of one of them.
    static func place(of index: Int, among messages: [[UInt8]], in list: String) -> String {
        let follower = index > 0 ? tag(messages[index - 1]) : nil, leader = index + 1 < messages.count ? tag(messages[index + 1]) : nil
        return ListPlace(list, follower: follower ?? "", leader: leader ?? "").text
    }

    private static let mark = Array("\"delivery_tag\": \"".utf8)

    /// What tells a message of kombu's from all others; `nil` when it has no such thing.
    static func tag(_ bytes: [UInt8]) -> String? {
        guard bytes.count > mark.count else { return nil }
        // It stands near the end.
        return bytes.withUnsafeBytes { whole in
            for start in stride(from: whole.count - mark.count, through: 0, by: -1) where whole[start] == mark[0] && whole[start + mark.count - 1] == mark[0] {
                guard UnsafeRawBufferPointer(rebasing: whole[start..<start + mark.count]).elementsEqual(mark) else { continue }
                let rest = whole[(start + mark.count)...]
                guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
                return String(decoding: UnsafeRawBufferPointer(rebasing: rest[..<end]), as: UTF8.self)
            }
            return nil
        }
    }
}
