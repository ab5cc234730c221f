/// How far a chord is on its way to its body, by the backend's counter and by what events tell of its members.
public enum ChordVerdict: Hashable, Sendable {
    /// A member that the counter has not counted yet.
    public struct Missing: Hashable, Sendable {
        public var id: TaskID
        public var state: TaskState
        public var worker: WorkerName?
        /// Seconds that it has been in that state.
        public var age: Double

        public init(id: TaskID, state: TaskState, worker: WorkerName? = nil, age: Double) {
            self.id = id
            self.state = state
            self.worker = worker
            self.age = age
        }
    }

    /// The body was sent.
    case fired
    /// Members are not counted yet: those that are known (the first ones, failures before all others), and how many nobody has told of. `failed` members end
    /// the body in a ChordError once all are counted.
    case waits(counted: Int, size: Int, missing: [Missing], unseen: Int, failed: Int)
    /// All are counted, and a worker has taken it on to send the body.
    case firing(size: Int)
    /// All are counted, and nobody sends the body.
    case stuck(counted: Int, size: Int)
    /// A member failed: the body is not run.
    case failed(TaskID)
    /// Not even a counter: it was removed, or has expired, before all members had ended.
    case lostCounter(done: Int, known: Int)

    public var isFired: Bool { self == .fired }
}

extension ClusterState {
    private static let missingShown = 5

    /// What is to be said of the chord of a group; `nil` when the group is none, as far as is known.
    /// - Parameter isFired: its body was seen.
    func chordVerdict(_ number: Int, isFired: Bool, now: Double) -> ChordVerdict? {
        if isFired { return .fired }
        guard let group = groups[number], group.isChord, let chord = group.chord else { return nil }
        let slots = group.members.compactMap { tasks.find($0) }
        let failed = slots.filter { tasks[$0].state == .failure || tasks[$0].state == .revoked }
        guard let size = chord.size else {
            if let first = failed.first { return .failed(id(of: first)) }
            if chord.claim == .done { return .fired }
            let done = slots.filter { tasks[$0].state.isFinal }.count
            return .lostCounter(done: done, known: slots.count)
        }
        guard chord.counted < size else { return chord.claim == .none ? .stuck(counted: chord.counted, size: size) : .firing(size: size) }
        // Without the list of those counted, whoever has ended counts as counted.
        let counted = chord.members.map { Set($0.map { TaskKey.of($0, hash: tasks.hash).key }) }
        let missing = slots.filter { slot in counted.map { !$0.contains(tasks[slot].key) } ?? !tasks[slot].state.isFinal }
        let shown = worst(of: missing)
        let told = shown.map { slot in
            let task = tasks[slot]
            let worker = task.worker == NameTable.none ? nil : workers.name(task.worker)
            return ChordVerdict.Missing(id: id(of: slot), state: words[task.state], worker: worker, age: task.timestamp.isNaN ? 0 : max(0, now - task.timestamp))
        }
        return .waits(counted: chord.counted, size: size, missing: told, unseen: max(0, size - chord.counted - missing.count), failed: failed.count)
    }

    /// The few that are shown: by severity, then in the order of their appearance. Of ten thousand, not all are sorted for that.
    private func worst(of missing: [SlotID]) -> [SlotID] {
        func goesBefore(_ slot: SlotID, _ other: SlotID) -> Bool {
            (-tasks[slot].state.severity, tasks[slot].place) < (-tasks[other].state.severity, tasks[other].place)
        }
        var shown: [SlotID] = []
        for slot in missing {
            let place = shown.firstIndex { goesBefore(slot, $0) } ?? shown.count
            guard place < Self.missingShown else { continue }
            shown.insert(slot, at: place)
            if shown.count > Self.missingShown { shown.removeLast() }
        }
        return shown
    }
}
