import CeleriacCore
import Foundation
import TestSupport
import Testing

extension RealClusterTests {
    /// Under load, `celeriac tasks` tells of every task what Celery's own receiver heard of it.
    @Suite struct EventTests {
        /// What the receiver heard of one task.
        private struct Heard {
            var kinds: [String: Value] = [:]
            func time(_ kind: String) -> Double? { kinds[kind]?["timestamp"]?.double }
        }

        @Test func tasksAgreeWithCelerysReceiver() throws {
            let cluster = try RealCluster.busy.get()
            let collector = try cluster.collector(seconds: 16)
            let from = Date().timeIntervalSince1970
            let finished = try cluster.celeriac("tasks", "--json", "--for", "10")
            let until = Date().timeIntervalSince1970
            #expect(finished.status == 0, "\(finished.complaint)")
            #expect(finished.controls == [])
            let ours = Dictionary(try #require(try finished.json().array).map { ($0["id"]?.string ?? "?", $0) }, uniquingKeysWith: { $1 })

            var heard: [String: Heard] = [:]
            for line in try collector.finish().text.split(separator: "\n").dropFirst() {
                let event = try JSON.decode(String(line))
                if let id = event["uuid"]?.string, let kind = event["type"]?.string { heard[id, default: Heard()].kinds[kind] = event }
            }
            // Received well inside our ten seconds, whatever it took us to start and to end, and run only once.
            let inside = heard.filter { _, task in
                guard let received = task.time("task-received"), task.kinds["task-retried"] == nil else { return false }
                return received > from + 3 && received < until - 3
            }
            #expect(inside.count > 50, "the cluster is under load")
            for (id, task) in inside {
                let row = try #require(ours[id], "\(task.kinds.keys.sorted()) of \(id) were heard by Celery alone")
                let received = try #require(task.kinds["task-received"])
                #expect(row["name"] == received["name"])
                #expect(row["worker"] == received["hostname"])
                #expect(row["args"] == received["args"])
                #expect(row["kwargs"] == received["kwargs"])
                #expect(row["retries"] == received["retries"])
                #expect(row["root"] == received["root_id"])
                #expect(row["parent"] == received["parent_id"])
                #expect(row["received"]?.double == received["timestamp"]?.double)
                if let sent = task.kinds["task-sent"] { #expect(row["queue"] == sent["queue"]) }
                for (kind, state) in [("task-succeeded", "SUCCESS"), ("task-failed", "FAILURE")] {
                    guard let end = task.kinds[kind], let time = end["timestamp"]?.double, time < until - 2, task.kinds["task-rejected"] == nil else {
                        continue
                    }
                    #expect(row["state"]?.string == state, "\(id) ended at \(time)")
                    #expect(row["finished"]?.double == time)
                    if kind == "task-succeeded" { #expect(row["result"] == end["result"]) } else { #expect(row["exception"] == end["exception"]) }
                }
            }
        }

        @Test func nothingThatForeignTextSaysReachesTheTerminal() throws {
            let cluster = try RealCluster.busy.get()
            let watching = try ["tasks", "timings"].map { try Celeriac.start(["-b", cluster.broker, "-r", cluster.backend, $0, "--for", "5"]) }
            // The producer sends such tasks as well; these make sure that they fall into the five seconds.
            while watching.contains(where: \.isRunning) {
                try cluster.python("for text in shop.HOSTILE: shop.odd.apply_async((text,), argsrepr=text); shop.crash.apply_async((text,))")
            }
            for program in watching {
                let finished = try program.finish()
                #expect(finished.status == 0, "\(finished.complaint)")
                #expect(finished.text.contains("odd"))
                #expect(finished.controls == [])
            }
            for view in ["overview", "tasks", "queues", "workers"] {
                let picture = try cluster.celeriac("top", "--once", "--wait", "1", "--view", view)
                #expect(picture.status == 0, "\(picture.complaint)")
                #expect(picture.controls == [], "\(view)")
            }
        }
    }
}
