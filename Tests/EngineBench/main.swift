import Celeriac
import CeleriacCore
import Foundation
import Logging

// The engine's side of Tests/Benchmarks/engine.py.
//
// usage: engine-bench worker | publish COUNT BATCH | roundtrip COUNT     the latter two print figures as JSON
// environment: BROKER; BACKEND, without which results are ignored; for the worker POOL (async), CONCURRENCY (4), EVENTS (1 for task events)

// As the peer beside it, `celery -l ERROR`.
LoggingSystem.bootstrap { label in
    var handler = StreamLogHandler.standardError(label: label)
    handler.logLevel = .error
    return handler
}

let environment = ProcessInfo.processInfo.environment
let words = CommandLine.arguments.dropFirst()
let backend = environment["BACKEND"].flatMap { $0.isEmpty ? nil : $0 }

var configuration = AppConfiguration()
configuration.ignoresResults = backend == nil
configuration.worker.prefetchMultiplier = 64
configuration.worker.concurrency = environment["CONCURRENCY"].flatMap { Int($0) } ?? 4
configuration.worker.pool = environment["POOL"].flatMap(WorkerConfiguration.PoolKind.init(rawValue:)) ?? .async
configuration.worker.sendsEvents = environment["EVENTS"] == "1"
configuration.worker.mingles = false

let app = try App("bench", broker: environment["BROKER"] ?? "redis://127.0.0.1", resultBackend: backend, configuration: configuration)
let noop = try app.task("bench.noop", .optional("x", default: 0)) { (x: Int) in x }

func seconds(_ work: () async throws -> Void) async rethrows -> Double {
    let time = try await ContinuousClock().measure { try await work() }
    return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
}

func number(_ position: Int) -> Int { words.dropFirst(position).first.flatMap { Int($0) } ?? 1 }

if PoolChild.isThisProcess { await PoolChild.run(app) }
switch words.first {
case "worker": exit(try await Worker(app: app).runHeedingSignals())
case "publish":
    let count = number(1), batch = number(2)
    try await noop.delay(0)
    let taken = try await seconds {
        for start in stride(from: 0, to: count, by: batch) {
            if batch == 1 { try await noop.delay(start) } else { try await noop.delayAll(start..<min(count, start + batch)) }
        }
    }
    print(JSON.text(["rate": .number(Double(count) / taken)]))
case "roundtrip":
    var taken: [Double] = []
    for round in 0..<number(1) + 50 {
        let time = try await seconds { _ = try await noop.delay(round).get(timeout: .seconds(60)) }
        if round >= 50 { taken.append(time) }
    }
    taken.sort()
    print(JSON.text(["p50": .number(taken[taken.count / 2]), "p99": .number(taken[taken.count * 99 / 100])]))
default:
    print("usage: engine-bench worker | publish COUNT BATCH | roundtrip COUNT")
    exit(2)
}
