@testable import Celeriac
import CeleriacCore
import Foundation
import Glibc
import OrderedCollections
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct CommandTaskTests {
    /// Runs a command task in this process.
    private func run(
        _ command: String..., environment: [String: String] = [:], args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], retry: RetryPolicy = .never,
        limits: TimeLimits = TimeLimits(), outputLimit: Int = 8 << 20
    ) async throws -> TaskOutcome {
        var options = TaskOptions()
        options.retry = retry
        var task = CommandTask("ledger.write", command: command, environment: environment, options: options)
        task.outputLimit = outputLimit
        var job = try Job("ledger.write", id: "call-1", limits: limits)
        (job.args, job.kwargs, job.definition) = (args, kwargs, task.definition)
        return try await App("t", broker: "memory://").execute(job).outcome
    }

    private func result(_ outcome: TaskOutcome) throws -> Value {
        guard case .success(let value) = outcome else { throw Unexpected(outcome: outcome) }
        return value
    }

    private func failure(_ outcome: TaskOutcome) throws -> (cause: String, traceback: String) {
        guard case .failure(let exception, let traceback) = outcome else { throw Unexpected(outcome: outcome) }
        return (exception.arguments.first?.string ?? "", traceback)
    }

    struct Unexpected: Error { let outcome: TaskOutcome }

    @Test func theCallIsOneLineOfJSON() async throws {
        let outcome = try await run("cat", args: [1, "two\nlines"], kwargs: ["k": [nil]])
        #expect(try result(outcome) == ["id": "call-1", "name": "ledger.write", "args": [1, "two\nlines"], "kwargs": ["k": [nil]], "retries": 0])
        #expect(try await result(run("wc", "-l", args: ["a\nb"])) == 1)
    }

    @Test(arguments: [("[1, {\"a\": null}]", [1, ["a": nil]]), ("plain words", "plain words"), ("", nil), ("1 2", "1 2"), ("\"text\"", "text")] as [(String, Value)])
    func whatIsPrintedIsTheResult(printed: String, expected: Value) async throws {
        #expect(try await result(run("echo", printed)) == expected)
    }

    @Test func noShellIsInBetween() async throws {
        #expect(try await result(run("echo", "$HOME; echo `id` | wc > /dev/null")) == "$HOME; echo `id` | wc > /dev/null")
    }

    @Test func variablesAreAddedToTheWorkers() async throws {
        #expect(try await result(run("sh", "-c", "echo $LEDGER-${PATH:+set}", environment: ["LEDGER": "main"])) == "main-set")
    }

    @Test func exit75IsARetryAfterTheTasksDelay() async throws {
        let outcome = try await run("sh", "-c", "echo busy >&2; exit 75", retry: .fixed(.seconds(30)))
        guard case .retry(let retry) = outcome else { throw Unexpected(outcome: outcome) }
        let wait = try #require(retry.eta) - Date().timeIntervalSince1970
        #expect((20...30).contains(wait), "\(wait)")
        #expect(retry.exception?.arguments == ["sh: exit status 75: busy"])
    }

    @Test func exit76RejectsTheCallForGood() async throws {
        let outcome = try await run("sh", "-c", "echo not mine >&2; exit 76")
        guard case .rejected("not mine", requeue: false) = outcome else { throw Unexpected(outcome: outcome) }
    }

    @Test func anyOtherCodeIsAFailureWithTheEndOfItsErrors() async throws {
        let (cause, traceback) = try failure(await run("sh", "-c", "seq 100000 >&2; echo no such account >&2; exit 3"))
        #expect(cause == "sh: exit status 3: no such account")
        #expect(traceback.hasSuffix("99999\n100000\nno such account\n"))
        #expect(traceback.utf8.count == 16 << 10)
    }

    @Test func aSignalIsAFailureThatNamesIt() async throws {
        #expect(try failure(await run("sh", "-c", "kill -9 $$")).cause == "sh: ended by signal 9 (SIGKILL)")
    }

    @Test(arguments: ["/no/such/program", "no-such-program", "/etc/passwd", ""]) func whatCannotBeStartedFailsAndIsNotRetried(program: String) async throws {
        let (cause, _) = try failure(await run(program, retry: .fixed(.seconds(1))))
        #expect(cause.hasPrefix("\(program) could not be started: "))
    }

    @Test func aProgramNeedNotReadItsInput() async throws {
        let large = Value.string(String(repeating: "x", count: 1 << 20))
        #expect(try await result(run("true", args: [large])) == nil)
        #expect(try await result(run("head", "-c", "6", args: [large])) == "{\"id\":")
    }

    @Test func megabytesComeThrough() async throws {
        let text = String(repeating: "0123456789", count: 500_000)
        #expect(try await result(run("cat", args: [.string(text)]))["args"] == [.string(text)])
    }

    @Test func tooMuchOutputIsCutAndSaysSo() async throws {
        let text = try #require(try await result(run("sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x", outputLimit: 1000)).string)
        #expect(text == String(repeating: "x", count: 1000) + "\n[cut: 2999000 more bytes were printed]")
    }

    @Test func theSoftLimitEndsTheWholeGroup() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("group-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        // Neither hears SIGTERM, so that it takes the SIGKILL that follows.
        let script = "trap '' TERM; sleep 1000 & echo $$ $! > \(file); wait; wait"
        let (start, clock) = (ContinuousClock.now, ContinuousClock())
        let outcome = try await run("sh", "-c", script, limits: TimeLimits(soft: .milliseconds(500)))
        #expect(clock.now - start < .seconds(20))
        guard case .failure(let exception, _) = outcome else { throw Unexpected(outcome: outcome) }
        #expect(exception.type == "SoftTimeLimitExceeded")
        try expectGone(file)
    }

    @Test func theHardLimitOfTheProcessPoolEndsTheGroupToo() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("group-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let run = try await withPool(1) { pool in await pool.run(try Job("processes", .string(file), limits: TimeLimits(hard: .seconds(2)))) }
        guard case .timedOut = run.outcome else { throw Unexpected(outcome: run.outcome) }
        try expectGone(file)
    }

    /// Neither of the two processes whose ids the file has is there.
    private func expectGone(_ file: String) throws {
        let processes = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
        #expect(processes.count == 2)
        #expect(eventually(within: 10) { !processes.contains(where: isAlive) })
    }
}
