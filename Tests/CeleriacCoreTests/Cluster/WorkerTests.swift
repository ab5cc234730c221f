import CeleriacCore
import Testing

@Suite struct WorkerTests {
    @Test func goesFromOnlineOverLateToLost() {
        var state = ClusterState()
        state.fold(.live, at: start)
        state.hear(heartbeat("celery@a", at: start, active: 1, processed: 7))
        #expect(state.worker("celery@a", now: start + 3.9)?.state == .online)
        #expect(state.worker("celery@a", now: start + 4)?.state == .late)
        #expect(state.worker("celery@a", now: start + 14)?.problem == "no heartbeat for 14 s")
        #expect(state.worker("celery@a", now: start + 29)?.state == .late)
        #expect(state.worker("celery@a", now: start + 30)?.state == .lost)
        #expect(state.worker("celery@a", now: start + 30)?.active == .noAnswer(last: 1, at: start))
        #expect(state.worker("celery@a", now: start + 200)?.heartbeatAge == 200)
    }

    @Test func aGoodbyeIsNoLoss() {
        var state = ClusterState()
        state.hear(heartbeat("celery@a", at: start))
        state.hear(heartbeat("celery@a", at: start + 1, type: "worker-offline"))
        state.hear(heartbeat("celery@never", at: start + 1, type: "worker-offline"))
        #expect(state.worker("celery@a", now: start + 100)?.state == .offline)
        #expect(state.worker("celery@a", now: start + 100)?.active == .notApplicable)
        #expect(state.workerNames == ["celery@a"])
    }

    @Test func presentIsWhoIsNeitherGoneNorLost() {
        var state = ClusterState()
        state.fold(.live, at: start)
        for name in ["celery@gone", "celery@lost"] { state.hear(heartbeat(name, at: start)) }
        state.hear(heartbeat("celery@gone", at: start + 1, type: "worker-offline"))
        state.hear(heartbeat("celery@here", at: start + 40))
        #expect(state.workersPresent(now: start + 2) == ["celery@lost", "celery@here"])
        #expect(state.workersPresent(now: start + 41) == ["celery@here"])
        state.hear(heartbeat("celery@gone", at: start + 41, type: "worker-online"))
        #expect(state.workersPresent(now: start + 41) == ["celery@gone", "celery@here"])
    }

    @Test func silenceWhileTheLinkIsDownSaysNothing() {
        var state = ClusterState()
        state.fold(.live, at: start)
        state.hear(heartbeat("celery@a", at: start))
        state.fold(.reconnecting(since: start + 1, retryAt: start + 2, reason: "refused"), at: start + 1)
        #expect(state.worker("celery@a", now: start + 500)?.state == .online)
        state.fold(.live, at: start + 500)
        #expect(state.worker("celery@a", now: start + 503)?.state == .online)
        #expect(state.worker("celery@a", now: start + 530)?.state == .lost)
    }

    @Test func aLostWorkerOrphansWhatItHeld() {
        var state = ClusterState()
        state.hear(heartbeat("celery@a", at: start))
        state.run(uuid(1), at: start, result: nil)
        state.run(uuid(2), at: start)
        state.hear(taskEvent("received", uuid(3), at: start + 1))
        #expect(state.row(uuid(1), now: start + 5)?.isOrphaned == false)
        #expect(state.row(uuid(1), now: start + 60)?.isOrphaned == true)
        #expect(state.row(uuid(2), now: start + 60)?.isOrphaned == false)
        #expect(state.worker("celery@a", now: start + 60)?.heldTasks == 2)
        #expect(state.worker("celery@a", now: start + 60)?.problem == "no sign of life for 58 s, held 2 tasks")
    }

    @Test func anotherProcessUnderTheSameNameOrphansTheTasksOfTheFirst() {
        var state = ClusterState()
        state.hear(heartbeat("celery@a", at: start, pid: 10))
        state.run(uuid(1), at: start, result: nil)
        state.hear(heartbeat("celery@a", at: start + 20, type: "worker-online", pid: 11))
        state.run(uuid(2), at: start + 21, result: nil)
        #expect(state.row(uuid(1), now: start + 22)?.isOrphaned == true)
        #expect(state.row(uuid(2), now: start + 22)?.isOrphaned == false)
    }

    @Test func sendersOfTasksAndBeatAreNoWorkers() {
        var state = ClusterState()
        state.hear(taskEvent("sent", uuid(1), "gen123@host", at: start, [("queue", "mail")]))
        state.fold(ControlReply(worker: "celerybeat@host", value: ["ok": "pong"]), to: "ping", at: start)
        #expect(state.workerNames == [])
        #expect(state.row(uuid(1))?.client == "gen123@host")
        state.fold(ControlReply(worker: "celery@a", value: ["ok": "pong"]), to: "ping", at: start)
        #expect(state.workerNames == ["celery@a"])
        #expect(state.worker("celery@a", now: start + 1)?.state == .online)
        #expect(state.worker("celery@a", now: start + 31)?.state == .unknown)
    }

    @Test func idleSlotsBesideWaitingMessagesAreAProblem() {
        var state = ClusterState()
        state.fold(.live, at: start)
        state.fold(
            ControlReply(worker: "celery@a", value: ["pool": ["implementation": "celery.concurrency.prefork:TaskPool", "processes": [1, 2, 3]]]), to: "stats",
            at: start)
        state.fold(ControlReply(worker: "celery@a", value: [["name": "mail"]]), to: "active_queues", at: start)
        var facts = BrokerFacts.Queue(name: "mail")
        facts.ready = 5
        for second in stride(from: 0.0, through: 40, by: 2) {
            state.hear(heartbeat("celery@a", at: start + second, active: 1, processed: 4))
            state.fold(BrokerFacts(at: start + second, queues: [facts]))
        }
        #expect(state.worker("celery@a", now: start + 29)?.problem == nil)
        #expect(state.worker("celery@a", now: start + 40)?.problem == "alive, 2 free slots, nothing taken for 40 s")
        state.hear(taskEvent("received", uuid(1), at: start + 40))
        #expect(state.worker("celery@a", now: start + 41)?.problem == nil)
    }

    @Test func countedButUntoldTasksMeanThatTaskEventsAreOff() {
        var state = ClusterState()
        #expect(state.worker("celery@a", now: start) == nil)
        for second in 0..<3 {
            state.hear(heartbeat("celery@a", at: start + Double(second) * 2, processed: second))
        }
        #expect(state.worker("celery@a", now: start + 4)?.sendsTaskEvents == .known(false))
        #expect(state.picture(PictureRequest(), now: start + 4).header.workersWithoutEvents == 1)
        state.hear(taskEvent("received", uuid(1), at: start + 5))
        #expect(state.worker("celery@a", now: start + 5)?.sendsTaskEvents == .known(true))
    }

    @Test func aClockThatIsOffIsAProblem() {
        var state = ClusterState()
        state.fold(event: heartbeat("celery@a", at: start + 100), receivedAt: start)
        #expect(state.worker("celery@a", now: start)?.problem == "its clock is 1 m ahead")
        #expect(state.worker("celery@a", now: start)?.drift == 100)
    }

    @Test func uniqueNamesDisplaceThoseSilentLongest() {
        var state = ClusterState()
        for number in 0..<6_000 { state.hear(heartbeat("celery@w\(number)", at: start + Double(number))) }
        #expect(state.workerNames.count <= 5_000)
        #expect(state.worker("celery@w0", now: start + 6_000) == nil)
        #expect(state.worker("celery@w5999", now: start + 6_000)?.state == .online)
    }

    @Test func noAnswerKeepsTheLastOne() {
        var state = ClusterState()
        #expect(state.worker("celery@a", now: start)?.reserved == nil)
        state.fold(ControlReply(worker: "celery@a", value: []), to: "reserved", at: start)
        #expect(state.worker("celery@a", now: start)?.reserved == .known(0))
        #expect(state.worker("celery@a", now: start)?.scheduled == .asking)
        state.noAnswer(to: "reserved", from: ["celery@a"], at: start + 5)
        state.noAnswer(to: "scheduled", from: ["celery@a"], at: start + 5)
        #expect(state.worker("celery@a", now: start + 6)?.reserved == .noAnswer(last: 0, at: start))
        #expect(state.worker("celery@a", now: start + 6)?.scheduled == .noAnswer(last: nil, at: nil))
    }
}
