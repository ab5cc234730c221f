import CeleriacCore
import OrderedCollections
import Testing
import TestSupport

@testable import Celeriac

/// What the functions compose is what Celery 5.7 composes: the golden vectors hold its signatures.
@Suite struct CompositionTests {
    let app: App
    init() throws { app = try App("wire", broker: "memory://") }

    private func recorded(_ name: String) throws -> Value {
        let vector = try #require(vectors("messages", prefix: "redis.v2.canvas.\(name)").first, "no vector \(name)")
        return try #require(vector.content["signature"])
    }

    /// Argument `index` of the signature that stands at `path` in the recorded one: those come from a seeded generator.
    private func number(_ signature: Value?, _ index: Int) throws -> Int { try #require(signature?["args"]?.array?[index].integer) }

    var add: TypedTask<Int, Int, Int> { app.remote("wire.add", as: ((Int, Int) -> Int).self) }
    var sum: TypedTask<[Int], Int> { app.remote("wire.tsum", as: (([Int]) -> Int).self) }

    @Test func chains() throws {
        let recorded = try recorded("chain3"), first = recorded["kwargs"]?["tasks"]?.array?.first
        let mul = app.remote("wire.mul", as: ((Int, Int) -> Int).self)
        let composed = add.s(try number(first, 0), try number(first, 1)) | add.partial(2) | mul.partial(3)
        #expect(composed.signature.value.sorted == recorded.sorted)
        #expect(chain(add.s(try number(first, 0), try number(first, 1)), add.partial(2), mul.partial(3), as: Int.self).signature == composed.signature)
    }

    @Test func immutableSteps() throws {
        let recorded = try recorded("chain_immutable"), steps = recorded["kwargs"]?["tasks"]?.array ?? []
        let composed = add.s(try number(steps.first, 0), 1) | add.si(try number(steps.last, 0), 2)
        #expect(composed.signature.value.sorted == recorded.sorted)
    }

    @Test func errorCallbacks() throws {
        let recorded = try recorded("chain_with_on_error"), first = recorded["kwargs"]?["tasks"]?.array?.first
        let errback = app.signature("wire.errback_id")
        let composed = (add.s(1, try number(first, 1)) | add.partial(2)).onError(errback)
        #expect(composed.signature.value.sorted == recorded.sorted)
    }

    @Test func groups() throws {
        let recorded = try recorded("group3.0"), members = recorded["kwargs"]?["tasks"]?.array ?? []
        let composed = group(try members.enumerated().map { add.s($0.offset, try number($0.element, 1)) })
        #expect(composed.signature.value.sorted == recorded.sorted)
    }

    @Test func chords() throws {
        let recorded = try recorded("chord2.0"), header = recorded["kwargs"]?["header"]?.array ?? []
        let calls = [add.s(1, try number(header.first, 1)), add.s(2, 20)]
        #expect(chord(calls, body: sum.partial()).signature.value.sorted == recorded.sorted)
        #expect(chord(group(calls), body: sum.partial()).signature.value.sorted == recorded.sorted)
        #expect(chord(calls[0], calls[1], body: sum.partial()).signature.value.sorted == recorded.sorted)
    }

    @Test func chainsWithinChords() throws {
        let recorded = try recorded("chord_header_chain.0"), header = recorded["kwargs"]?["header"]?.array ?? []
        let inner = add.s(1, try number(header.first?["kwargs"]?["tasks"]?.array?.first, 1)) | add.partial(2)
        #expect(chord(inner, add.s(3, 3), body: sum.partial()).signature.value.sorted == recorded.sorted)
    }

    @Test func chunksMapsAndStarmaps() throws {
        func pairs(_ recorded: Value) -> [(Int, Int)] {
            (recorded["kwargs"]?["it"]?.array ?? []).map { ($0.array?[0].integer ?? 0, $0.array?[1].integer ?? 0) }
        }
        let chunked = try recorded("chunks.0"), starred = try recorded("xstarmap"), mapped = try recorded("xmap")
        #expect(add.chunks(pairs(chunked), of: 2).signature.value.sorted == chunked.sorted)
        #expect(add.starmap(pairs(starred)).signature.value.sorted == starred.sorted)
        #expect(add.map(pairs(starred)).signature.value.sorted == starred.sorted)
        let identity = app.remote("wire.ident", as: ((Int) -> Int).self)
        #expect(identity.map((mapped["kwargs"]?["it"]?.array ?? []).compactMap(\.integer)).signature.value.sorted == mapped.sorted)
    }

    @Test func linksAndOptions() throws {
        let two = try recorded("link_two")
        let text = try #require(two["options"]?["link"]?.array?.last?["args"]?.array?.first?.string)
        let mul = app.signature("wire.mul", [10]), identity = app.remote("wire.ident", as: ((String) -> String).self)
        #expect(add.s(try number(two, 0), 2).link(mul).link(identity.si(text)).signature.value.sorted == two.sorted)

        let optioned = try recorded("signature_options"), queue = try #require(optioned["options"]?["queue"]?.string)
        let options = CallOptions(expires: .seconds(600), queue: QueueName(queue), priority: 3, shadow: "alias", limits: TimeLimits(hard: .seconds(50)))
        #expect(add.s(1, try number(optioned, 1)).set(options).signature.value.sorted == optioned.sorted)
    }

    @Test func stampsReachAllThatIsSent() throws {
        let recorded = try recorded("stamped_group.0"), members = recorded["kwargs"]?["tasks"]?.array ?? []
        let batch = try #require(members.first?["options"]?["batch"])
        let stamps: OrderedDictionary<String, Value> = ["tags": ["a", batch], "batch": batch]
        let composed = group(add.s(try number(members.first, 0), 1), add.s(2, 2)).stamped(stamps)
        #expect(composed.signature.value.sorted == recorded.sorted)
    }

    @Test func aChordsCallbackWaitsForItsBody() throws {
        let composed = chord([add.s(1, 1)], body: sum.partial()).link(add.partial(1))
        #expect(composed.signature.options.isEmpty)
        #expect(composed.signature.kwargs["body"]?["options"]?["link"]?.array?.count == 1)
    }

    @Test func anEmptyGroupCannotBeSent() async throws {
        await #expect(throws: (any Error).self) { try await group([Call<Int>]()).delay() }
    }
}
