import CeleriacBroker
import Testing

@Suite struct ManyAtOnceTests {
    private struct Odd: Error, Equatable { let number: Int }

    @Test(arguments: [0, 1, 127, 128, 129, 1000, 1003]) func theOrderStaysHoweverManyThereAre(count: Int) async {
        let doubled = await mapMany(Array(0..<count)) { $0 * 2 }
        #expect(doubled == (0..<count).map { $0 * 2 })
    }

    @Test func theFirstThatFailsIsTold() async {
        await #expect(throws: Odd(number: 301)) {
            try await mapMany(Array(0..<1000)) { (number) throws(Odd) in
                if number > 300, number % 2 == 1 { throw Odd(number: number) }
                return number
            }
        }
    }
}
