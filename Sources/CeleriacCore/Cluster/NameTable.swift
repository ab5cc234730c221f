/// The number that stands for a text in a `NameTable`.
typealias NameID = UInt32

/// Gives recurring texts (task names, queues, nodes) small numbers, so that a task holds four bytes for each.
///
/// Holds at most `limit` texts of at most 512 bytes, and about `byteLimit` bytes; whatever comes after that shares the
/// number `other`, so that hostile unique names cannot exhaust memory.
struct NameTable: Sendable {
    /// Stands for "no text".
    static let none: NameID = 0
    /// Stands for every text that came after the table was full.
    static let other: NameID = 1
    static let longestText = 512

    private let limit: Int
    private let byteLimit: Int
    private let hash: ByteHash
    private(set) var texts: [String] = ["", "(other)"]
    private var spellings: [[UInt8]] = [[], []]
    /// Open addressing, a power of two long: low half of the hash above the number; 0 is free.
    private var entries = [UInt64](repeating: 0, count: 64)
    private var vacant: [NameID] = []
    /// Texts held, `other` left out.
    private(set) var count = 0
    /// Estimated bytes on the heap.
    private(set) var bytes = 1024

    init(limit: Int, byteLimit: Int = .max, hash: ByteHash) {
        self.limit = limit
        self.byteLimit = byteLimit
        self.hash = hash
    }

    /// Numbers that have been given so far are below this.
    var endID: NameID { NameID(texts.count) }

    subscript(id: NameID) -> String { texts[Int(id)] }

    /// All texts held with their numbers.
    var all: some Sequence<(id: NameID, text: String)> {
        texts.indices.lazy.dropFirst(2).filter { !texts[$0].isEmpty }.map { (NameID($0), texts[$0]) }
    }

    /// The number of `bytes`, given now if it is new; `none` for the empty text.
    mutating func intern(_ bytes: UnsafeRawBufferPointer) -> NameID {
        if bytes.count == 0 { return Self.none }
        if bytes.count > Self.longestText { return intern(cut(bytes)) }
        let code = UInt32(truncatingIfNeeded: hash(bytes))
        var place = Int(code) & (entries.count - 1)
        while entries[place] != 0 {
            let entry = entries[place]
            let id = NameID(truncatingIfNeeded: entry)
            if UInt32(entry >> 32) == code, isSpelled(id, bytes) { return id }
            place = (place + 1) & (entries.count - 1)
        }
        guard count < limit, self.bytes < byteLimit else { return Self.other }
        return add(bytes, code: code, at: place)
    }

    mutating func intern(_ text: String) -> NameID {
        var text = text
        return text.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
    }

    /// The number of `text` if it has one.
    func find(_ text: String) -> NameID? {
        var text = text
        return text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            let code = UInt32(truncatingIfNeeded: hash(bytes))
            var place = Int(code) & (entries.count - 1)
            while entries[place] != 0 {
                let id = NameID(truncatingIfNeeded: entries[place])
                if UInt32(entries[place] >> 32) == code, isSpelled(id, bytes) { return id }
                place = (place + 1) & (entries.count - 1)
            }
            return nil
        }
    }

    /// Forgets a text; its number will be given to another one.
    mutating func remove(_ id: NameID) {
        guard id > Self.other, !texts[Int(id)].isEmpty else { return }
        bytes -= cost(spellings[Int(id)].count)
        texts[Int(id)] = ""
        spellings[Int(id)] = []
        vacant.append(id)
        count -= 1
        rebuild(capacity: entries.count)
    }

    @inline(__always)
    private func isSpelled(_ id: NameID, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let spelling = spellings[Int(id)]
        guard spelling.count == bytes.count else { return false }
        return spelling.withUnsafeBytes { sameBytes($0, bytes) }
    }

    private mutating func add(_ text: UnsafeRawBufferPointer, code: UInt32, at place: Int) -> NameID {
        let id: NameID
        if let free = vacant.popLast() {
            id = free
            texts[Int(id)] = String(decoding: text, as: UTF8.self)
            spellings[Int(id)] = Array(text)
        } else {
            id = NameID(texts.count)
            texts.append(String(decoding: text, as: UTF8.self))
            spellings.append(Array(text))
        }
        count += 1
        bytes += cost(text.count)
        if (count + 1) * 2 > entries.count {
            rebuild(capacity: entries.count * 2)
        } else {
            entries[place] = UInt64(code) << 32 | UInt64(id)
        }
        return id
    }

    private mutating func rebuild(capacity: Int) {
        entries = [UInt64](repeating: 0, count: capacity)
        for id in 2..<spellings.count where !spellings[id].isEmpty {
            let code = spellings[id].withUnsafeBytes { UInt32(truncatingIfNeeded: hash($0)) }
            var place = Int(code) & (capacity - 1)
            while entries[place] != 0 { place = (place + 1) & (capacity - 1) }
            entries[place] = UInt64(code) << 32 | UInt64(id)
        }
    }

    /// Text, spelling, and their places in three arrays.
    private func cost(_ count: Int) -> Int { 2 * heapCost(arrayHeader + count) + 64 }

    private mutating func intern(_ text: [UInt8]) -> NameID {
        text.withUnsafeBytes { intern($0) }
    }

    private func cut(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        Array(bytes.prefix(utf8Boundary(bytes, atMost: Self.longestText - 8))) + Array("…".utf8)
    }
}

@inline(__always)
func sameBytes(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    var offset = 0
    while offset + 8 <= a.count {
        if a.loadUnaligned(fromByteOffset: offset, as: UInt64.self) != b.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
        offset += 8
    }
    while offset < a.count {
        if a[offset] != b[offset] { return false }
        offset += 1
    }
    return true
}

/// The largest count up to `limit` that splits no UTF-8 sequence of `bytes`.
func utf8Boundary(_ bytes: UnsafeRawBufferPointer, atMost limit: Int) -> Int {
    guard bytes.count > limit else { return bytes.count }
    var end = limit
    while end > 0, end > limit - 4, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end
}
