import CeleriacCore
import TestSupport
import Testing

/// Tasks that belong together, found by what their events, messages and records tell.
@Suite struct WorkflowTests {
    @Test func aChainIsOneRowWithItsFailedStepAtIt() throws {
        var state = ClusterState()
        state.step("a", name: "shop.charge", at: start, end: "succeeded")
        state.step("b", name: "shop.refuse", parent: "a", root: "a", at: start + 1, end: "failed")
        state.run("lonely", at: start + 2)
        let page = state.workflows()
        #expect(page.total == 1)
        let lonely = try #require(state.detail(of: "lonely"))
        #expect(lonely.row.kind == .notApplicable && lonely.nodes.count == 1)
        let row = try #require(page.rows.first)
        #expect(row.id == "a" && row.kind == .inferred(.chain) && row.state == .failure)
        #expect(row.steps.map(\.name) == ["shop.charge", "shop.refuse"])
        #expect(row.worst?.id == "b" && row.worst?.exception == "Refused('b')")
        #expect(row.counts.total == 2 && row.counts.done == 1 && row.counts.failed == 1 && row.isFinished)
    }

    @Test func membersOfAGroupComeTogetherAsSoonAsTheirGroupIsKnown() throws {
        var state = ClusterState()
        for id in ["a", "b", "c"] { state.step(id, at: start, end: id == "c" ? nil : "succeeded") }
        #expect(state.workflows().total == 0)
        state.fold(GroupFacts(at: start + 3, memberships: ["a", "b", "c"].map { GroupMembership(task: $0, group: "G") }))
        let row = try #require(state.workflows(ListQuery(anchor: "c")).rows.first)
        #expect(row.kind == .known(.group) && row.counts.total == 3 && row.counts.running == 1 && row.state == .started)
        // The cursor that was on a member is on its workflow.
        #expect(state.workflows(ListQuery(anchor: "c")).anchorIndex == 0)
    }

    @Test func aBodyStandsBeneathItsChordAndNotBeneathTheMemberThatSentIt() throws {
        var state = ClusterState()
        state.chord(members: 3, finished: 3)
        state.step("body", name: "shop.total", parent: "m2", root: "m2", at: start + 9, end: "succeeded")
        state.fold(GroupFacts(at: start + 10, memberships: [GroupMembership(task: "body", group: "G")]))
        #expect(state.tree(of: "m0") == ["chord G", "├ m0", "├ m1", "├ m2", "└ body body"])
        let row = try #require(state.workflows().rows.first)
        #expect(row.kind == .known(.chord) && row.chord == .fired)
        #expect(row.steps.map(\.count) == [3, 1])
    }

    @Test func aChordThatWaitsNamesWhomItWaitsFor() throws {
        var state = ClusterState()
        state.chord(members: 4, finished: 2)
        state.fold(GroupFacts(at: start + 20, chords: [ChordFacts(group: "G", size: 5, counted: 2, members: ["m0", "m1"])]))
        let verdict = try #require(state.workflows(now: start + 20).rows.first?.chord)
        guard case .waits(2, 5, let missing, 1, 0) = verdict else { return #expect(Bool(false), "\(verdict)") }
        #expect(missing.map(\.id) == ["m2", "m3"])
        #expect(missing.first?.state == .started && missing.first?.worker == "celery@a" && missing.first?.age == 18.75)
    }

    @Test func aWaitingChordIsNotFiredByWhatItsRunningMemberSent() throws {
        var state = ClusterState()
        state.chord(members: 3, finished: 2)
        state.step("child", parent: "m2", root: "m2", at: start + 4)
        state.fold(GroupFacts(at: start + 5, chords: [ChordFacts(group: "G", size: 3, counted: 2, members: ["m0", "m1"])]))
        let verdict = try #require(state.workflows(now: start + 6).rows.first?.chord)
        guard case .waits(2, 3, let missing, 0, 0) = verdict else { return #expect(Bool(false), "\(verdict)") }
        #expect(missing.map(\.id) == ["m2"])
        #expect(state.tree(of: "m0") == ["chord G", "├ m0", "├ m1", "└ m2", "  └ child"])
        // Nor when the counter tells nothing any more.
        state.fold(GroupFacts(at: start + 20, chords: [ChordFacts(group: "G")]))
        #expect(state.workflows(now: start + 20).rows.first?.chord == .lostCounter(done: 2, known: 3))
    }

    @Test func aMemberAddedToAChordIsNotItsBody() throws {
        var state = ClusterState()
        state.chord(members: 3, finished: 3)
        state.step("added", parent: "m1", root: "m1", at: start + 4)
        let added = GroupMembership(task: "added", group: "G")
        state.fold(GroupFacts(at: start + 5, memberships: [added], chords: [ChordFacts(group: "G", size: 4, counted: 3)]))
        let verdict = try #require(state.workflows(now: start + 6).rows.first?.chord)
        guard case .waits(3, 4, let missing, 0, 0) = verdict else { return #expect(Bool(false), "\(verdict)") }
        #expect(missing.map(\.id) == ["added"])
    }

    /// The counter is gone with the body, and the body's own group is not known yet.
    @Test func whatTheLastOfAllEndedMembersSentIsTakenForTheBody() {
        var state = ClusterState()
        state.chord(members: 3, finished: 3)
        state.step("body", parent: "m2", root: "m2", at: start + 9)
        state.fold(GroupFacts(at: start + 5, chords: [ChordFacts(group: "G", size: 3, counted: 2)]))
        #expect(state.workflows(now: start + 9).rows.first?.chord?.isFired == false)
        state.fold(GroupFacts(at: start + 10, chords: [ChordFacts(group: "G")]))
        #expect(state.workflows(now: start + 10).rows.first?.chord == .fired)
        #expect(state.tree(of: "m0") == ["chord G", "├ m0", "├ m1", "├ m2", "└ body body"])
    }

    @Test func theWorstOfManyMissingMembersAreNamed() throws {
        var state = ClusterState()
        state.chord(members: 9, finished: 0)
        for number in [3, 7] { state.step("m\(number)", at: start + 10, end: "failed") }
        state.fold(GroupFacts(at: start + 20, chords: [ChordFacts(group: "G", size: 9, counted: 0, members: [])]))
        let verdict = try #require(state.workflows(now: start + 20).rows.first?.chord)
        guard case .waits(0, 9, let missing, 0, 2) = verdict else { return #expect(Bool(false), "\(verdict)") }
        #expect(missing.map(\.id) == ["m3", "m7", "m0", "m1", "m2"])
    }

    @Test func aChordTellsWhyItsBodyNeverCame() {
        func verdict(_ facts: ChordFacts, finished: Int = 3, failing: Int? = nil) -> ChordVerdict? {
            var state = ClusterState()
            state.chord(members: 3, finished: finished, failing: failing)
            state.fold(GroupFacts(at: start + 15, chords: [ChordFacts(group: "G", size: 3)]))
            state.fold(GroupFacts(at: start + 20, chords: [facts]))
            return state.workflows(now: start + 20).rows.first?.chord
        }
        #expect(verdict(ChordFacts(group: "G", size: 3, counted: 3)) == .stuck(counted: 3, size: 3))
        #expect(verdict(ChordFacts(group: "G", size: 3, counted: 3, claim: .taken)) == .firing(size: 3))
        #expect(verdict(ChordFacts(group: "G", claim: .done)) == .fired)
        #expect(verdict(ChordFacts(group: "G", claim: .done), failing: 1) == .failed("m1"))
        #expect(verdict(ChordFacts(group: "G"), finished: 2) == .lostCounter(done: 2, known: 3))
        // Ended, and yet not counted: the member that is looked for.
        let uncounted = ChordVerdict.Missing(id: "m1", state: .success, worker: "celery@a", age: 17.875)
        #expect(verdict(ChordFacts(group: "G", size: 3, counted: 2, members: ["m0", "m2"])) == .waits(counted: 2, size: 3, missing: [uncounted], unseen: 0, failed: 0))
    }

    @Test func aGroupThatNobodyCountsIsNoChord() {
        var state = ClusterState()
        state.chord(members: 3, finished: 3)
        state.fold(GroupFacts(at: start + 20, chords: [ChordFacts(group: "G")]))
        #expect(state.workflows().rows.first?.kind == .known(.group))
        #expect(state.workflows().rows.first?.chord == nil)
    }

    @Test func aRetryThatNamesItselfAsItsParentIsNoLoop() {
        var state = ClusterState()
        state.step("a", at: start, end: "retried")
        state.step("a", parent: "a", root: "a", at: start + 1, end: "succeeded")
        #expect(state.workflows().total == 0)
        state.step("b", parent: "a", root: "a", at: start + 2)
        #expect(state.tree(of: "b") == ["a", "└ b"])
    }

    @Test func parentsOfEachOtherAreAllShownOnce() {
        var state = ClusterState()
        for (id, parent) in [("a", "b"), ("b", "c"), ("c", "a")] { state.step(id, parent: parent, root: nil, at: start) }
        #expect(state.workflows().rows.first?.counts.total == 3)
        #expect(state.tree(of: "b").count == 3)
    }

    @Test func aBodyThatIsItsOwnMembersParentIsShownOnce() {
        var state = ClusterState()
        state.step("m", parent: "body", root: "m", at: start)
        state.step("body", parent: "m", root: "m", at: start)
        state.fold(GroupFacts(at: start + 3, memberships: ["m", "body"].map { GroupMembership(task: $0, group: "G") }))
        #expect(state.detail(of: "m")?.nodes.compactMap { $0.task?.id }.sorted { $0.rawValue < $1.rawValue } == ["body", "m"])
    }

    @Test func aParentThatNobodyHasSeenHasItsPlace() {
        var state = ClusterState()
        for id in ["x", "y"] { state.step(id, parent: "lost", root: "root", at: start) }
        #expect(state.tree(of: "y") == ["? lost", "├ x", "└ y"])
        #expect(state.workflows().rows.first?.kind == .known(.tree))
    }

    @Test func aWorkflowMatchesWhenATaskInItDoes() throws {
        var state = ClusterState()
        for root in ["a", "b"] {
            state.step(root, name: "first", at: start, end: "succeeded")
            state.step(root + "2", name: "second." + root, parent: root, root: root, at: start + 1, end: root == "b" ? "failed" : "succeeded")
        }
        #expect(state.workflows().rows.map(\.id) == ["b", "a"])
        #expect(state.workflows(ListQuery(filter: try Filter("name:second.a"))).rows.map(\.id) == ["a"])
        #expect(state.workflows(ListQuery(filter: try Filter("state:failure"))).rows.map(\.id) == ["b"])
        #expect(state.workflows(ListQuery(filter: try Filter("nowhere"))).matching == 0)
        #expect(state.workflows(ListQuery(ascending: false)).rows.map(\.id) == ["a", "b"])
    }

    /// Two looks within one moment, as a screen has them.
    @Test func aFilterSeesWhatHasComeSinceTheLookBefore() throws {
        var state = ClusterState(), request = PictureRequest()
        request.workflows = ListQuery(filter: try Filter("state:failure"))
        state.step("a", at: start, end: "succeeded")
        state.step("b", parent: "a", root: "a", at: start + 1)
        #expect(state.picture(request, now: start + 100).workflows?.matching == 0)
        state.hear(taskEvent("failed", "b", at: start + 3, [("exception", "Refused('b')"), ("traceback", "")]))
        #expect(state.picture(request, now: start + 100).workflows?.matching == 1)
    }

    @Test func manyMembersAreSummedUpAndTheFailedOnesStandFirst() throws {
        var state = ClusterState()
        let ids = (0..<10_000).map { uuid($0) }
        for (index, id) in ids.enumerated() { state.step(id, at: start, end: index % 200 == 199 ? "failed" : "succeeded") }
        state.step(uuid(20_000), at: start, end: "failed")
        state.fold(GroupFacts(at: start + 3, memberships: (ids + [uuid(20_000)]).map { GroupMembership(task: TaskID($0), group: "G") }))
        let detail = try #require(state.detail(of: ids[17]))
        #expect(detail.nodes.count == 52)
        #expect(detail.nodes.dropFirst().prefix(50).allSatisfy { $0.task?.state == .failure })
        guard case .more(let rest) = detail.nodes.last?.content else { return #expect(Bool(false), "the last line sums up") }
        #expect(rest.total == 9_951 && rest.failed == 1 && rest.done == 9_950)
        #expect(detail.row.counts.total == 10_001)
    }

    @Test func aChainOfThousandsEndsInALineThatSumsUp() throws {
        var state = ClusterState()
        for step in 0..<5_000 { state.step(uuid(step), parent: step == 0 ? nil : uuid(step - 1), root: uuid(0), at: start) }
        let nodes = try #require(state.detail(of: uuid(4_000))).nodes
        guard case .more(let rest) = nodes.last?.content else { return #expect(Bool(false), "the last line sums up") }
        #expect(nodes.count - 1 + rest.total == 5_000)
        #expect(nodes.allSatisfy { $0.trail.count <= 21 })
    }

    /// Whatever parents, roots and groups the tasks name, each is in one workflow and in its tree once.
    @Test(arguments: UInt64(0)..<60) func everyTaskIsInItsTreeOnce(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var state = ClusterState()
        let ids = (0..<Int.random(in: 2...60, using: &random)).map { "t\($0)" }
        for id in ids {
            let parent = Bool.random(using: &random) ? ids.randomElement(using: &random) : nil
            let root = Int.random(in: 0..<3, using: &random) == 0 ? nil : ids.prefix(5).randomElement(using: &random)
            state.step(id, parent: parent, root: root, at: start, end: ["succeeded", "failed", nil].randomElement(using: &random) ?? nil)
        }
        for id in ids where Int.random(in: 0..<3, using: &random) == 0 {
            let group = ["G", "H", "I"].randomElement(using: &random) ?? "G"
            state.fold(GroupFacts(at: start + 3, memberships: [GroupMembership(task: TaskID(id), group: group)], chords: [ChordFacts(group: group, size: 5, counted: 2)]))
        }
        let rows = state.workflows().rows
        #expect(rows.reduce(0) { $0 + $1.counts.total } <= ids.count)
        for row in rows {
            let shown = try #require(state.detail(of: row.id.rawValue)).nodes.compactMap { $0.task?.id }
            #expect(shown.count == row.counts.total && Set(shown).count == shown.count, "seed \(seed)")
            for id in shown.shuffled(using: &random).prefix(3) { #expect(state.detail(of: id.rawValue)?.row.id == row.id, "seed \(seed)") }
        }
    }

    @Test func aStoredRecordEndsATaskWhoseWorkerSendsNoEvents() throws {
        var state = ClusterState()
        state.hear(taskEvent("sent", "a", "gen@client", at: start, [("name", "shop.add"), ("root_id", "a"), ("parent_id", nil)]))
        #expect(state.unplacedTasks(limit: 10, round: 0, now: start + 1) == [])
        #expect(state.unplacedTasks(limit: 10, round: 0, now: start + 5) == ["a"])
        var outcome = StoredOutcome(id: "a", group: "G", state: .failure)
        (outcome.doneAt, outcome.exception, outcome.worker) = (start + 2, "Refused()", "celery@silent")
        state.fold(GroupFacts(at: start + 5, outcomes: [outcome]))
        let row = try #require(state.row("a"))
        #expect(row.state == .failure && row.exception == "Refused()" && row.worker == "celery@silent")
        // What events told of its end stays.
        outcome.state = .success
        state.fold(GroupFacts(at: start + 6, outcomes: [outcome]))
        #expect(state.row("a")?.state == .failure)
        #expect(state.unplacedTasks(limit: 10, round: 1, now: start + 9) == [])
    }

    @Test func aChordThatIsOverIsNotAskedAboutAgain() {
        var state = ClusterState()
        state.chord(members: 2, finished: 2)
        #expect(state.openGroups(limit: 10) == ["G"])
        state.fold(GroupFacts(at: start + 3, chords: [ChordFacts(group: "G", size: 2, counted: 2)]))
        #expect(state.openGroups(limit: 10) == ["G"])
        state.fold(GroupFacts(at: start + 60, chords: [ChordFacts(group: "G", claim: .done)]))
        #expect(state.openGroups(limit: 10) == [])
    }
}

extension ClusterState {
    /// A task on `celery@a` that was received and started, and ended as the subject `end` says.
    fileprivate mutating func step(_ id: String, name: String = "shop.add", parent: String? = nil, root: String? = "", at: Double, end: String? = nil) {
        let root = root == "" ? id : root
        let family: [(String, Value)] = [("root_id", root.map { .string($0) } ?? .null), ("parent_id", parent.map { .string($0) } ?? .null)]
        hear(taskEvent("received", id, at: at, [("name", .string(name)), ("args", "()"), ("kwargs", "{}")] + family))
        hear(taskEvent("started", id, at: at + 1))
        guard let end else { return }
        hear(taskEvent(end, id, at: at + 2, end == "succeeded" ? [("result", "1"), ("runtime", 1.0)] : [("exception", .string("Refused('\(id)')")), ("traceback", "")]))
    }

    /// Members `m0`, `m1`, … of the group `G`, of which the first ones have ended.
    fileprivate mutating func chord(members: Int, finished: Int, failing: Int? = nil) {
        for number in 0..<members { step("m\(number)", at: start + Double(number) / 8, end: number < finished ? number == failing ? "failed" : "succeeded" : nil) }
        fold(GroupFacts(at: start + 3, memberships: (0..<members).map { GroupMembership(task: TaskID("m\($0)"), group: "G") }))
    }

    fileprivate func workflows(_ query: ListQuery = ListQuery(), now: Double = start + 100) -> ListPage<WorkflowRow> {
        var (request, state) = (PictureRequest(), self)
        request.workflows = query
        return state.picture(request, now: now).workflows ?? ListPage()
    }

    fileprivate func detail(of id: String) -> WorkflowDetail? {
        var (request, state) = (PictureRequest(), self)
        request.workflow = TaskID(id)
        return state.picture(request, now: start + 100).workflow
    }

    /// The tree as text: a branch a level, and what stands there.
    fileprivate func tree(of id: String) -> [String] {
        (detail(of: id)?.nodes ?? []).map { node in
            let indent = node.trail.dropLast().map { $0 ? "│ " : "  " }.joined() + (node.trail.last.map { $0 ? "├ " : "└ " } ?? "")
            return switch node.content {
            case .task(let task): indent + task.id.rawValue
            case .body(let task): indent + "body " + task.id.rawValue
            case .unseen(let id): indent + "? " + id.rawValue
            case .group(let group): indent + (group.isChord ? "chord " : "group ") + group.id
            case .more(let counts): indent + "… \(counts.total) more"
            }
        }
    }
}
