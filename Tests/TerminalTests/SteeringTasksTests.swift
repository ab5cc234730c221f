import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// What the operator does to tasks, Celery sees.
    @Suite struct SteeringTasksTests {
        /// In the arguments of this test's tasks, and of no others.
        let mark = "m" + UUID().uuidString.prefix(8)

        /// Whether a process runs; one that ended and waits to be reaped does not.
        private func isRunning(_ process: Int32) -> Bool {
            guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
            return !status.contains(") Z ") && !status.contains(") X ")
        }

        @Test(arguments: RealCluster.Kind.all) func markedTasksAreRevokedAndNoOthers(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            let ids = try cluster.waiting(4, mark), stranger = try cluster.waiting(1, "stranger")
            defer { cluster.forget(ids + stranger) }
            dashboard.press("2")
            try dashboard.filter("args~\"\(mark)\"", shows: 4)
            dashboard.press("j jj ")
            try #require(dashboard.waits { $0.text.contains("2 marked") && $0.lines.filter { $0.contains("◆") }.count == 2 }, "\(dashboard.screen)")
            let marked = dashboard.lines(with: "◆").compactMap { line in ids.first { line.contains($0.prefix(8)) } }
            try #require(Set(marked).count == 2, "\(dashboard.screen)")
            try dashboard.open("x", shows: "Revoke 2 tasks")
            for id in marked { #expect(dashboard.waits(for: id), "the dialog names it: \(dashboard.screen)") }
            try dashboard.agree(to: "Revoke 2 tasks", typing: "2")
            #expect(dashboard.waits(for: "revoked 2 tasks on 3 of 3 workers"), "\(dashboard.screen)")
            let revoked = try cluster.revoked()
            #expect(revoked.isSuperset(of: marked))
            #expect(revoked.isDisjoint(with: Set(ids + stranger).subtracting(marked)))
        }

        @Test func allThatMatchAreRevokedAndNoOthers() throws {
            let cluster = try RealCluster.quiet()
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            let ids = try cluster.waiting(25, mark), stranger = try cluster.waiting(1, "stranger")
            defer { cluster.forget(ids + stranger) }
            dashboard.press("2")
            try dashboard.filter("args~\"\(mark)\"", shows: 25)
            dashboard.press("A")
            try #require(dashboard.waits(for: "all marked"))
            try dashboard.open("x", shows: "Revoke 25 tasks")
            try dashboard.agree(to: "Revoke 25 tasks", typing: "default")
            #expect(dashboard.waits(for: "revoked 25 tasks on 3 of 3 workers"), "\(dashboard.screen)")
            let revoked = try cluster.revoked()
            #expect(revoked.isSuperset(of: ids))
            #expect(revoked.isDisjoint(with: stranger))
        }

        @Test func aRunningTaskIsEndedWithTheProcessThatRunsIt() throws {
            let cluster = try RealCluster.quiet()
            // Its pool is of processes, which can be ended, and it tells when that was done.
            _ = try cluster.celery("control", "add_consumer", mark, "-d", "celery@web-1")
            defer { _ = try? cluster.celery("control", "cancel_consumer", mark, "-d", "celery@web-1") }
            let id = try cluster.python("print(shop.render.apply_async(('\(mark)', 120), queue='\(mark)').id)")
            var process: Int32 = 0
            let runs = try eventually {
                let active = try cluster.celery("inspect", "active").members.flatMap { $0.value.array ?? [] }
                process = Int32(active.first { $0["id"]?.string == id }?["worker_pid"]?.integer ?? 0)
                return process != 0
            }
            try #require(runs && isRunning(process))
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            dashboard.press("2")
            try dashboard.filter("args~\"\(mark)\"", shows: 1)
            dashboard.press("jx")
            #expect(dashboard.waits(for: "is running: X terminates it"), "\(dashboard.screen)")
            try dashboard.open("X", shows: "Terminate 1 task with")
            try #require(dashboard.insist(Typed.enter) { $0.text.contains("Terminate 1 task with SIGTERM") && $0.text.contains(id) }, "\(dashboard.screen)")
            try dashboard.agree(to: "Terminate 1 task with SIGTERM")
            #expect(dashboard.waits(for: "terminated 1 task on 3 of 3 workers"), "\(dashboard.screen)")
            let ended = try eventually { try cluster.python("print(shop.app.AsyncResult('\(id)').state)") == "REVOKED" }
            #expect(ended)
            #expect(eventually { !isRunning(process) }, "process \(process) is gone")
            #expect(dashboard.waits { $0.lines.contains { $0.contains(id.prefix(8)) && $0.contains("REVOKED") } }, "\(dashboard.screen)")
        }

        @Test func aTaskThatEndedMeanwhileIsLeftAlone() throws {
            let cluster = try RealCluster.quiet()
            let id = try cluster.python("print(shop.mail.apply_async(('\(mark)',), countdown=8).id)")
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            dashboard.press("2")
            try dashboard.filter("args~\"\(mark)\"", shows: 1)
            dashboard.press("j")
            try dashboard.open("x", shows: "Revoke 1 task")
            let over = try eventually { try cluster.python("print(shop.app.AsyncResult('\(id)').state)") == "SUCCESS" }
            try #require(over)
            try dashboard.agree(to: "Revoke 1 task")
            #expect(dashboard.waits(for: "refused: \(id) is already SUCCESS"), "\(dashboard.screen)")
            #expect(try !cluster.revoked().contains(id))
        }

        @Test func aListThatMovesNeverChangesWhichTaskIsHit() throws {
            let cluster = try RealCluster.quiet()
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            let ids = try cluster.waiting(3, mark)
            defer { cluster.forget(ids) }
            dashboard.press("2")
            try dashboard.filter("args~\"\(mark)\"", shows: 3)
            dashboard.press("jj")
            try #require(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("\(mark)-1") } }, "\(dashboard.screen)")
            let pointed = try #require(dashboard.lines(with: "▶").first)
            let selected = try #require(ids.first { pointed.contains($0.prefix(8)) })

            // Newer ones push it down and out of the window, all of them good to be revoked; they go on coming while the dialog is answered.
            let stream = try cluster.start(
                python: """
                    import time
                    until = time.monotonic() + 25
                    while time.monotonic() < until:
                        shop.mail.apply_async(('\(mark)-newer',), countdown=3600, expires=3660)
                        shop.stock.apply_async(('\(mark)-quick',), queue='mail')
                    """)
            defer {
                stream.end()
                _ = try? cluster.python("shop.app.control.purge()")
            }
            func matching(_ screen: ScreenModel) -> Int {
                screen.text.firstMatch(of: /Tasks ([0-9,]+) of/).flatMap { Int($0.1.filter(\.isNumber)) } ?? 0
            }
            try #require(dashboard.waits(within: .seconds(20)) { matching($0) > 150 }, "\(dashboard.screen)")
            let before = matching(dashboard.screen)
            try dashboard.open("x", shows: "Revoke 1 task")
            #expect(dashboard.waits(for: selected), "\(dashboard.screen)")
            try #require(dashboard.waits(within: .seconds(10)) { matching($0) > before + 30 }, "it moves under the dialog: \(dashboard.screen)")
            try dashboard.agree(to: "Revoke 1 task")
            #expect(dashboard.waits(for: "revoked 1 task on 3 of 3 workers"), "\(dashboard.screen)")
            let kept = try cluster.revoked()
            #expect(kept.contains(selected))
            #expect(kept.isDisjoint(with: ids.filter { $0 != selected }))
            dashboard.press("8" + Typed.enter)
            #expect(dashboard.waits(for: selected), "the log says which one: \(dashboard.screen)")
        }
    }
}

extension RealCluster {
    /// Sends `count` tasks that wait for an hour, on a queue whose workers all tell of their tasks; returns their ids.
    fileprivate func waiting(_ count: Int, _ mark: String) throws -> [String] {
        try python("for n in range(\(count)): print(shop.mail.apply_async((f'\(mark)-{n}',), countdown=3600).id)").split(separator: "\n").map(String.init)
    }

    /// Ids that some worker keeps as revoked.
    fileprivate func revoked() throws -> Set<String> {
        Set(try celery("inspect", "revoked").members.flatMap { $0.value.array?.compactMap(\.string) ?? [] })
    }

    fileprivate func forget(_ ids: [String]) {
        _ = try? python("shop.app.control.revoke('\(ids.joined(separator: ","))'.split(','))")
    }
}
