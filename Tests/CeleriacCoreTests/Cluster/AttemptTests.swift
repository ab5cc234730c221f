import Testing

@testable import CeleriacCore

/// Each try of a task that was tried more than once.
@Suite struct AttemptTests {
    private func attempts(_ state: ClusterState, _ id: String, now: Double) -> [TaskAttempt] {
        var (state, request) = (state, PictureRequest())
        request.detail = TaskID(id)
        return state.picture(request, now: now).detail?.attempts ?? []
    }

    private func receive(_ state: inout ClusterState, _ id: String, _ worker: String, at: Double, retries: Int, starts: Bool = true) {
        state.hear(taskEvent("received", id, worker, at: at, [("name", "shop.sync"), ("args", "()"), ("kwargs", "{}"), ("retries", .integer(retries))]))
        if starts { state.hear(taskEvent("started", id, worker, at: at + 1)) }
    }

    @Test func eachRetryIsATryOfItsOwn() {
        var state = ClusterState()
        let id = uuid(1)
        receive(&state, id, "celery@a", at: start, retries: 0)
        #expect(attempts(state, id, now: start + 1) == [TaskAttempt(worker: "celery@a", receivedAt: start, startedAt: start + 1, state: .started)])
        state.hear(taskEvent("retried", id, "celery@a", at: start + 3, [("exception", "Flaky('busy')"), ("traceback", "")]))
        let first = TaskAttempt(worker: "celery@a", receivedAt: start, startedAt: start + 1, endedAt: start + 3, state: .retry, exception: "Flaky")
        #expect(attempts(state, id, now: start + 4) == [first])
        receive(&state, id, "celery@b", at: start + 5, retries: 1, starts: false)
        #expect(attempts(state, id, now: start + 5) == [first, TaskAttempt(worker: "celery@b", receivedAt: start + 5, state: .received, retries: 1)])
        state.hear(taskEvent("started", id, "celery@b", at: start + 6))
        state.hear(taskEvent("failed", id, "celery@b", at: start + 8, [("exception", "Broken('no')"), ("traceback", "")]))
        let last = TaskAttempt(worker: "celery@b", receivedAt: start + 5, startedAt: start + 6, endedAt: start + 8, state: .failure, retries: 1, exception: "Broken")
        #expect(attempts(state, id, now: start + 9) == [first, last])
        // Sent again under its own id.
        receive(&state, id, "celery@a", at: start + 20, retries: 0)
        #expect(attempts(state, id, now: start + 22) == [first, last, TaskAttempt(worker: "celery@a", receivedAt: start + 20, startedAt: start + 21, state: .started)])
    }

    /// The order in which Celery 5.7 sends them: the next try is sent, and often received, before the retry is told.
    @Test(arguments: [true, false]) func theNextTryMayBeReceivedFirst(tellsOfSending: Bool) {
        var state = ClusterState()
        let id = uuid(1)
        func send(_ retries: Int, at time: Double) {
            guard tellsOfSending else { return }
            state.hear(taskEvent("sent", id, "gen1@a", at: time, [("name", "shop.sync"), ("args", "()"), ("kwargs", "{}"), ("retries", .integer(retries))]))
        }
        func retry(at time: Double) { state.hear(taskEvent("retried", id, "celery@a", at: time, [("exception", "Flaky('busy')"), ("traceback", "")])) }
        func tried(_ retries: Int, at time: Double) -> TaskAttempt {
            TaskAttempt(worker: "celery@a", receivedAt: time, startedAt: time + 1, endedAt: time + 3.5, state: .retry, retries: retries, exception: "Flaky")
        }
        send(0, at: start - 1)
        receive(&state, id, "celery@a", at: start, retries: 0)
        send(1, at: start + 3)
        receive(&state, id, "celery@a", at: start + 3.25, retries: 1, starts: false)
        retry(at: start + 3.5)
        #expect(attempts(state, id, now: start + 4) == [tried(0, at: start), TaskAttempt(worker: "celery@a", receivedAt: start + 3.25, state: .received, retries: 1)])
        state.hear(taskEvent("started", id, "celery@a", at: start + 4.25))
        // This time it is told in time.
        send(2, at: start + 6.5)
        retry(at: start + 6.75)
        #expect(attempts(state, id, now: start + 7) == [tried(0, at: start), tried(1, at: start + 3.25)])
        receive(&state, id, "celery@a", at: start + 8, retries: 2)
        state.hear(taskEvent("succeeded", id, "celery@a", at: start + 10, [("result", "1"), ("runtime", 1)]))
        let last = TaskAttempt(worker: "celery@a", receivedAt: start + 8, startedAt: start + 9, endedAt: start + 10, state: .success, retries: 2)
        #expect(attempts(state, id, now: start + 11) == [tried(0, at: start), tried(1, at: start + 3.25), last])
    }

    @Test func aTryWhoseEndNobodyToldIsLost() {
        var state = ClusterState()
        receive(&state, uuid(2), "celery@a", at: start, retries: 0)
        receive(&state, uuid(2), "celery@b", at: start + 60, retries: 0)
        let seen = attempts(state, uuid(2), now: start + 70)
        #expect(seen.map(\.isLost) == [true, false] && seen.map(\.worker) == ["celery@a", "celery@b"])
    }

    @Test func anEventThatComesTwiceMakesNoTry() {
        var state = ClusterState()
        for _ in 0..<3 { receive(&state, uuid(3), "celery@a", at: start, retries: 0) }
        #expect(attempts(state, uuid(3), now: start + 5).count == 1)
        for _ in 0..<3 { state.hear(taskEvent("retried", uuid(3), at: start + 3, [("exception", "Flaky()")])) }
        #expect(attempts(state, uuid(3), now: start + 5).count == 1)
    }

    @Test func memoryStaysBounded() {
        var limits = ClusterState.Limits()
        limits.bytes = 4 << 20
        var state = ClusterState(limits: limits)
        for number in 0..<20_000 {
            receive(&state, uuid(number), "celery@a", at: start + Double(number), retries: 0)
            state.hear(taskEvent("retried", uuid(number), at: start + Double(number) + 1.5, [("exception", "Flaky()")]))
        }
        #expect(state.earlier.bytes <= 4 << 15 && state.bytes <= limits.bytes)
        for try_ in 0..<50 {
            receive(&state, uuid(7), "celery@a", at: start + 1e6 + Double(try_) * 10, retries: try_)
            state.hear(taskEvent("retried", uuid(7), at: start + 1e6 + Double(try_) * 10 + 2, [("exception", "Flaky()")]))
        }
        #expect(attempts(state, uuid(7), now: start + 2e6).map(\.retries) == Array(30..<50))
    }
}
