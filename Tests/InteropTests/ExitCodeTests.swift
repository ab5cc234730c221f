import CeleriacCore
import Foundation
import TestSupport
import Testing

/// Exit codes and complaints that scripts and people can act on.
@Suite(.enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)))
struct ExitCodeTests {
    @Test(arguments: ["redis", "amqp"]) func aBrokerThatIsNotThereIs69(scheme: String) async throws {
        let port = try freePort()
        for command in [
            ["queues"], ["workers"], ["tasks"], ["inspect", "ping"], ["control", "enable_events"], ["revoke", "8a1f"], ["top", "--once"], ["status"],
            ["events"],
        ] {
            let finished = try Celeriac.start(["-b", "\(scheme)://127.0.0.1:\(port)/0"] + command).finish()
            #expect(finished.status == 69, "\(command): \(finished.complaint)")
            #expect(finished.output == [])
            #expect(finished.complaint.contains("127.0.0.1:\(port)"), "\(finished.complaint)")
        }
    }

    @Test func aClusterWithoutWorkersIs69() async throws {
        let server = try await RedisServer.start()
        for command in [["status"], ["inspect", "ping"], ["control", "enable_events"], ["revoke", "8a1f"]] {
            let finished = try Celeriac.start(["-b", "redis://127.0.0.1:\(server.port)/0"] + command).finish()
            #expect(finished.status == 69, "\(command): \(finished.complaint)")
            #expect(finished.complaint.contains("no worker"), "\(finished.complaint)")
        }
    }

    @Test func aWrongPasswordIsToldAndNeverShown() async throws {
        let server = try await RedisServer.start(["--requirepass", "correct-horse"])
        for command in [["queues"], ["inspect", "ping"], ["top", "--once"]] {
            let finished = try Celeriac.start(["-b", "redis://:battery-staple@127.0.0.1:\(server.port)/0"] + command).finish()
            #expect(finished.status == 69, "\(command)")
            #expect(finished.complaint.lowercased().contains("password"), "\(finished.complaint)")
            #expect(!finished.complaint.contains("battery-staple") && !finished.text.contains("battery-staple"))
        }
        let right = try Celeriac.run("-b", "redis://:correct-horse@127.0.0.1:\(server.port)/0", "queues", "--json")
        #expect(right.status == 0, "\(right.complaint)")
        #expect(!right.text.contains("correct-horse"))
    }

    @Test func wrongUsageIs2() async throws {
        let broker = "redis://127.0.0.1:1/0"
        for arguments in [
            ["--no-such-option"], ["inspect", "no_such_method"], ["control"], ["revoke"], ["queues", "-b", "redsi://localhost"],
            ["top", "--view", "quues", "--once", "-b", broker],
            ["tasks", "--match", "state:(", "-b", broker], ["revoke", "-b", broker, "1", "2"],
        ] {
            let finished = try Celeriac.start(arguments).finish()
            #expect(finished.status == 2, "\(arguments): \(finished.complaint)")
            #expect(!finished.errors.isEmpty)
        }
        #expect(try Celeriac.run("-b", "redsi://localhost", "queues").complaint.contains("redis"))
    }

    @Test(arguments: [
        ["workers", "--wait", "inf"], ["queues", "--wait", "1e30"], ["tasks", "--for", "nan"], ["workflows", "--for", "1e10"], ["timings", "--for", "inf"],
        ["find", "8a1f", "--for=-1"], ["top", "--once", "--wait", "inf"], ["status", "--timeout", "inf"], ["inspect", "ping", "--timeout", "1e30"],
        ["control", "pool_grow", "--timeout", "nan"], ["revoke", "8a1f", "--timeout=-1"], ["call", "t", "--wait", "inf", "-r", "redis://127.0.0.1:1/1"],
        ["call", "t", "--countdown", "1e30"], ["call", "t", "--expires", "nan"],
    ])
    func aTimeThatNoClockTakesIsWrongUsageBeforeAnythingIsSent(_ command: [String]) throws {
        let finished = try Celeriac.start(command + ["-b", "redis://127.0.0.1:1/0"]).finish()
        #expect(finished.status == 2, "\(finished)")
        #expect(finished.complaint.contains(" wants seconds"), "\(finished.complaint)")
    }

    @Test(arguments: [["--autoscale=-3,1"], ["--autoscale=0,0"], ["--autoscale=2,3"], ["--time-limit", "inf"], ["--soft-time-limit", "0"]])
    func aWorkerToldWhatMakesNoSenseDoesNotStart(_ options: [String]) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("tasks-\(UUID().uuidString).toml")
        try "[tasks.a]\ncommand = [\"true\"]\n".write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let finished = try Celeriac.start(["worker", "--tasks", file.path, "-b", "memory://"] + options).finish()
        #expect(finished.status == 2, "\(finished)")
        #expect(finished.complaint.contains("\(options[0].prefix { $0 != "=" }) wants"), "\(finished.complaint)")
    }

    @Test func aResultBackendThatCannotBeOpenedIsToldWhereGroupsAre() async throws {
        let server = try await RedisServer.start()
        let cluster = ["-b", "redis://127.0.0.1:\(server.port)/0", "-r", "mongodb://127.0.0.1/x"]
        let workflows = try Celeriac.start(["workflows", "--for", "0"] + cluster).finish()
        #expect(workflows.status == 0 && workflows.complaint.contains("mongodb"), "\(workflows)")
        let queues = try Celeriac.start(["queues"] + cluster).finish()
        #expect(queues.status == 0 && !queues.complaint.contains("mongodb"), "\(queues)")
        let once = try Celeriac.start(["top", "--once", "--view", "workflows", "--wait", "0", "--size", "120x30"] + cluster).finish()
        #expect(once.text.contains("does not tell of groups"), "\(once.text)")
    }

    @Test func helpAndVersionAre0() async throws {
        for arguments in [["--help"], ["--version"], ["inspect", "--help"]] {
            let finished = try Celeriac.start(arguments).finish()
            #expect(finished.status == 0 && !finished.output.isEmpty, "\(arguments)")
        }
    }

    @Test func aResultThatNobodyStoredIs1() async throws {
        let server = try await RedisServer.start()
        let finished = try Celeriac.run("-b", "redis://127.0.0.1:\(server.port)/0", "-r", "redis://127.0.0.1:\(server.port)/1", "result", "8a1f")
        #expect(finished.status == 1, "\(finished.complaint)")
        #expect(finished.complaint.contains("8a1f"))
    }
}
