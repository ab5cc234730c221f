/// A filter made ready for tasks: names have been compared once and for all, so that a task costs a few look-ups.
indirect enum TaskFilter {
    /// By number: whether the text of that number matches.
    typealias Marks = [Bool]

    case everything
    case nothing
    case all([TaskFilter])
    case any([TaskFilter])
    case not(TaskFilter)
    case name(Marks)
    case worker(Marks)
    case queue(Marks)
    case state(Marks)
    case client(Marks)
    /// - Parameter mayBeUUID: some UUID can match; spelling them out is what costs most.
    case id(TextTest, mayBeUUID: Bool)
    case relative(TaskTexts.Kind, TaskTexts.Kind, TextTest)
    case text(TaskTexts.Kind, TextTest)
    case error(TextTest)
    case number(FilterField, NumberTest)
}

extension ClusterState {
    func taskFilter(_ expression: FilterExpression) -> TaskFilter {
        switch expression {
        case .everything: .everything
        case .all(let parts): .all(parts.map { taskFilter($0) })
        case .any(let parts): .any(parts.map { taskFilter($0) })
        case .not(let part): .not(taskFilter(part))
        case .number(let field, let test): .number(field, test)
        case .text(let field, let test): taskFilter(field, test)
        case .anywhere(let test): .any(FilterField.searchedInTasks.map { taskFilter($0, test) })
        }
    }

    private func taskFilter(_ field: FilterField, _ test: TextTest) -> TaskFilter {
        switch field {
        case .name, .task: marked(words.tasks.texts.map { test.matches($0) }, TaskFilter.name)
        case .worker: marked(workers.names.texts.map { test.matches(.texts(WorkerName($0).spellings)) }, TaskFilter.worker)
        case .queue, .queues: marked(words.queues.texts.map { test.matches($0) }, TaskFilter.queue)
        case .client: marked(words.clients.texts.map { test.matches($0) }, TaskFilter.client)
        case .state: marked(words.states.map { test.matches(words[$0].rawValue) }, isNumberZeroText: true, TaskFilter.state)
        case .id: .id(test, mayBeUUID: test.mayMatchUUID)
        case .root: .relative(.rootUUID, .root, test)
        case .parent: .relative(.parentUUID, .parent, test)
        case .args: .text(.args, test)
        case .kwargs: .text(.kwargs, test)
        case .result: .text(.result, test)
        case .exception: .text(.exception, test)
        case .traceback: .text(.traceback, test)
        case .error: .error(test)
        default: .nothing
        }
    }

    /// - Parameter isNumberZeroText: number 0 is a text like the others; else it means that there is none, which matches nothing.
    private func marked(_ marks: [Bool], isNumberZeroText: Bool = false, _ make: (TaskFilter.Marks) -> TaskFilter) -> TaskFilter {
        var marks = marks
        if !isNumberZeroText { marks[0] = false }
        return marks.contains(true) ? make(marks) : .nothing
    }

    func matches(_ slot: SlotID, _ filter: TaskFilter, now: Double) -> Bool {
        func isMarked(_ marks: TaskFilter.Marks, _ id: NameID) -> Bool { Int(id) < marks.count && marks[Int(id)] }
        switch filter {
        case .everything: return true
        case .nothing: return false
        case .all(let parts): return parts.allSatisfy { matches(slot, $0, now: now) }
        case .any(let parts): return parts.contains { matches(slot, $0, now: now) }
        case .not(let part): return !matches(slot, part, now: now)
        case .name(let marks): return isMarked(marks, tasks[slot].name)
        case .worker(let marks): return isMarked(marks, tasks[slot].worker)
        case .queue(let marks): return isMarked(marks, queue(of: slot))
        case .client(let marks): return isMarked(marks, tasks[slot].client)
        case .state(let marks): return isMarked(marks, NameID(tasks[slot].state.rawValue))
        case .id(let test, let mayBeUUID): return (mayBeUUID || !tasks[slot].flags.contains(.isUUID)) && matchesID(slot, test)
        case .relative(let uuid, let text, let test):
            if uuid == .rootUUID, tasks[slot].flags.contains(.isRoot) { return matchesID(slot, test) }
            return tasks[slot].texts.with(uuid) { test.matches(TaskKey(raw: $0).uuidText) } ?? tasks[slot].texts.with(text) { test.matches($0) } ?? false
        case .text(let kind, let test): return tasks[slot].texts.with(kind) { test.matches($0) } ?? false
        case .error(let test): return exceptionType(of: slot).map { test.matches($0) } ?? false
        case .number(let field, let test): return matches(slot, field, test, now: now)
        }
    }

    private func matchesID(_ slot: SlotID, _ test: TextTest) -> Bool {
        guard tasks[slot].flags.contains(.isUUID) else { return tasks[slot].texts.with(.id) { test.matches($0) } ?? false }
        return withUnsafeTemporaryAllocation(byteCount: 36, alignment: 1) { text in
            tasks[slot].key.write(to: text)
            return test.matches(UnsafeRawBufferPointer(text))
        }
    }

    /// As failures are grouped by it; `nil` when no event told of an exception.
    func exceptionType(of slot: SlotID) -> String? {
        let texts = tasks[slot].texts, nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        return texts.with(.exception) { repr in
            texts.with(.traceback) { FailureTable.exceptionType(repr: repr, traceback: $0) } ?? FailureTable.exceptionType(repr: repr, traceback: nothing)
        }
    }

    private func matches(_ slot: SlotID, _ field: FilterField, _ test: NumberTest, now: Double) -> Bool {
        switch field {
        case .sent: test.matches(instant: tasks[slot].sent, now: now, isAhead: false)
        case .received: test.matches(instant: tasks[slot].received, now: now, isAhead: false)
        case .started: test.matches(instant: tasks[slot].started, now: now, isAhead: false)
        case .finished: test.matches(instant: tasks[slot].finished, now: now, isAhead: false)
        case .eta: test.matches(instant: tasks[slot].eta, now: now, isAhead: true)
        case .expires: test.matches(instant: tasks[slot].expires, now: now, isAhead: true)
        case .retries: test.matches(Double(tasks[slot].retries))
        case .wait: isKnown(tasks[slot].wait, test)
        case .runtime: isKnown(runtime(of: slot, now: now), test)
        default: false
        }
    }

    private func isKnown(_ number: Double, _ test: NumberTest) -> Bool { !number.isNaN && test.matches(number) }
}

extension TextTest {
    /// False only when no lower-case UUID can match.
    fileprivate var mayMatchUUID: Bool {
        guard case .contains(let needle) = self else { return true }
        return needle.allSatisfy { $0 == UInt8(ascii: "-") || hexDigit($0) != nil }
    }
}
