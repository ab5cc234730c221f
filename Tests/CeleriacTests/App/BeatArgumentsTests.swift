import Logging
import Testing

@testable import Celeriac

@Suite struct BeatArgumentsTests {
    private func parse(_ line: String) throws -> BeatArguments { try BeatArguments(line.split(separator: " ").map(String.init)[...], BeatConfiguration()) }

    @Test func theOptionsOfCeleryBeatAreTaken() throws {
        let read = try parse("-S sqlite:///s.db --max-interval=2.5 -l debug")
        #expect(read.configuration.scheduler == "sqlite:///s.db" && read.configuration.maxInterval == .seconds(2.5) && read.logLevel == .debug)
    }

    @Test(arguments: [("--max-interval 0", "--max-interval wants SECONDS, not \"0\""), ("-s file", "unknown option -s; did you mean -S?")])
    func misuseIsToldInWords(line: String, words: String) {
        let error = #expect(throws: Misuse.self) { try parse(line) }
        #expect(error?.description == words)
    }
}
