import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Foundation
import OrderedCollections

/// Takes events in until `count` have come and tells how fast; for `Tests/Benchmarks`.
struct BenchIngest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "bench-ingest", abstract: "Measure ingestion.", shouldDisplay: false)
    @OptionGroup var global: GlobalOptions
    @Option var count = 300_000
    @Option(help: "Give up after so many seconds.") var limit: Double = 120

    func run() async throws {
        let session = try Session(global)
        let before = Self.residentBytes()
        let facts = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            Output.line("ready")
            var request = PictureRequest()
            request.tasks = ListQuery(count: 1)
            var reconnects = 0
            var wasLive = true
            var started: Double?
            let usedBefore = Self.processorSeconds()
            let end = Clock.now + limit
            while Clock.now < end {
                let header = await monitor.picture(request).header
                if started == nil, header.eventsTotal > 0 { started = Clock.now }
                let isLive = header.link == .live
                if wasLive, !isLive { reconnects += 1 }
                wasLive = isLive
                if header.eventsTotal + header.eventsDropped >= count { break }
                try await Task.sleep(for: .milliseconds(2))
            }
            let seconds = Clock.now - (started ?? Clock.now)
            let header = await monitor.picture(request).header
            return Value.object([
                "events": .integer(header.eventsTotal), "seconds": .number(seconds), "cpu": .number(Self.processorSeconds() - usedBefore), "peak_rss": .integer(Self.peakBytes()),
                "rss_before": .integer(before), "rss": .integer(Self.residentBytes()), "tasks": .integer(header.tasksHeld), "bytes_held": .integer(header.bytesHeld),
                "dropped": .integer(header.eventsDropped), "unreadable": .integer(header.eventsUnreadable), "reconnects": .integer(reconnects),
            ])
        }
        Output.json(facts)
    }

    private static func usage() -> rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }
    static func processorSeconds() -> Double {
        let used = usage()
        return Double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + Double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6
    }
    static func peakBytes() -> Int { usage().ru_maxrss * 1024 }
    static func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8), let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return 0 }
        return pages * 4096
    }
}
