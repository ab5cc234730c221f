import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Testing
import TestSupport

@testable import Celeriac

@Suite struct ProducerTests {
    private func app(_ change: (inout AppConfiguration) -> Void = { _ in }) throws -> App {
        var configuration = AppConfiguration()
        change(&configuration)
        return try App("t", broker: "memory://", resultBackend: "memory://", configuration: configuration)
    }

    @Test func aCallIsInItsQueueWhenItWasSent() async throws {
        let app = try app()
        let add = try app.task("t.add", "x", "y", queue: "sums") { (x: Int, y: Int) in x + y }
        let result = try await add.delay(2, 3)
        let message = try #require(try await app.waiting(in: "sums").first)
        #expect(message.id == result.id && message.name == "t.add" && message.arguments == .known(args: [2, 3], kwargs: [:]))
        #expect(message.root == result.id && message.parent == nil && message.ignoresResult == false)
        #expect(message.argsrepr == "(2, 3)")
    }

    @Test func optionsOfTheCallWinOverThoseOfTheTask() async throws {
        let app = try app { $0.defaultPriority = 5 }
        var options = TaskOptions()
        options.queue = "slow"
        options.expires = .seconds(60)
        let task = try app.task("t.one", options: options, limits: TimeLimits(soft: .seconds(5), hard: .seconds(9))) { 1 }
        try await task.delay()
        let plain = try #require(try await app.waiting(in: "slow").first)
        #expect(plain.hardLimit == 9 && plain.softLimit == 5 && plain.priority == 5 && plain.expires != nil)

        let link = task.si().signature
        try await task.apply(
            options: CallOptions(
                taskID: "mine", eta: 2_000_000_000, queue: "fast", priority: 9, headers: ["trace": "a1"], link: [link], linkError: [link], ignoresResult: true,
                shadow: "one", limits: TimeLimits(hard: .seconds(3)), stamps: ["customer": 7]))
        let own = try #require(try await app.waiting(in: "fast").first)
        #expect(own.id == "mine" && own.eta == 2_000_000_000 && own.priority == 9 && own.hardLimit == 3 && own.softLimit == 5 && own.shadow == "one")
        #expect(own.headers["trace"] == "a1" && own.callbacks == [link.value] && own.errbacks == [link.value] && own.ignoresResult == true)
        #expect(own.stampedHeaders == ["customer"] && own.stamps == ["customer": 7])
    }

    @Test func anUnknownTaskIsSentByName() async throws {
        let app = try app()
        let result = try await app.send("py.add", [1], kwargs: ["y": 2])
        let message = try #require(try await app.waiting().first)
        #expect(message.id == result.id && message.arguments == .known(args: [1], kwargs: ["y": 2]) && message.ignoresResult == nil)
    }

    @Test func manyGoOutInTheirOrder() async throws {
        let app = try app()
        let square = app.remote("py.square", as: ((Int) -> Int).self)
        let results = try await square.delayAll(0..<300)
        var messages: [TaskMessage] = []
        while messages.count < 300 { messages += try await app.waiting() }
        #expect(messages.map(\.id) == results.map(\.id))
        #expect(messages.map(\.arguments) == (0..<300).map { .known(args: [.integer($0)], kwargs: [:]) })
    }

    @Test func whatCannotBeEncodedIsNotSent() async throws {
        let app = try app()
        let task = app.remote("t.stubborn", as: ((Int, Stubborn) -> Int).self)
        let error = await #expect(throws: ArgumentError.self) { try await task.delay(1, Stubborn()) }
        #expect(error?.description.contains("argument 2 of t.stubborn") == true)
        await #expect(throws: ArgumentError.self) { try await (task.s(1, Stubborn()) | task.s(2, Stubborn())).delay() }
    }

    @Test func monitorsAreToldWhenTheyAreToBe() async throws {
        let app = try app { $0.sendsSentEvents = true }
        let listening = Task { [transport = app.transport] in
            for await element in transport.broadcasts(of: "celeryev", queue: "q") {
                if case .message(let envelope, let key) = element { return (try envelope.content(), key) }
            }
            return (Value.null, "")
        }
        // Whoever listens hears what is sent from then on; when that is, nobody tells.
        var event = Value.null, key = ""
        let task = app.remote("py.mail", as: ((String) -> Bool).self)
        async let heard = listening.value
        let sending = Task { while !Task.isCancelled { _ = try await task.delay("hi"); await Task.yield() } }
        (event, key) = try await heard
        sending.cancel()
        #expect(key == "task.sent" && event["type"] == "task-sent" && event["name"] == "py.mail" && event["args"] == "('hi',)")
        #expect(event["queue"] == "celery" && event["exchange"] == "" && event["routing_key"] == "celery" && event["uuid"]?.string?.count == 36)
    }

    @Test func middlewareMayChangeWhatIsSent() async throws {
        let app = try app()
        app.use(TaskMiddleware(willSend: { $0.headers["trace"] = .string("of \($0.name)") }))
        try await app.send("py.add")
        #expect(try await app.waiting().first?.headers["trace"] == "of py.add")
    }
}
