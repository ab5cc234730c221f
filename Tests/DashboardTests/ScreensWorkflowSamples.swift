import CeleriacCore

/// Four workflows, newest first: a chord that waits, a group too large to list, a chain that failed, a chord whose body was never sent.
extension Sample {
    static let workflows: [WorkflowDetail] = [waitingChord, largeGroup, failedChain, stuckChord]

    /// A task without relatives is a tree of one.
    static func alone(_ id: TaskID, _ tasks: [TaskRow]) -> WorkflowDetail? {
        tasks.first { $0.id == id }.map { task in
            let row = makeRow(task, .notApplicable, [.init(name: task.name ?? "?", count: 1)], worst: task, age: 3, took: 2) { ($0.total, $0.running) = (1, 1) }
            return WorkflowDetail(row: row, nodes: [WorkflowNode(.task(task))])
        }
    }

    private static func task(_ index: Int, _ name: String, _ state: TaskState, run: Double? = nil, exception: String? = nil) -> TaskRow {
        var task = Sample.task(index)
        (task.name, task.state, task.exception, task.runtime) = (name, state, exception, run)
        if state == .pending || state == .received { task.worker = state == .pending ? nil : "celery@web-2" } else { task.worker = task.worker ?? "celery@web-1" }
        return task
    }

    private static func makeRow(_ first: TaskRow, _ kind: Fact<WorkflowKind>, _ steps: [WorkflowRow.Step], worst: TaskRow, age: Double, took: Double, _ count: (inout WorkflowCounts) -> Void) -> WorkflowRow {
        var row = WorkflowRow(id: first.id, kind: kind, state: worst.state, startedAt: now - age)
        (row.steps, row.worst, row.elapsed) = (steps, worst, took)
        count(&row.counts)
        return row
    }

    static let waitingChord: WorkflowDetail = {
        let members = [
            task(300, "shop.add", .success, run: 0.041), task(301, "shop.add", .success, run: 0.038), task(302, "reports.render", .started, run: 12.2),
            task(303, "商店.発送", .received), task(304, "shop.add", .success, run: 1.2),
        ]
        let missing = [
            ChordVerdict.Missing(id: members[2].id, state: .started, worker: members[2].worker, age: 12.2),
            ChordVerdict.Missing(id: members[3].id, state: .received, worker: members[3].worker, age: 13),
        ]
        let verdict = ChordVerdict.waits(counted: 3, size: 6, missing: missing, unseen: 1, failed: 0)
        var row = makeRow(members[0], .known(.chord), [.init(name: "shop.add", count: 5, isMixed: true)], worst: members[2], age: 14, took: 14) {
            ($0.total, $0.done, $0.running, $0.waiting) = (5, 3, 1, 1)
        }
        (row.chord, row.expected) = (verdict, 6)
        let group = WorkflowNode.Group(id: "08fb890f-d071-48a6-afb4-bdc54f017c38", isChord: true, size: .known(6), counts: row.counts, verdict: verdict)
        return WorkflowDetail(row: row, nodes: [WorkflowNode(.group(group))] + members.enumerated().map { WorkflowNode(trail: [$0.offset < 4], .task($0.element)) })
    }()

    static let largeGroup: WorkflowDetail = {
        let failed = (0..<3).map { task(400 + $0, "mail.newsletter", .failure, run: 0.2, exception: "SMTPServerDisconnected('Connection unexpectedly closed')") }
        let done = (0..<47).map { task(410 + $0, "mail.newsletter", .success, run: 0.005) }
        let row = makeRow(done[0], .known(.group), [.init(name: "mail.newsletter", count: 10_000)], worst: failed[0], age: 75, took: 61) {
            ($0.total, $0.done, $0.failed, $0.waiting) = (10_000, 9_921, 12, 67)
        }
        var rest = WorkflowCounts()
        (rest.total, rest.done, rest.failed, rest.waiting) = (9_950, 9_874, 9, 67)
        let group = WorkflowNode.Group(id: "5dcd60b7-ba4e-4416-b9c5-3011ace38957", isChord: false, counts: row.counts)
        return WorkflowDetail(
            row: row, nodes: [WorkflowNode(.group(group))] + (failed + done).map { WorkflowNode(trail: [true], .task($0)) } + [WorkflowNode(trail: [false], .more(rest))])
    }()

    static let failedChain: WorkflowDetail = {
        let steps = [
            task(500, "shop.charge", .success, run: 0.09), task(501, "shop.refuse", .failure, run: 0.02, exception: "PaymentRefused('order \u{1B}[31mE-17 was refused')"),
            task(502, "audit.note", .success, run: 0.4),
        ]
        let row = makeRow(steps[0], .inferred(.chain), [.init(name: "shop.charge", count: 1), .init(name: "shop.refuse", count: 1), .init(name: "audit.note", count: 1)], worst: steps[1], age: 340, took: 0.51) {
            ($0.total, $0.done, $0.failed) = (3, 2, 1)
        }
        return WorkflowDetail(
            row: row,
            nodes: [WorkflowNode(.unseen("77c01a2b-1111-4222-8333-000000000000")), WorkflowNode(trail: [true], .task(steps[0])), WorkflowNode(trail: [true, false], .task(steps[1])), WorkflowNode(trail: [false], .body(steps[2]))])
    }()

    static let stuckChord: WorkflowDetail = {
        let members = (0..<2).map { task(600 + $0, "shop.add", .success, run: 0.01) }
        let verdict = ChordVerdict.stuck(counted: 2, size: 2)
        var row = makeRow(members[0], .known(.chord), [.init(name: "shop.add", count: 2)], worst: members[0], age: 7300, took: 0.2) { ($0.total, $0.done) = (2, 2) }
        (row.chord, row.expected) = (verdict, 2)
        let group = WorkflowNode.Group(id: "9acde87c-d071-48a6-afb4-bdc54f017c38", isChord: true, size: .known(2), counts: row.counts, verdict: verdict)
        return WorkflowDetail(row: row, nodes: [WorkflowNode(.group(group)), WorkflowNode(trail: [true], .task(members[0])), WorkflowNode(trail: [false], .task(members[1]))])
    }()
}
