import Celeriac
import TestSupport

/// A Redis server, a Celery application (`shop.py`) and one of ours on it.
struct MixedCluster {
    let redis: RedisServer
    let python: CeleryApp
    let app: App

    /// - Parameter change: of our app's configuration.
    init(_ change: (inout AppConfiguration) -> Void = { _ in }) async throws {
        redis = try await RedisServer.start()
        let url = "redis://127.0.0.1:\(redis.port)/0"
        // Python's own tasks have a queue of their own.
        python = try CeleryApp(broker: url, settings: "task_routes={'shop.*': 'python'}")
        var configuration = AppConfiguration()
        configuration.worker.name = "swift@test"
        configuration.worker.concurrency = 4
        configuration.routes = [Route("shop.*", queue: "python")]
        change(&configuration)
        app = try App("mixed", broker: url, resultBackend: url, configuration: configuration)
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
