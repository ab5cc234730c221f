import CeleriacCore
import Testing

@testable import CeleriacCore

@Suite struct TaskPageTests {
    private static func state(_ count: Int) -> ClusterState {
        var state = ClusterState()
        for number in 0..<count {
            state.run(
                uuid(number), name: "job\(number % 7)", worker: "celery@w\(number % 3)", at: start + Double(number), seconds: Double(number * 37 % 100),
                args: "(\(number * 7919 % 1000),)")
        }
        return state
    }

    private static func numbers(_ page: ListPage<TaskRow>) -> [Int] {
        page.rows.compactMap { Int($0.id.rawValue.suffix(12), radix: 16) }
    }

    @Test func newestStandsFirst() {
        var state = Self.state(3_000)
        let page = state.tasks(ListQuery(first: 10, count: 5))
        #expect(Self.numbers(page) == [2989, 2988, 2987, 2986, 2985])
        #expect((page.first, page.matching, page.total) == (10, 3_000, 3_000))
        #expect(Self.numbers(state.tasks(ListQuery(ascending: false, count: 2))) == [0, 1])
        #expect(Self.numbers(state.tasks(ListQuery(first: 9_999, count: 3))) == [2, 1, 0])
        #expect(state.tasks(ListQuery(count: -5)).rows == [])
        #expect(Self.numbers(state.tasks(ListQuery(first: .min, count: 1, move: .max))) == [2_999])
    }

    @Test(arguments: [nil, "received", "args"]) func theAnchorKeepsItsRow(sort: String?) throws {
        var state = Self.state(500)
        let query = ListQuery(sort: sort, count: 20, anchor: uuid(250), anchorRow: 7)
        let page = state.tasks(query)
        #expect(page.anchorIndex == 7)
        #expect(page.rows[7].id.rawValue == uuid(250))
        var moved = query
        moved.move = -3
        let above = state.tasks(moved)
        #expect(above.rows[try #require(above.anchorIndex)].id == page.rows[4].id)
        moved.move = .min
        #expect(state.tasks(moved).anchorIndex == 0)
        #expect(state.tasks(moved).first == 0)
        moved.anchor = uuid(999_999)
        #expect(state.tasks(moved).anchorIndex == nil)
    }

    @Test(
        arguments: ["id", "name", "state", "worker", "queue", "args", "kwargs", "received", "started", "finished", "wait", "runtime", "retries", "eta"],
        [true, false])
    func sortsByAnyColumn(column: String, ascending: Bool) throws {
        var state = Self.state(300)
        state.hear(taskEvent("sent", uuid(1_000), "gen1@h", at: start, [("eta", "2030-01-01T00:00:00"), ("queue", "mail")]))
        let rows = state.tasks(ListQuery(sort: column, ascending: ascending, count: 400)).rows
        #expect(rows.count == 301)
        func key(_ row: TaskRow) -> FilterValue {
            func number(_ value: Double?) -> FilterValue { value.map { .number($0) } ?? .none }
            func text(_ value: String?) -> FilterValue { value.map { .text($0) } ?? .none }
            switch column {
            case "id": return text(row.id.rawValue)
            case "name": return text(row.name)
            case "state": return text(row.state.rawValue)
            case "worker": return text(row.worker?.rawValue)
            case "queue": return text(row.queue.value?.rawValue)
            case "args": return text(row.args)
            case "kwargs": return text(row.kwargs)
            case "received": return number(row.receivedAt)
            case "started": return number(row.startedAt)
            case "finished": return number(row.finishedAt)
            case "wait": return number(row.wait)
            case "runtime": return number(row.runtime)
            case "retries": return number(Double(row.retries))
            default: return number(row.eta)
            }
        }
        for (a, b) in zip(rows, rows.dropFirst()) {
            switch (key(a), key(b)) {
            case (.none, .none): continue
            case (.none, _): Issue.record("a row without \(column) stands before one with it")
            case (.number(let a), .number(let b)): #expect(ascending ? a <= b : a >= b)
            case (.text(let a), .text(let b)): #expect(ascending ? a <= b : a >= b)
            default: continue
            }
        }
    }

    /// The order may be that of a moment ago, the rows never are.
    @Test func rowsAreLiveWhileTheirOrderIsKept() throws {
        var state = Self.state(20_000)
        let query = ListQuery(filter: try Filter("job"), sort: "received", count: 3, anchor: uuid(5_000))
        _ = state.tasks(query, now: start)
        state.hear(taskEvent("retried", uuid(5_000), at: start + 9_000))
        let page = state.tasks(query, now: start + 0.001)
        #expect(page.rows[try #require(page.anchorIndex)].state == .retry)
        state.hear(taskEvent("received", uuid(50_000), at: start + 99_999, [("name", "job")]))
        #expect(state.tasks(query, now: start + 60).matching == 20_001)
    }

    @Test func positionsAreRightAmongGaps() {
        var order = AppearanceOrder()
        var places: [UInt32: UInt32] = [:]
        for slot in UInt32(0)..<5_000 { places[slot] = order.append(slot) }
        for slot in UInt32(0)..<5_000 where slot % 3 != 0 {
            if let place = places.removeValue(forKey: slot) { order.remove(at: place) }
        }
        #expect(order.count == places.count)
        let newestFirst = places.keys.sorted(by: >)
        #expect(order.newestFirst(from: 0, limit: .max) == newestFirst)
        #expect(order.newestFirst(from: 700, limit: 5) == Array(newestFirst[700..<705]))
        #expect(order.oldestFirst(from: 1_000, limit: 5) == Array(newestFirst.reversed()[1_000..<1_005]))
        for (index, slot) in newestFirst.enumerated() where index % 97 == 0 {
            #expect(places[slot].map { order.newestFirstIndex(of: $0) } == index)
        }
        order.compact { slot, place in places[slot] = place }
        #expect(order.newestFirst(from: 0, limit: .max) == newestFirst)
        #expect(order.oldest() == 0)
    }

    @Test func aFamilyIsShownFromItsRootDown() throws {
        var state = ClusterState()
        func relative(_ id: Int, parent: Int?) {
            state.hear(taskEvent("received", uuid(id), at: start, [("root_id", .string(uuid(1))), ("parent_id", parent.map { .string(uuid($0)) } ?? nil)]))
        }
        // Children may come before their parents.
        relative(4, parent: 2)
        relative(2, parent: 1)
        relative(3, parent: 1)
        relative(1, parent: nil)
        var request = PictureRequest()
        request.detail = TaskID(uuid(4))
        let picture = state.picture(request, now: start)
        let detail = try #require(picture.detail)
        #expect(detail.task.id.rawValue == uuid(4))
        #expect(detail.family.map(\.depth) == [0, 1, 2, 1])
        #expect(detail.family.map(\.task.id.rawValue) == [uuid(1), uuid(2), uuid(4), uuid(3)])
        #expect(state.row(uuid(1))?.children.map(\.rawValue) == [uuid(2), uuid(3)])
    }

    @Test func aFamilyThatBitesItsTailIsShownOnce() throws {
        var state = ClusterState()
        for (id, parent) in [(1, 2), (2, 3), (3, 1), (4, 4)] {
            state.hear(taskEvent("received", uuid(id), at: start, [("parent_id", .string(uuid(parent)))]))
        }
        var request = PictureRequest()
        request.detail = TaskID(uuid(2))
        let family = state.picture(request, now: start).detail?.family ?? []
        #expect(Set(family.map(\.task.id.rawValue)) == [uuid(1), uuid(2), uuid(3)])
        request.detail = TaskID(uuid(4))
        #expect(state.picture(request, now: start).detail?.family.count == 1)
    }

    @Test func aWorkersUnfinishedTasksStandOldestFirst() throws {
        var state = Self.state(30)
        state.run(uuid(100), worker: "celery@w1", at: start, result: nil)
        state.run(uuid(101), worker: "celery@w1", at: start, result: nil)
        state.run(uuid(102), worker: "celery@w2", at: start, result: nil)
        var request = PictureRequest()
        request.worker = "celery@w1"
        #expect(state.picture(request, now: start).workerTasks?.map(\.id.rawValue) == [uuid(100), uuid(101)])
    }
}
