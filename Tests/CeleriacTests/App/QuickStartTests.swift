import Celeriac
import Testing

/// The quick start, as it is written: it imports nothing but the library, and compiles.
@Suite struct QuickStartTests {
    struct Order: Codable { var id: Int, lines: [String: Double] }
    struct Receipt: Codable { var order: Int, total: Double }

    @Test(.timeLimit(.minutes(1))) func tenLinesDefineCallComposeAndRunTasks() async throws {
        let app = try App("shop", broker: "memory://", resultBackend: "memory://")
        let add = try app.task("shop.add", "x", "y") { (x: Int, y: Int) in x + y }
        let total = try app.task("shop.total", "numbers") { (numbers: [Int]) in numbers.reduce(0, +) }
        let charge = try app.task("shop.charge", "order", retry: .backoff(max: 5), limits: .init(soft: .seconds(20), hard: .seconds(30))) {
            (context: TaskContext, order: Order) async throws -> Receipt in
            Receipt(order: order.id, total: order.lines.values.reduce(0, +))
        }

        let worker = Worker(app: app)
        async let end = worker.run()

        #expect(try await add.delay(2, 3).get(timeout: .seconds(30)) == 5)
        #expect(try await charge.delay(Order(id: 7, lines: ["tea": 2.5])).get(timeout: .seconds(30)).total == 2.5)
        let flow = chord(add.s(1, 1), add.s(2, 2), body: total.partial())
        #expect(try await flow.delay().get(timeout: .seconds(30)) == 6)

        worker.shutdown()
        #expect(try await end == 0)
        await app.close()
    }
}
