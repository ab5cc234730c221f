import Celeriac
import CeleriacAMQP
import CeleriacBroker
import TestSupport
import Testing

@Suite(.enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .timeLimit(.minutes(2))) struct QuorumCountTests {
    /// A quorum queue counts whenever a message comes back, whoever held it: who looked at it, or a worker that ended before it had begun it.
    @Test func whatWasGivenBackOftenIsRunAllTheSame() async throws {
        let server = try await SharedServer.rabbit.server(), url = try await server.virtualHost()
        let queue = Queue("q", arguments: ["x-queue-type": "quorum"])
        var configuration = AppConfiguration()
        configuration.worker.name = "swift@test"
        configuration.queues = [queue]
        configuration.defaultQueue = "q"
        let app = try App("counted", broker: url, resultBackend: "rpc://", configuration: configuration)
        let add = try app.task("swift.add", "x", "y") { (x: Int, y: Int) in x + y }
        let result = try await add.delay(2, 3)
        let transport = try AMQPTransport(BrokerURL(url)), consumer = transport.consumer(owner: "looker@test")
        consumer.setPrefetch(1)
        try await consumer.consume(queue)
        var counted = 0
        for _ in 0...2 * configuration.poisonLimit {
            let delivery = try #require(try await consumer.next().first)
            if case .envelope(let envelope) = delivery.content { counted = envelope.headers["x-delivery-count"]?.integer ?? 0 }
            try await consumer.settle([.release(delivery.tag)])
        }
        #expect(counted == 2 * configuration.poisonLimit)
        await consumer.close()
        await transport.close()

        let worker = Worker(app: app)
        async let end = worker.run()
        #expect(try await result.get(timeout: .seconds(30)) == 5)
        worker.shutdown()
        _ = try await end
        await app.close()
    }
}
