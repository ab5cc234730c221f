import OrderedCollections
import Testing

@testable import CeleriacCore

/// Failures by exception and task.
@Suite struct FailureTests {
    private func fail(_ state: inout ClusterState, _ number: Int, _ exception: String, task: String = "shop.charge", at: Double, traceback: String = "") {
        state.run(uuid(number), name: task, at: at - 1, result: nil)
        state.fold(event: taskEvent("failed", uuid(number), at: at, [("exception", .string(exception)), ("traceback", .string(traceback))]), receivedAt: at)
    }

    private func page(_ state: inout ClusterState, _ query: ListQuery = ListQuery(), now: Double) -> ListPage<FailureRow> {
        var request = PictureRequest()
        request.errors = query
        return state.picture(request, now: now).errors ?? ListPage()
    }

    private func filled() -> ClusterState {
        var state = ClusterState()
        for number in 0..<5 { fail(&state, number, "KeyError('card')", at: start + Double(number) * 60) }
        for number in 5..<7 { fail(&state, number, "shop.errors.Declined('no', 3)", task: "shop.refund", at: start + 900 + Double(number)) }
        fail(&state, 7, "ExceptionWithTraceback()", at: start + 1000, traceback: "Traceback …\n  File x\nValueError: no such thing")
        return state
    }

    @Test func groupsCountFirstLastAndTheLastQuarterOfAnHour() {
        var state = filled()
        let rows = page(&state, now: start + 1010).rows
        #expect(rows.map(\.exception) == ["KeyError", "shop.errors.Declined", "ValueError"] && rows.map(\.task) == ["shop.charge", "shop.refund", "shop.charge"])
        #expect(rows.map(\.total) == [5, 2, 1])
        #expect(rows[0].firstAt == start && rows[0].newestAt == start + 240)
        // Those of the first two minutes are older than 15 minutes.
        #expect(rows[0].count == 3 && rows[0].history == [1, 1, 1] + Array(repeating: 0, count: 12))
        #expect(rows[1].history.last == 0 && rows[1].history[13] == 2)
        let later = page(&state, now: start + 10_000).rows
        #expect(later.map(\.total) == [5, 2, 1] && later.allSatisfy { $0.count == 0 }, "what has been quiet stays listed")
        var request = PictureRequest()
        request.failures = 10
        #expect(state.picture(request, now: start + 10_000).failures == [], "the overview tells of the last 15 minutes")
    }

    @Test func aPageIsFilteredSortedAndCutAroundItsAnchor() throws {
        var state = filled()
        let now = start + 1010
        func exceptions(_ query: ListQuery) -> [String] { page(&state, query, now: now).rows.map(\.exception) }
        #expect(exceptions(ListQuery(filter: try Filter("exception:*Error count>1"))) == ["KeyError"])
        #expect(exceptions(ListQuery(filter: try Filter("task:shop.refund"))) == ["shop.errors.Declined"])
        #expect(exceptions(ListQuery(filter: try Filter("last<1m"))) == ["ValueError"])
        #expect(exceptions(ListQuery(filter: try Filter("first>10m"))) == ["KeyError"])
        #expect(exceptions(ListQuery(sort: "exception")) == ["KeyError", "ValueError", "shop.errors.Declined"])
        #expect(exceptions(ListQuery(sort: "last", ascending: false)) == ["ValueError", "shop.errors.Declined", "KeyError"])
        #expect(exceptions(ListQuery(sort: "count")) == ["ValueError", "shop.errors.Declined", "KeyError"])
        let anchor = page(&state, now: now).rows[1].id
        let window = page(&state, ListQuery(count: 1, anchor: anchor, move: 1), now: now)
        #expect(window.rows.map(\.exception) == ["ValueError"] && window.anchorIndex == 0 && window.first == 2 && window.total == 3)
    }

    @Test func aGroupsTasksAreFoundByTheTypeOfTheirError() throws {
        var state = filled()
        for (filter, count) in [("error=KeyError name=shop.charge", 5), ("error:shop.errors.*", 2), ("error=ValueError", 1), ("error=Key", 0), ("state:failure error~error", 8)] {
            #expect(state.ids(matching: try Filter(filter), limit: 100, now: start).count == count, "\(filter)")
        }
    }

    @Test func memoryStaysBoundedHoweverManyGroupsThereAre() {
        var state = ClusterState()
        for number in 0..<10_000 { fail(&state, number, "E\(number)('x')", at: start + Double(number)) }
        #expect(state.failures.count <= FailureTable.limit && state.failures.bytes < 2 << 20)
        #expect(page(&state, now: start + 10_000).rows.contains { $0.exception == "E9999" }, "those that failed last are kept")
    }
}
