import Celeriac
import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Testing

@Suite struct SchemesTests {
    @Test func aMisspeltSchemeNamesTheNearestKnownOne() throws {
        let url = try BrokerURL("redsi://localhost:6379/0")
        let error = #expect(throws: TransportError.self) { try Schemes.broker(url) }
        #expect(error?.kind == .misconfigured)
        #expect(error?.description.contains("did you mean redis?") == true)
    }

    @Test func aPasswordNeverStandsInAnError() throws {
        let url = try BrokerURL("nosuch://me:s3cret@localhost/0?ssl_password=s3cret")
        let error = #expect(throws: TransportError.self) { try Schemes.resultBackend(url) }
        #expect(error?.description.contains("s3cret") == false)
        #expect(error?.description.contains("nosuch") == true)
    }
}

@Suite struct NearestTests {
    @Test(arguments: [("redsi", "redis"), ("quues", "queues"), ("wrokers", "workers"), ("Tasks", "tasks")])
    func aSlipOfTheFingerIsForgiven(typed: String, meant: String) {
        #expect(Nearest.match(for: typed, in: ["redis", "queues", "workers", "tasks", "log"]) == meant)
    }

    @Test(arguments: ["", "zzzzzz", "x"]) func whatIsNearNothingMatchesNothing(typed: String) {
        #expect(Nearest.match(for: typed, in: ["redis", "queues"]) == nil)
    }
}

@Suite struct ControlMethodTests {
    @Test func argumentsAreReadInOrderAndByName() throws {
        let method = try #require(ControlMethod.named("rate_limit"))
        #expect(try method.arguments(reading: ["shop.charge", "10/m"]) == ["task_name": "shop.charge", "rate_limit": "10/m"])
        #expect(try method.arguments(reading: ["rate_limit=1/s", "shop.charge"]) == ["rate_limit": "1/s", "task_name": "shop.charge"])
    }

    @Test func theLastListTakesWhatIsLeft() throws {
        let method = try #require(ControlMethod.named("terminate"))
        #expect(try method.arguments(reading: ["SIGKILL", "a", "b"]) == ["signal": "SIGKILL", "task_id": ["a", "b"]])
    }

    @Test(arguments: [("rate_limit", ["x"]), ("pool_grow", ["many"]), ("ping", ["surplus"]), ("autoscale", ["3"])])
    func whatDoesNotFitIsRefusedWithTheUsage(name: String, words: [String]) throws {
        let method = try #require(ControlMethod.named(name))
        #expect(throws: ControlArgumentError.self) { try method.arguments(reading: words) }
    }

    @Test func electionIsNotOffered() { #expect(ControlMethod.named("election") == nil) }
}
