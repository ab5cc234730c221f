import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@testable import Celeriac

@Suite struct TaskExecutionTests {
    let app: App
    init() throws { app = try App("t", broker: "memory://", resultBackend: "memory://") }

    /// Runs a registered task as a worker would.
    private func run(
        _ name: String, _ args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], retries: Int = 0, limits: TimeLimits = TimeLimits()
    ) async throws -> TaskRun {
        let definition = try #require(app.definition(of: name))
        var call = TaskCall(id: "run", name: name, args: args, kwargs: kwargs)
        call.retries = retries
        let message = try TaskMessage(call.envelope(now: 0, replyTo: "r", origin: "o"))
        let request = TaskRequest(message: message, worker: "w@h", limits: limits)
        return await app.execute(Job(request: request, definition: definition, args: args, kwargs: kwargs))
    }

    private func failure(_ run: TaskRun) -> StoredException? { if case .failure(let exception, _) = run.outcome { exception } else { nil } }
    private func value(_ run: TaskRun) -> Value? { if case .success(let value) = run.outcome { value } else { nil } }
    private func retry(_ run: TaskRun) -> TaskOutcome.Retry? { if case .retry(let retry) = run.outcome { retry } else { nil } }

    struct Order: Codable, Hashable { var id: Int, lines: [String: Double] }
    enum ShopError: Error { case closed }

    @Test func codableArgumentsComeInAndResultsGoOut() async throws {
        try app.task("t.bill", "order", .optional("rate", default: 2.0)) { (order: Order, rate: Double) -> Order in
            Order(id: order.id, lines: order.lines.mapValues { $0 * rate })
        }
        let order: Value = ["id": 7, "lines": ["tea": 1.5]]
        #expect(value(try await run("t.bill", [order]))?.sorted == (["id": 7, "lines": ["tea": 3.0]] as Value).sorted)
        #expect(value(try await run("t.bill", kwargs: ["order": order, "rate": 4]))?["lines"]?["tea"] == 6.0)
    }

    @Test func nothingReturnedIsNull() async throws {
        try app.task("t.nothing", "x") { (x: Int) in _ = x }
        #expect(value(try await run("t.nothing", [1])) == .null)
    }

    @Test func anArgumentOfTheWrongTypeFailsWithoutRetries() async throws {
        try app.task("t.half", "x", retry: .fixed(.seconds(1))) { (x: Int) in x / 2 }
        let exception = failure(try await run("t.half", ["seven"]))
        #expect(exception?.type == "TypeError")
        #expect(exception?.arguments.first?.string?.contains("argument 'x'") == true)
    }

    @Test func anErrorIsStoredUnderItsTypesName() async throws {
        try app.task("t.shut") { () throws -> Int in throw ShopError.closed }
        #expect(failure(try await run("t.shut")) == StoredException(type: "TaskExecutionTests.ShopError", module: "swift", arguments: ["closed"]))
    }

    @Test func anErrorMayChooseWhatPythonSees() async throws {
        let valueError = StoredException(type: "ValueError", module: "builtins", arguments: ["no such order", 7])
        try app.task("t.python") { () throws -> Int in throw valueError }
        #expect(failure(try await run("t.python")) == valueError)
    }

    @Test func errorsAreRetriedUntilTheLimit() async throws {
        try app.task("t.flaky", retry: .fixed(.seconds(10), max: 2)) { () throws -> Int in throw ShopError.closed }
        let before = secondsSince1970()
        let first = try #require(retry(try await run("t.flaky", retries: 1)))
        #expect(try #require(first.eta) >= before + 10)
        #expect(first.exception?.type == "TaskExecutionTests.ShopError")
        #expect(failure(try await run("t.flaky", retries: 2))?.type == "TaskExecutionTests.ShopError")
    }

    @Test func theTaskAsksForARetryItself() async throws {
        try app.task("t.later", "n") { (context: TaskContext, n: Int) -> Int in try context.retry(after: .zero, max: 1, args: [.integer(n + 1)]) }
        let again = try #require(retry(try await run("t.later", [1])))
        #expect(again.eta == nil && again.args == [2] && again.exception == nil)
        let last = failure(try await run("t.later", [1], retries: 1))
        #expect(
            last == StoredException(type: "MaxRetriesExceededError", module: "celery.exceptions", arguments: ["Can't retry t.later[run] args:(2,) kwargs:{}"]))
    }

    @Test func aTaskRejectsAndIgnores() async throws {
        try app.task("t.no") { (context: TaskContext) -> Int in try context.reject("not here", requeue: true) }
        try app.task("t.skip") { (context: TaskContext) -> Int in try context.ignore() }
        guard case .rejected("not here", requeue: true) = try await run("t.no").outcome else { throw ShopError.closed }
        guard case .ignored = try await run("t.skip").outcome else { throw ShopError.closed }
    }

    @Test func theSoftLimitCancelsAndIsTold() async throws {
        try app.task("t.long") { (context: TaskContext) async throws -> Bool in
            do { try await Task.sleep(for: .seconds(60)) } catch { return context.isSoftLimitReached }
            return false
        }
        try app.task("t.longer") { () async throws -> Bool in
            try await Task.sleep(for: .seconds(60))
            return false
        }
        let limits = TimeLimits(soft: .milliseconds(20))
        #expect(value(try await run("t.long", limits: limits)) == true)
        #expect(failure(try await run("t.longer", limits: limits)) == .softTimeLimit)
    }

    @Test func whatATaskSendsAreItsChildren() async throws {
        let child = try app.task("t.child") { 1 }
        try app.task("t.parent") { () async throws -> String in try await child.delay().id.rawValue }
        let run = try await run("t.parent")
        let id = try #require(value(run)?.string)
        #expect(run.children == [[[.string(id), nil], nil]])
        let message = try #require(try await app.waiting().first)
        #expect(message.parent == "run" && message.root == "run")
    }

    @Test func progressIsStoredUnderTheTasksId() async throws {
        try app.task("t.slow") { (context: TaskContext) async throws -> Int in
            try await context.updateState("PROGRESS", meta: ["done": 3, "of": 4])
            return 4
        }
        _ = try await run("t.slow")
        let result = app.result(of: "run")
        #expect(try await result.state == "PROGRESS")
        #expect(try await result.info["done"] == 3)
    }

    @Test func middlewareIsAroundEachRun() async throws {
        let log = Log()
        app.use(TaskMiddleware(willRun: { log.add("in 1 \($0.id)") }, didRun: { context, outcome in if case .success = outcome { log.add("out 1") } }))
        app.use(TaskMiddleware(willRun: { _ in log.add("in 2") }, didRun: { _, _ in log.add("out 2") }))
        try app.task("t.one") { 1 }
        _ = try await run("t.one")
        #expect(log.lines == ["in 1 run", "in 2", "out 2", "out 1"])
    }
}
