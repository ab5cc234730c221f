import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import Foundation
import OrderedCollections
import TestSupport
import Testing

@Suite struct FileSchedulesTests {
    /// A file for one test, with its store.
    final class Place: Sendable {
        let folder: URL
        let store: FileSchedules

        init(_ text: String) throws {
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("schedule-\(UUID().uuidString.prefix(8))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(to: folder.appendingPathComponent("s.toml"), atomically: true, encoding: .utf8)
            store = FileSchedules("file:" + folder.appendingPathComponent("s.toml").path)
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        var text: String { (try? String(contentsOf: folder.appendingPathComponent("s.toml"), encoding: .utf8)) ?? "" }

        func edit(_ name: String, _ change: (inout ScheduleEntry) -> Void) async throws {
            let read = try #require(try await store.entry(name))
            var entry = read.entry
            change(&entry)
            guard case .done = try await store.save(entry, replacing: read) else { throw Program.Missing(description: "conflict") }
        }
    }

    static let mine = """
        # Mine.
        title = "x"   # kept

        [other]
        text = \"""
        [entries.fake]
        task = "no"
        \"""
          list = [ 1,
        [ 2 ], # [entries.fake]
        ]

        [entries.a]  # first
        task = 'shop.add'
        every = 60
        # about args
        args = [
          1, 2
        ]

        # about b
        [entries."b.c".kwargs]
        k = "v"
        # between

        [entries . "b.c"]
        task = "shop.mul"
        crontab = "*/5 * * * *"
        # the end
        """

    @Test func whatPeopleWriteIsRead() async throws {
        let place = try Place(Self.mine)
        let entries = try await place.store.entries()
        #expect(entries.map(\.entry.name) == ["a", "b.c"])
        #expect(entries.allSatisfy { $0.problem == nil })
        #expect(entries[0].entry.args == [1, 2])
        #expect(entries[1].entry.kwargs == ["k": "v"])
        #expect(entries[1].entry.schedule == .crontab(try CrontabSchedule(minute: "*/5")))
    }

    @Test func anEditReplacesItsOwnLinesAlone() async throws {
        let place = try Place(Self.mine)
        try await place.edit("a") { $0.args = [3] }
        let expected = Self.mine.replacing(
            "[entries.a]  # first\ntask = 'shop.add'\nevery = 60\n# about args\nargs = [\n  1, 2\n]\n", with: "[entries.a]\ntask = \"shop.add\"\nevery = 60\nargs = [3]\n")
        #expect(place.text == expected)
        // One that stands in two tables becomes one, where the first of them was.
        try await place.edit("b.c") { $0.task = "shop.div" }
        #expect(
            place.text
                == expected.replacing(
                    "[entries.\"b.c\".kwargs]\nk = \"v\"\n", with: "[entries.\"b.c\"]\ntask = \"shop.div\"\ncrontab = \"*/5 * * * *\"\nkwargs = { k = \"v\" }\n"
                ).replacing("[entries . \"b.c\"]\ntask = \"shop.mul\"\ncrontab = \"*/5 * * * *\"\n", with: ""))
    }

    @Test func addingAndRemovingKeepAllElse() async throws {
        let place = try Place(Self.mine)
        let entry = ScheduleEntry("new one", task: "t", schedule: .interval(IntervalSchedule(every: 0.5)))
        guard case .done(let stored) = try await place.store.save(entry, replacing: nil) else { throw Program.Missing(description: "conflict") }
        let block = "\n\n[entries.\"new one\"]\ntask = \"t\"\nevery = 0.5\n"
        #expect(place.text == Self.mine + block)
        guard case .done = try await place.store.remove(stored) else { throw Program.Missing(description: "conflict") }
        #expect(place.text == Self.mine + "\n\n")
        // Runs do not touch it.
        try await place.store.record([RecordedRun(name: "a", lastRun: 1.5, runs: 2, nextDue: nil)])
        #expect(place.text == Self.mine + "\n\n")
        #expect(try await place.store.entry("a")?.entry.runs == 2)
    }

    @Test func otherWaysToWriteAnEntryAreReadButNotEdited() async throws {
        let text = "[entries]\na = { task = \"t\", every = 1 }\nb.task = \"t\"\nb.every = 2\n"
        let place = try Place(text)
        let entries = try await place.store.entries()
        #expect(entries.map(\.problem) == [nil, nil])
        let error = await #expect(throws: TransportError.self) { try await place.edit("a") { $0.task = "u" } }
        #expect(error?.hint?.contains("[entries.NAME]") == true)
        #expect(place.text == text)
    }

    @Test(arguments: [
        ("task = 1\nevery = 5", "task must be a text"), ("task = \"t\"", "no schedule"), ("task = \"t\"\nevery = 1\ncrontab = \"* * * * *\"", "several"),
        ("task = \"t\"\nevery = 0", "every"), ("task = \"t\"\nevry = 5\nevery = 1", "did you mean every?"), ("task = \"t\"\ncrontab = \"61 * * * *\"", "crontab"),
        ("task = \"t\"\nevery = 1\nargs_json = \"[\"", "args_json"), ("task = \"t\"\nat = 07:00:00", "at"), ("task = \"t\"\nsolar = \"noon\"", "solar"),
        ("task = \"t\"\nrrule = { freq = 9 }", "rrule"), ("every = 1", "no task"), ("task = \"t\"\nevery = nan", "every"),
    ])
    func whatBeatCannotRunSaysWhy(body: String, word: String) async throws {
        let place = try Place("[entries.x]\n" + body + "\n[entries.y]\ntask = \"t\"\nevery = 1\n")
        let entries = try await place.store.entries()
        #expect(entries.map(\.entry.name) == ["x", "y"])
        #expect(entries[0].problem?.contains(word) == true, "\(entries[0].problem ?? "none")")
        #expect(entries[1].problem == nil)
        // It can be mended.
        try await place.edit("x") { $0 = ScheduleEntry("x", task: "t", schedule: .interval(IntervalSchedule(every: 2))) }
        #expect(try await place.store.entry("x")?.problem == nil)
    }

    @Test(arguments: ["[", "a = \"", "[entries", "entries = 5", "x = [[[[", "[entries.x]\na = '''", "\u{0}", "= =", "[entries]\n[entries]"])
    func whatIsNoTOMLIsToldAndLeftAlone(text: String) async throws {
        let place = try Place(text)
        let error = await #expect(throws: TransportError.self) { try await place.store.entries() }
        #expect(error?.kind == .garbled)
        await #expect(throws: TransportError.self) {
            try await place.store.save(ScheduleEntry("n", task: "t", schedule: .interval(IntervalSchedule(every: 1))), replacing: nil)
        }
        #expect(place.text == text)
    }

    @Test func aBrokenStateCostsTheRunTimesOnly() async throws {
        let place = try Place(Self.mine)
        for text in ["{", "[]", "{\"runs\": 5, \"leader\": []}", "{\"runs\": {\"a\": [], \"b.c\": {\"total_run_count\": -5, \"last_run_at\": \"x\"}}}"] {
            try text.write(to: place.folder.appendingPathComponent("s.toml.state"), atomically: true, encoding: .utf8)
            #expect(try await place.store.entries().map(\.entry.runs) == [0, 0])
            #expect(try await place.store.leader() == nil)
        }
        try await place.store.record([RecordedRun(name: "a", lastRun: 1, runs: 1, nextDue: nil)])
        #expect(try await place.store.entry("a")?.entry.lastRun == 1)
    }

    @Test func aFileThatIsNotThereIsToldAndMade() async throws {
        let place = try Place("")
        try FileManager.default.removeItem(at: place.folder.appendingPathComponent("s.toml"))
        let error = await #expect(throws: TransportError.self) { try await place.store.entries() }
        #expect(error?.kind == .unreachable)
        guard case .done = try await place.store.save(ScheduleEntry("n", task: "t", schedule: .interval(IntervalSchedule(every: 1))), replacing: nil) else {
            throw Program.Missing(description: "conflict")
        }
        #expect(place.text == "[entries.n]\ntask = \"t\"\nevery = 1\n")
    }

    /// Whatever stands around it, an edit changes its own entry and nothing else.
    @Test(arguments: UInt64(0)..<60) func allElseStaysByteForByte(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let junk = ["# c\n", "\n", "\n\n", "  \t\n", "# [entries.n]\n", "#\r\n"]
        let bodies = [
            "task = \"t\"\nevery = 1\n", "every=1.5\ntask='t'\n", "task = \"\"\"\nt\n[x]\"\"\"\nevery = 1\n", "task = '''a'b''c'''\nevery = 1\nargs = [\"]\", '[', # ]\n]\n",
            "  task = \"a\\\"#\"\n\tcrontab = \"* * * * *\"\nkwargs = { a = \"}\", b = [ '{' ] }\n", "task = \"t\"\r\nevery = 1\r\n",
        ]
        var parts: [String] = []
        for index in 0..<Int.random(in: 1...6, using: &random) {
            parts.append((0..<Int.random(in: 0...3, using: &random)).map { _ in junk.randomElement(using: &random) ?? "" }.joined())
            parts.append("[entries.e\(index)]\n" + (bodies.randomElement(using: &random) ?? ""))
        }
        parts.append(junk.randomElement(using: &random) ?? "")
        let place = try Place(parts.joined())
        let index = Int.random(in: 0..<parts.count / 2, using: &random)
        try await place.edit("e\(index)") { $0.note = "[entries.z]" }
        #expect(place.text.hasPrefix(parts[0..<(index * 2 + 1)].joined()), "seed \(seed)")
        #expect(place.text.hasSuffix(parts[(index * 2 + 2)...].joined()), "seed \(seed)")
        #expect(try await place.store.entries().count == parts.count / 2)
    }
}
