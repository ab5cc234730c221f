import CeleriacCore
import Foundation
import TestSupport
import Testing

/// `celeriac worker` and `celeriac call`, on an SQLite file.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CommandWorkerTests {
    private final class Cluster {
        let folder: URL
        var url: String { "sqlite:///\(folder.path)/queue.db" }
        private(set) var worker: Program?

        init() throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("commands-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func write(_ text: String) throws -> String {
            let path = folder.appendingPathComponent("tasks.toml").path
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }

        func start(_ tasks: String, _ options: String...) throws {
            worker = try Celeriac.start(["worker", "--tasks", try write(tasks), "-b", url, "-r", url, "-E", "-l", "info"] + options, limit: 120)
            try #require(eventually(within: 30) { worker?.complained.contains(" ready.") == true }, "\(worker?.complained ?? "")")
        }

        func call(_ arguments: String...) throws -> Program.Finished {
            try Celeriac.start(["call", "-b", url, "-r", url] + arguments).finish()
        }

        func stop() throws -> Program.Finished? {
            worker?.end()
            return try worker?.finish()
        }
    }

    private let tasks = """
        [tasks."ledger.write"]
        command = ["cat"]
        timeout = 20
        queue = "ledger"

        [tasks."ledger.greet"]
        command = ["sh", "-c", "echo hello $LEDGER"]
        env = { LEDGER = "main" }

        [tasks."ledger.fail"]
        command = ["sh", "-c", "echo no such account >&2; exit 3"]

        [tasks."ledger.wait"]
        command = ["sleep", "1000"]
        """

    @Test(arguments: ["async", "process"]) func aCallGoesToACommandAndItsResultComesBack(pool: String) throws {
        let cluster = try Cluster()
        try cluster.start(tasks, "-P", pool, "-c", "2")
        let written = try cluster.call("ledger.write", "-a", "[1, \"x\"]", "-k", "{\"k\": null}", "-Q", "ledger", "--wait", "30", "--json")
        #expect(written.status == 0, "\(written)")
        #expect(try written.json()["result"]?["args"] == [1, "x"])
        #expect(try written.json()["result"]?["kwargs"] == ["k": nil])
        let greeted = try cluster.call("ledger.greet", "--wait", "30")
        #expect(greeted.text.hasSuffix("\nhello main\n"), "\(greeted.text)")

        let failed = try cluster.call("ledger.fail", "--wait", "30")
        #expect(failed.status == 1)
        #expect(failed.complaint.contains("no such account\nceleriac: FAILURE: CommandError('sh: exit status 3: no such account')"), "\(failed.complaint)")
        let id = try #require(failed.text.split(separator: "\n").first.map(String.init))
        let stored = try Celeriac.run("result", id, "-r", cluster.url, "-b", cluster.url, "--json").json()
        #expect(stored["status"] == "FAILURE")
        #expect(stored["traceback"] == "no such account\n")
        let ended = try #require(try cluster.stop())
        #expect(ended.status == 0, "\(ended)")
    }

    @Test func aKilledWorkerLeavesNoProcessBehind() throws {
        let cluster = try Cluster()
        let command = [Celeriac.path, "worker", "--tasks", try cluster.write(tasks), "-b", cluster.url, "-r", cluster.url, "-P", "process", "-c", "2"]
        let worker = try Child(command, output: cluster.folder.appendingPathComponent("log").path)
        _ = try cluster.call("ledger.wait")
        // Two processes of the pool, and the sleep that one of them started.
        #expect(eventually(within: 30) { ProcessTable.descendants(of: worker.id).count >= 3 })
        let left = ProcessTable.descendants(of: worker.id)
        worker.stop()
        #expect(eventually(within: 10) { !left.contains(where: ProcessTable.isRunning) }, "\(left)")
    }

    @Test func callPrintsTheIDAndNothingElse() throws {
        let cluster = try Cluster()
        let sent = try cluster.call("some.task", "-a", "[1]", "--countdown", "5", "--expires", "60", "--priority", "3")
        #expect(sent.status == 0, "\(sent)")
        #expect(UUID(uuidString: sent.text.trimmingCharacters(in: .newlines)) != nil, "\(sent.text)")
    }

    @Test(arguments: [
        ("[tasks.a]\ncomand = [\"x\"]", ":2: unknown key tasks.a.comand; did you mean command?"),
        ("[tasks.a]\ncommand = \"x y\"", ":2: command must be a list"),
        ("[tasks.ledger.write]\ncommand = [\"x\"]", "a name with dots needs quotes: [tasks.\"ledger.write\"]"),
        ("[tasks.a]\ntimeout = 5", "tasks.a needs a command"),
        ("[tasks.a]\ncommand = [\"x\"]\ntimeout = \"5\"", ":3: timeout must be a number"),
        ("[tasks.a]\ncommand = [\"x\"]\nretry = { maximum = 3 }", ":3: unknown key retry.maximum; known are max"),
        ("[task.a]\ncommand = [\"x\"]", ":1: unknown key task; did you mean tasks?"),
        ("", "no tasks"),
        ("[tasks.a", ":1: "),
    ])
    func aFileThatMakesNoSenseIsToldWithItsLine(text: String, complaint: String) throws {
        let cluster = try Cluster()
        let ended = try Celeriac.run("worker", "--tasks", try cluster.write(text), "-b", "memory://")
        #expect(ended.status == 2)
        #expect(ended.complaint.contains(complaint), "\(ended.complaint)")
    }

    @Test(arguments: [
        (["-a", "{}"], "-a wants a JSON array"), (["-k", "[]"], "-k wants a JSON object"), (["--eta", "tomorrow"], "--eta wants a time"),
        (["--priority", "256"], "--priority wants 0-255"), (["--read-only"], "read-only"), (["--wait", "1"], "--wait needs a result backend"),
    ])
    func aCallThatMakesNoSenseIsNotSent(options: [String], complaint: String) throws {
        let ended = try Celeriac.start(["call", "t", "-b", "memory://"] + options).finish()
        #expect(ended.status == 2)
        #expect(ended.complaint.contains(complaint), "\(ended.complaint)")
    }
}
