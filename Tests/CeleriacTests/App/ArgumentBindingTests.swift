import CeleriacCore
import OrderedCollections
import Testing

@testable import Celeriac

@Suite struct ArgumentBindingTests {
    let binding = try? ArgumentBinding(task: "shop.buy", count: 3, parameters: ["item", .optional("count", default: 1), .optional("note")])

    @Test func keywordsAndDefaultsFillWhatPositionsLeave() throws {
        let binding = try #require(binding)
        #expect(try binding.bind(["tea"], [:]) == ["tea", 1, nil])
        #expect(try binding.bind(["tea"], ["note": "hot"]) == ["tea", 1, "hot"])
        #expect(try binding.bind([], ["count": 2, "item": "tea"]) == ["tea", 2, nil])
        #expect(try binding.bind(["tea", 2, "hot"], [:]) == ["tea", 2, "hot"])
    }

    @Test(
        arguments: [
            ([], [:], "missing 1 required positional argument: 'item'"), (["a", 1, "b", "c"], [:], "takes 3 positional arguments but 4 were given"),
            (["a"], ["item": "b"], "got multiple values for argument 'item'"), (["a"], ["colour": "red"], "got an unexpected keyword argument 'colour'"),
        ] as [([Value], Value, String)])
    func whatDoesNotFitIsATypeErrorInPythonsWords(args: [Value], kwargs: Value, cause: String) throws {
        let binding = try #require(binding)
        let error = #expect(throws: CallMismatch.self) { try binding.bind(args, kwargs.object ?? [:]) }
        #expect(error?.stored == StoredException(type: "TypeError", module: "builtins", arguments: [.string("shop.buy() \(cause)")]))
        #expect(error?.isRetryable == false)
    }

    @Test func withoutNamesThereAreNoKeywords() throws {
        let unnamed = try ArgumentBinding(task: "shop.add", count: 2, parameters: [])
        #expect(try unnamed.bind([1, 2], [:]) == [1, 2])
        #expect(throws: CallMismatch.self) { try unnamed.bind([1], ["y": 2]) }
        #expect(throws: CallMismatch.self) { try unnamed.bind([1], [:]) }
    }

    @Test func namesThatAreNotAsManyAsTheArgumentsAreRefused() throws {
        let app = try App("t", broker: "memory://")
        #expect(throws: ArgumentError.self) { try app.task("t.add", "x") { (x: Int, y: Int) in x + y } }
        #expect(throws: ArgumentError.self) { try app.task("t.add", "x", "x") { (x: Int, y: Int) in x + y } }
        #expect(app.taskNames == [])
    }

    @Test func aDefaultThatCannotBeEncodedIsRefused() {
        #expect(throws: ArgumentError.self) { try ArgumentBinding(task: "t", count: 1, parameters: [.optional("x", default: Stubborn())]) }
    }
}

/// Cannot be encoded.
struct Stubborn: Codable, Sendable {
    struct Refusal: Error {}
    init() {}
    init(from decoder: any Decoder) throws { throw Refusal() }
    func encode(to encoder: any Encoder) throws { throw Refusal() }
}
