import Foundation
import Glibc
import TestSupport
import Testing

/// `celeriac demo` as its first user meets it.
@Suite(.serialized, .timeLimit(.minutes(3))) struct DemoTests {
    /// The demo on a terminal of its own, with a folder of its own for temporary files.
    private struct Running: ~Copyable {
        let terminal: PseudoTerminal
        let folder: URL

        init(_ options: String..., rows: Int = 120, columns: Int = 150) throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("demo-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            terminal = try PseudoTerminal(
                Celeriac.path, ["demo"] + options,
                environment: ["TMPDIR": folder.path, "XDG_CONFIG_HOME": folder.path, "SWIFT_BACKTRACE": "enable=no"], rows: rows, columns: columns)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        var left: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] }
    }

    /// What a line of the task list has to show somewhere for each thing that can happen to a task.
    private static let happenings: [(what: String, shows: @Sendable (String) -> Bool)] = [
        ("success", { $0.contains("shop.order") && $0.contains("SUCCESS") }),
        ("failure", { $0.contains("shop.charge") && $0.contains("FAILURE") }),
        ("a retry", { $0.contains("mail.send") && $0.contains(#/ [1-3] +[0-9.]+ (ms|s) ago/#) }),
        ("a revoked task", { $0.contains("media.transcode") && $0.contains("REVOKED") }),
        ("a task that waits for its time", { $0.contains("mail.newsletter") && $0.contains("RECEIVED") }),
        ("the body of a chord", { $0.contains("media.album") && $0.contains("SUCCESS") }),
        ("what beat sent, which fails", { $0.contains("bank.reconcile") && $0.contains("FAILURE") }),
        ("a task that waits for its rate limit", { $0.contains("search.reindex") && $0.contains("RECEIVED") }),
    ]

    @Test func showsAllThatCanHappenToATask() throws {
        let demo = try Running()
        #expect(demo.terminal.wait(within: .seconds(10)) { $0.text.contains("Overview") && $0.text.contains("demo") }, "\(demo.terminal.screen)")
        #expect(demo.terminal.wait(within: .seconds(20)) { $0.text.contains("workers 2/2") }, "\(demo.terminal.screen)")
        demo.terminal.type("2")
        let complete = demo.terminal.wait(within: .seconds(60)) { screen in Self.happenings.allSatisfy { screen.lines.contains(where: $0.shows) } }
        let screen = demo.terminal.screen
        #expect(complete, "missing: \(Self.happenings.filter { happening in !screen.lines.contains(where: happening.shows) }.map(\.what))\n\(screen)")
        Attachment.record(screen.text, named: "demo.txt")

        let processes = ProcessTable.descendants(of: demo.terminal.processID)
        #expect(processes.count >= 5, "two workers, the two processes of the second, and beat: \(processes)")
        demo.terminal.type("q")
        #expect(demo.terminal.waitForEnd(within: .seconds(10)) == 0)
        #expect(demo.terminal.isCooked)
        #expect(!processes.contains(where: ProcessTable.isRunning))
        #expect(demo.left == [], "nothing is left in the folder for temporary files")
    }

    @Test func nothingOutlivesADemoThatIsKilled() throws {
        let demo = try Running()
        #expect(demo.terminal.wait(within: .seconds(20)) { $0.text.contains("workers 2/2") }, "\(demo.terminal.screen)")
        let processes = ProcessTable.descendants(of: demo.terminal.processID)
        #expect(processes.count >= 5)
        demo.terminal.signal(SIGKILL)
        #expect(eventually(within: 10) { !processes.contains(where: ProcessTable.isRunning) })
    }

    @Test func keepsItsFilesWhenAsked() throws {
        let kept = FileManager.default.temporaryDirectory.appendingPathComponent("kept-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: kept) }
        let demo = try Running("--keep", kept.path)
        #expect(demo.terminal.wait(within: .seconds(20)) { $0.text.contains("workers 2/2") }, "\(demo.terminal.screen)")
        demo.terminal.type("q")
        #expect(demo.terminal.waitForEnd(within: .seconds(10)) == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: kept.path)
        #expect(Set(["demo.db", "worker-1.log", "worker-2.log", "beat.log"]).isSubset(of: files), "\(files)")
        let log = try String(contentsOf: kept.appendingPathComponent("beat.log"), encoding: .utf8)
        #expect(log.contains("beat: Leading 8 entries") && log.contains("reports: monthly is left out: "), "\(log)")
    }

    @Test func needsATerminalAndNoOtherBroker() throws {
        #expect(try Celeriac.run("demo").status == 2)
        let other = try Celeriac.run("demo", "-b", "redis://localhost/0")
        #expect(other.complaint.contains("brings its own broker"))
    }
}
