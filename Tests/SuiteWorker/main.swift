import Celeriac
import CeleriacBroker
import CeleriacCore
import Foundation

// A worker with the tasks of Celery's own integration suite and of the fault tests, in Swift.
//
// usage: suite-worker [publish]     publish: sends tasks instead, by what comes in on standard input
// environment: TEST_BROKER, TEST_BACKEND, NODENAME, CONCURRENCY (1), POOL (async), REDIS_HOST and REDIS_PORT for the tasks that keep counters there,
// LEDGER: the port of the fault tests' ledger, QUEUE_TYPE of the default queue (RabbitMQ's x-queue-type), PUBLISH_RETRIES (3).

let environment = ProcessInfo.processInfo.environment
var configuration = AppConfiguration()
configuration.resultsAreExtended = true
configuration.createsMissingQueues = false
configuration.worker.name = environment["NODENAME"]
configuration.worker.concurrency = environment["CONCURRENCY"].flatMap { Int($0) } ?? 1
configuration.worker.pool = environment["POOL"].flatMap(WorkerConfiguration.PoolKind.init(rawValue:)) ?? .async
if let type = environment["QUEUE_TYPE"] { configuration.queues = [Queue(configuration.defaultQueue, arguments: ["x-queue-type": .string(type)])] }
if let retries = environment["PUBLISH_RETRIES"].flatMap({ Int($0) }) { configuration.publishRetries = retries }

let app = try App("suite", broker: environment["TEST_BROKER"] ?? "redis://127.0.0.1", resultBackend: environment["TEST_BACKEND"], configuration: configuration)
let redis = RedisNotebook(host: environment["REDIS_HOST"] ?? "127.0.0.1", port: environment["REDIS_PORT"].flatMap { Int($0) } ?? 6379)
try registerNumberTasks(app)
try registerCanvasTasks(app)
try registerEndingTasks(app)
try registerNotebookTasks(app, redis)
if let port = environment["LEDGER"].flatMap({ Int($0) }) { try registerLedgerTask(app, RedisNotebook(host: "127.0.0.1", port: port)) }
if PoolChild.isThisProcess { await PoolChild.run(app) }
if CommandLine.arguments.dropFirst().first == "publish" {
    await publishLines(app)
    exit(0)
}
exit(try await Worker(app: app).runHeedingSignals())
