/// The texts of one task in one allocation: arguments, outcome, and the ids that its slot has no room for.
///
/// A row of sections, each: kind (1 byte), length (7 bits a byte, lowest first, high bit = more follows), bytes.
struct TaskTexts: Sendable {
    enum Kind: UInt8 {
        case args, kwargs, result, exception, traceback
        /// The task's own id, when it is no UUID.
        case id
        /// Ids of the first ancestor and of the parent: 16 raw bytes of a UUID, or any other text.
        case root, rootUUID, parent, parentUUID
    }

    /// Longest text kept, in bytes; longer ones end in `cutMark`.
    static let longest = 64 << 10
    static let cutMark: StaticString = " …[cut]"

    private var sections: [UInt8] = []

    /// Bytes on the heap.
    var cost: Int { sections.capacity == 0 ? 0 : heapCost(arrayHeader + sections.capacity) }
    var isEmpty: Bool { sections.isEmpty }

    /// Hands the bytes of `kind` to `body`; `nil` when there are none.
    @inline(__always)
    func with<Result>(_ kind: Kind, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard !sections.isEmpty else { return nil }
        return sections.withUnsafeBytes { all in
            var position = 0
            while position < all.count {
                let section = Section(at: position, of: all)
                if section.kind == kind.rawValue { return body(UnsafeRawBufferPointer(rebasing: all[section.content])) }
                position = section.content.upperBound
            }
            return nil
        }
    }

    func string(_ kind: Kind) -> String? {
        with(kind) { String(decoding: $0, as: UTF8.self) }
    }

    /// Removes the sections in `kinds` (bit = raw value), then appends `additions` in order.
    /// - Parameter additions: kinds with bytes of any length; overlong ones are cut here.
    mutating func replace(_ kinds: UInt16, with additions: (_ add: (Kind, UnsafeRawBufferPointer) -> Void) -> Void) {
        var size = 0
        additions { _, bytes in size += Self.sectionSize(bytes.count) }
        forEach { section, _ in if kinds & 1 << UInt16(section.kind) == 0 { size += Self.sectionSize(section.content.count) } }
        guard size > 0 else {
            sections = []
            return
        }
        sections = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let target = UnsafeMutableRawBufferPointer(buffer)
            var end = 0
            forEach { section, all in
                guard kinds & 1 << UInt16(section.kind) == 0 else { return }
                Self.write(section.kind, UnsafeRawBufferPointer(rebasing: all[section.content]), to: target, at: &end)
            }
            additions { kind, bytes in Self.write(kind.rawValue, bytes, to: target, at: &end) }
            count = end
        }
    }

    private func forEach(_ body: (Section, UnsafeRawBufferPointer) -> Void) {
        sections.withUnsafeBytes { all in
            var position = 0
            while position < all.count {
                let section = Section(at: position, of: all)
                body(section, all)
                position = section.content.upperBound
            }
        }
    }

    /// Room for a section; the cut mark and three bytes of length included when it will be cut.
    @inline(__always)
    private static func sectionSize(_ count: Int) -> Int {
        if count > longest { return 4 + longest + cutMark.utf8CodeUnitCount }
        return 2 + count + (count > 0x7F ? 1 : 0) + (count > 0x3FFF ? 1 : 0)
    }

    @inline(__always)
    private static func write(_ kind: UInt8, _ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, at end: inout Int) {
        // What has been cut before is a little longer than `longest` and stays as it is.
        let isCut = bytes.count > longest + cutMark.utf8CodeUnitCount
        let kept = isCut ? utf8Boundary(bytes, atMost: longest) : bytes.count
        var length = kept + (isCut ? cutMark.utf8CodeUnitCount : 0)
        target[end] = kind
        end += 1
        while length > 0x7F {
            target[end] = UInt8(truncatingIfNeeded: length) | 0x80
            end += 1
            length >>= 7
        }
        target[end] = UInt8(truncatingIfNeeded: length)
        end += 1
        if kept > 0 { UnsafeMutableRawBufferPointer(rebasing: target[end..<end + kept]).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<kept])) }
        end += kept
        if isCut {
            for index in 0..<cutMark.utf8CodeUnitCount { target[end + index] = cutMark.utf8Start[index] }
            end += cutMark.utf8CodeUnitCount
        }
    }
}

/// One stretch of a `TaskTexts`.
private struct Section {
    var kind: UInt8
    var content: Range<Int>

    @inline(__always)
    init(at start: Int, of all: UnsafeRawBufferPointer) {
        kind = all[start]
        var position = start + 1
        var length = 0
        var shift = 0
        while all[position] & 0x80 != 0 {
            length |= Int(all[position] & 0x7F) << shift
            shift += 7
            position += 1
        }
        length |= Int(all[position]) << shift
        content = position + 1..<position + 1 + length
    }
}
