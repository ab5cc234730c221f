/// The groups that are known, by their ids and by their members.
///
/// Holds about `byteLimit` bytes; the groups that became known longest ago leave first.
struct GroupTable: Sendable {
    struct Group: Sendable {
        let id: String
        /// In the order in which they became known.
        var members: [TaskKey] = []
        var chord: ChordFacts?
        /// Seconds since 1970 of the newest answer about the chord.
        var askedAt: Double?
        /// There is, or was, a chord's counter for it.
        var isChord = false
        /// Nothing about it changes any more: it is not asked about again.
        var isSettled = false

        /// The backend's counter says that its chord still waits for members.
        var isCounting: Bool { chord.map { chord in chord.size.map { chord.counted < $0 } ?? false } ?? false }
    }

    private let byteLimit: Int
    private(set) var groups: [Int: Group] = [:]
    private var numbers: [String: Int] = [:]
    private var numberOf: [TaskKey: Int] = [:]
    private var oldest = 0
    private var next = 0

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    var bytes: Int { numberOf.count * 64 + groups.count * 320 }

    /// The number of the group that a task belongs to.
    func number(of task: TaskKey) -> Int? { numberOf[task] }

    /// Numbers from the one known longest on.
    var all: some Sequence<Int> { (oldest..<next).lazy.filter { groups[$0] != nil } }

    subscript(number: Int) -> Group? { groups[number] }

    mutating func add(_ task: TaskKey, to id: String) {
        guard !id.isEmpty, id.utf8.count <= NameTable.longestText else { return }
        let number = number(of: id)
        guard numberOf[task] != number else { return }
        if let before = numberOf[task] { groups[before]?.members.removeAll { $0 == task } }
        numberOf[task] = number
        groups[number]?.members.append(task)
        groups[number]?.isSettled = false
        makeRoom()
    }

    mutating func take(_ chord: ChordFacts, at: Double) {
        guard let number = numbers[chord.group] else { return }
        groups[number]?.chord = chord
        groups[number]?.askedAt = at
        if chord.size != nil || chord.claim != .none { groups[number]?.isChord = true }
    }

    mutating func settle(_ number: Int) { groups[number]?.isSettled = true }

    private mutating func number(of id: String) -> Int {
        if let number = numbers[id] { return number }
        let number = next
        next += 1
        numbers[id] = number
        groups[number] = Group(id: id)
        return number
    }

    private mutating func makeRoom() {
        // A single group larger than all room stays: it is what the operator looks at.
        while bytes > byteLimit, groups.count > 1 {
            if let gone = groups.removeValue(forKey: oldest) {
                numbers[gone.id] = nil
                for member in gone.members { numberOf[member] = nil }
            }
            oldest += 1
        }
    }
}
