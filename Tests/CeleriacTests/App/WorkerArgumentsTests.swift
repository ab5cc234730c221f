import Testing

@testable import Celeriac

@Suite struct WorkerArgumentsTests {
    private func parse(_ line: String) throws -> WorkerArguments { try WorkerArguments(line.split(separator: " ").map(String.init)[...], WorkerConfiguration()) }

    @Test func theOptionsOfCeleryWorkerAreTaken() throws {
        let read = try parse(
            "-Q a,b -c4 -P process --hostname=w1@%h -E -l INFO --autoscale 8,2 --prefetch-multiplier=0 --without-mingle --without-gossip --statedb f")
        let worker = read.configuration
        #expect(worker.queues == ["a", "b"] && worker.concurrency == 4 && worker.pool == .process && worker.name == "w1@%h" && worker.sendsEvents)
        #expect(worker.autoscale == 2...8 && worker.prefetchMultiplier == 0 && !worker.mingles && worker.sendsHeartbeats && worker.stateFile == "f")
        #expect("\(read.logLevel)" == "info")
    }

    @Test(arguments: [
        ("--concurency 3", "unknown option --concurency; did you mean --concurrency?"),
        ("-c", "-c wants COUNT"), ("-c none", "-c wants COUNT, not \"none\""), ("-P threads", "-P wants async/process, not \"threads\""),
        ("--autoscale 2,8", "--autoscale wants MAX,MIN, not \"2,8\""), ("-E=1", "-E takes no value"),
    ])
    func misuseIsToldInWords(line: String, words: String) {
        let error = #expect(throws: Misuse.self) { try parse(line) }
        #expect(error?.description == words)
    }
}
