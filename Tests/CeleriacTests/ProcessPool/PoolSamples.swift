@testable import Celeriac
import CeleriacCore
import Glibc
import OrderedCollections
import Synchronization
import TestSupport

/// A pool of `pool-probe` processes, closed after `body`.
func withPool<Answer>(
    _ size: Int, _ options: String..., tasksPerChild: Int? = nil, memoryPerChild: Int? = nil, _ body: (ProcessPool) async throws -> Answer
) async throws -> Answer {
    let path = builtProgram("pool-probe")
    let pool = ProcessPool(
        size: size, program: .init(path: path, arguments: [path] + options), tasksPerChild: tasksPerChild, memoryPerChild: memoryPerChild)
    let answer: Result<Answer, any Error>
    do { answer = .success(try await body(pool)) } catch { answer = .failure(error) }
    await pool.close()
    return try answer.get()
}

extension Job {
    /// A job of the probe's; the definition on this side is never run.
    init(_ task: String, _ args: Value..., kwargs: OrderedDictionary<String, Value> = [:], id: TaskID = TaskID(freshID()), limits: TimeLimits = TimeLimits()) throws {
        var message = try sampleMessage(task, id)
        message.arguments = .known(args: args, kwargs: kwargs)
        self.init(
            request: TaskRequest(message: message, worker: "celery@test", limits: limits),
            definition: TaskDefinition(name: task) { _, _, _ in .null }, args: args, kwargs: kwargs)
    }
}

private let counter = Atomic(0)
func freshID() -> String { "job-\(counter.add(1, ordering: .relaxed).newValue)" }

/// A name and a body of the right shape are all that a message needs.
func sampleMessage(_ task: String, _ id: TaskID) throws -> TaskMessage {
    try TaskMessage(Envelope(headers: ["task": .string(task), "id": .string(id.rawValue)], body: JSON.encode([[], [:], [:]])))
}

extension ProcessPool {
    func run(_ job: Job) async -> TaskRun { await run(job) { _ in } }

    /// Runs it; `meanwhile` gets the process that it began in.
    func run(_ job: Job, meanwhile: @escaping @Sendable (Int32) -> Void) async -> TaskRun { await run(job, started: meanwhile) }
}

extension TaskRun {
    var result: Value? { if case .success(let value) = outcome { value } else { nil } }
    var lossCause: String? { if case .lost(let cause) = outcome { cause } else { nil } }
}

func isAlive(_ process: Int32) -> Bool { ProcessTable.isRunning(process) }
