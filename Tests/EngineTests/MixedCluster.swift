import Celeriac
import TestSupport
import Testing

/// A broker, a Celery application (`shop.py`) and one of ours on it. Results are on Redis.
struct MixedCluster {
    enum Broker: CaseIterable, CustomTestStringConvertible {
        case redis, rabbit, quorum

        /// Those that are installed.
        static let all: [Broker] = [.redis] + (RabbitServer.isThere ? [.rabbit, .quorum] : [])

        var testDescription: String {
            switch self {
            case .redis: "Redis"
            case .rabbit: "RabbitMQ"
            case .quorum: "RabbitMQ, quorum queues"
            }
        }
    }

    let redis: RedisServer
    private let rabbit: RabbitServer?
    let python: CeleryApp
    let app: App

    /// - Parameter change: of our app's configuration.
    init(_ broker: Broker = .redis, _ change: (inout AppConfiguration) -> Void = { _ in }) async throws {
        redis = try await RedisServer.start()
        rabbit = broker == .redis ? nil : try await SharedServer.rabbit.server()
        let backend = "redis://127.0.0.1:\(redis.port)/0"
        let url = try await rabbit?.virtualHost() ?? backend
        // Python's own tasks have a queue of their own.
        var settings = "task_routes={'shop.*': 'python'}"
        if broker == .quorum { settings += ", task_default_queue_type='quorum', task_create_missing_queue_type='quorum'" }
        python = try CeleryApp(broker: url, backend: backend, settings: settings)
        var configuration = AppConfiguration()
        configuration.worker.name = "swift@test"
        configuration.worker.concurrency = 4
        configuration.routes = [Route("shop.*", queue: "python")]
        if broker == .quorum {
            configuration.queues = ["celery", "python"].map { Queue($0, arguments: ["x-queue-type": "quorum"]) }
            configuration.worker.queues = ["celery"]
        }
        change(&configuration)
        app = try App("mixed", broker: url, resultBackend: backend, configuration: configuration)
    }

    /// Runs `body` beside a worker of ours, which ends warm.
    func working(_ body: () async throws -> Void) async throws {
        let worker = Worker(app: app)
        async let end = worker.run()
        do { try await body() } catch {
            worker.shutdown(.cold)
            _ = try await end
            throw error
        }
        worker.shutdown()
        _ = try await end
        await app.close()
    }
}

extension Value {
    /// The last line of what a Python program printed, as JSON.
    init(lastLineOf text: String) throws {
        self = try JSON.decode(String(text.split(separator: "\n").last ?? "null"))
    }
}
