import CeleriacCore
import Foundation
import TestSupport
import Testing

extension RealClusterTests {
    /// `celeriac retry` against a real cluster.
    @Suite struct RetryTests {
        private func failed(_ cluster: RealCluster, _ rounds: Int = 1) throws -> FragileTasks {
            let tasks = try FragileTasks(cluster, rounds: rounds)
            let ids = tasks.ids.map { "'\($0)'" }.joined(separator: ",")
            let over = try eventually { try cluster.python("print(all(shop.app.AsyncResult(i).state == 'FAILURE' for i in [\(ids)]))") == "True" }
            try #require(over, "they have failed")
            return tasks
        }

        @Test(arguments: RealCluster.Kind.all) func tasksAreRetriedByTheirIds(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let tasks = try failed(cluster)
            let told = try Celeriac.start(["-b", cluster.broker, "-r", cluster.backend, "--read-only", "retry", "--dry-run", "--json"] + tasks.ids).finish()
            let calls = try #require(told.json().array)
            #expect(told.status == 0 && calls.count == 10 && calls.allSatisfy { $0["source"] == "record" && $0["name"] == "shop.fragile" && $0["queue"] == "mail" }, "\(told.complaint)")
            try tasks.mend()
            let unasked = try Celeriac.start(["-b", cluster.broker, "-r", cluster.backend, "retry"] + tasks.ids).finish()
            #expect(unasked.status == 2 && unasked.complaint.contains("--yes"))
            let finished = try Celeriac.start(["-b", cluster.broker, "-r", cluster.backend, "retry", "--yes", "--json"] + tasks.ids).finish()
            #expect(finished.status == 0, "\(finished.complaint)")
            #expect(try finished.json()["sent"]?.array?.count == 10)
            let came = try eventually { try tasks.countOfThoseDone() == 10 }
            #expect(came)
            #expect(try tasks.comparison(rounds: 1) == "same")
            let again = try Celeriac.start(["-b", cluster.broker, "-r", cluster.backend, "retry", "--yes", "--json"] + tasks.ids).finish()
            #expect(again.status == 0)
            #expect(try again.json()["retried_before"] == 10)
        }

        @Test func underItsOwnIdTheOldResultIsOverwritten() throws {
            let cluster = try RealCluster.quiet()
            let tasks = try failed(cluster)
            try tasks.mend()
            let finished = try cluster.celeriac("retry", "--same-id", tasks.ids[0])
            #expect(finished.status == 0 && finished.text == tasks.ids[0] + "\n" && finished.complaint.contains("result_extended"), "\(finished.complaint)")
            let over = try eventually { try cluster.python("print(shop.app.AsyncResult('\(tasks.ids[0])').state)") == "SUCCESS" }
            #expect(over)
        }

        @Test func whatIsNotKnownIsToldAndCanBeFilledIn() throws {
            let cluster = try RealCluster.quiet()
            let tasks = try failed(cluster)
            try tasks.mend()
            // Its arguments are too long for the text that events carry.
            let long = tasks.ids[7]
            let blind = try Celeriac.start(["-b", cluster.broker, "retry", long]).finish()
            #expect(blind.status == 1 && blind.complaint.contains("are not known") && blind.complaint.contains("no result backend"), "\(blind.complaint)")
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("editor-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let editor = folder.appendingPathComponent("editor").path
            try #"""
                #!/usr/bin/env python3
                import sys
                text = open(sys.argv[1]).read()
                assert "NOT KNOWN" in text, text
                open(sys.argv[1], "w").write('{"name": "shop.fragile", "args": ["MARK", "typed"], "kwargs": {}, "queue": "mail"}')
                """#.replacingOccurrences(of: "MARK", with: tasks.mark).write(toFile: editor, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: editor)
            let edited = try Celeriac.start(["-b", cluster.broker, "retry", "--edit", "--yes", long], environment: ["EDITOR": editor]).finish()
            #expect(edited.status == 0 && edited.complaint.contains("args:"), "\(edited.complaint)")
            let came = try eventually { try cluster.redis("lrange", "got:\(tasks.mark)", "0", "-1", database: 1) == #"[["typed"], {}]"# }
            #expect(came)
        }

        @Test func thoseThatMatchAreRetried() throws {
            let cluster = try RealCluster.quiet()
            let listener = try Celeriac.start(
                ["-b", cluster.broker, "-r", cluster.backend, "retry", "--match", "state:failure name:shop.fragile error:Broken", "--for", "15", "--yes", "--json"])
            let tasks = try FragileTasks(cluster, rounds: 1)
            try tasks.mend()
            let finished = try listener.finish()
            // Some may have begun only after they were mended, and come through at once.
            let came = try eventually { try tasks.countOfThoseDone() == 10 }
            #expect(came && finished.status == 0, "\(finished.complaint)")
            #expect(try tasks.comparison(rounds: 1) == "same")
        }

        @Test func whoMayNotActIsRefused() throws {
            for option in ["--read-only", "--passive"] {
                let finished = try Celeriac.run("-b", "redis://127.0.0.1:1/0", option, "retry", "8a1f")
                #expect(finished.status == 2 && finished.complaint.contains("retry acts"), "\(finished.complaint)")
            }
        }

        /// Killed in the middle, and begun again until it comes to its end: every task is run, and none twice.
        @Test func aRetryThatIsKilledAndBegunAgainSendsNoneTwice() throws {
            let cluster = try RealCluster.quiet()
            let tasks = try failed(cluster, 60)
            try tasks.mend()
            let state = FileManager.default.temporaryDirectory.appendingPathComponent("retries-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: state) }
            let arguments = ["-b", cluster.broker, "-r", cluster.backend, "retry", "--yes"] + tasks.ids
            let journal = state.appendingPathComponent("celeriac/retried.jsonl").path
            // As soon as the next ones are written down, it is killed: some have been sent by then, some have not.
            let script = "size() { stat -c %s \(journal) 2>/dev/null || echo 0; }; before=$(size); \"$0\" \"$@\" & while [ $(size) = $before ] && kill -0 $! 2>/dev/null; do :; done; kill -9 $!; wait $! 2>/dev/null"
            for _ in 0..<5 {
                _ = try Program(["bash", "-c", script, Celeriac.path] + arguments, environment: ["XDG_STATE_HOME": state.path, "XDG_CONFIG_HOME": "/nonexistent"]).finish()
            }
            let begun = try String(contentsOfFile: journal, encoding: .utf8).split(separator: "\n").count { $0.contains("\"retry\"") }
            #expect(100..<600 ~= begun, "it was killed in the middle")
            let last = try Celeriac.start(arguments, environment: ["XDG_STATE_HOME": state.path]).finish()
            let came = try eventually(within: 60) { try tasks.countOfThoseDone() >= 600 }
            #expect(came, "\(last.text) \(last.complaint)")
            #expect(try tasks.comparison(rounds: 60) == "same")
        }
    }
}
