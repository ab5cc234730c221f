import CeleriacBroker
import CeleriacCore
import Testing

@testable import Celeriac

@Suite struct RouterTests {
    private func router(_ change: (inout AppConfiguration) -> Void = { _ in }) -> Router {
        var configuration = AppConfiguration()
        configuration.routes = [
            Route("mail.*", queue: "mail", priority: 3), Route("mail.send", queue: "fast"), Route("mail.b?t", queue: "never"),
            Route("log.*", exchange: "logs", routingKey: "log.a"),
        ]
        configuration.queues = [Queue("celery"), Queue("mail"), Queue("fast"), Queue("news", exchange: "papers", exchangeType: .topic, routingKey: "news.#")]
        change(&configuration)
        return Router(configuration)
    }

    private func call(_ name: String, queue: QueueName? = nil, priority: Int? = nil) -> TaskCall {
        var call = TaskCall(id: "1", name: name)
        call.queue = queue
        call.priority = priority
        return call
    }

    @Test func theExactNameGoesBeforePatterns() throws {
        #expect(try router().destination(of: call("mail.send")) == Router.Destination(queue: "fast", exchange: "", routingKey: "fast", declared: Queue("fast")))
        #expect(
            try router().destination(of: call("mail.bulk"))
                == Router.Destination(queue: "mail", exchange: "", routingKey: "mail", priority: 3, declared: Queue("mail")))
        #expect(try router().destination(of: call("shop.add")).queue == "celery")
    }

    @Test func whatTheCallSaysWinsAndTheRouteFillsTheRest() throws {
        let destination = try router().destination(of: call("mail.bulk", queue: "fast"))
        #expect(destination == Router.Destination(queue: "fast", exchange: "", routingKey: "fast", priority: 3, declared: Queue("fast")))
        #expect(try router().destination(of: call("mail.bulk", priority: 9)).priority == 9)
    }

    @Test func aQueueOfAnotherExchangeIsReachedThroughIt() throws {
        let destination = try router().destination(of: call("shop.add", queue: "news"))
        #expect(destination.exchange == "papers" && destination.routingKey == "news.#" && destination.declared?.name == "news")
        let logs = try router().destination(of: call("log.write"))
        #expect(logs.exchange == "logs" && logs.routingKey == "log.a" && logs.declared == nil)
    }

    @Test func missingQueuesAreMadeOrRefused() throws {
        #expect(try router().destination(of: call("shop.add", queue: "fsat")).routingKey == "fsat")
        let strict = router { $0.createsMissingQueues = false }
        let error = #expect(throws: TransportError.self) { try strict.destination(of: call("shop.add", queue: "fsat")) }
        #expect(error?.hint == "did you mean fast?")
    }

    /// Verdicts of Python's `fnmatch.fnmatchcase`.
    @Test(arguments: [
        ("mail.*", "mail.send", true), ("mail.*", "mail.", true), ("mail.*", "amail.x", false), ("*", "", true), ("*.b*.c", "a.bb.b.c", true),
        ("*.b*.c", "a.bb.b.cd", false), ("a?c", "abc", true), ("a?c", "ac", false), ("[ab]*", "bx", true), ("[!ab]*", "bx", false), ("[!ab]*", "cx", true),
        ("[a-c]x*", "bx", true), ("[a-c]x*", "dx", false), ("[]]*", "]y", true), ("[*", "[z", true), ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
    ])
    func patternsAreThoseOfAShell(pattern: String, text: String, fits: Bool) { #expect(GlobPattern(pattern).matches(text) == fits) }
}
