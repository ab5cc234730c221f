import CeleriacCore
import Foundation
import OrderedCollections
import Testing

@testable import Dashboard

/// Messages as a queue holds them, always the same.
enum MessageSample {
    static let names = ["shop.charge", "mail.send", "reports.nightly"]

    static func message(_ number: Int, in queue: QueueName = "default") -> QueueSample.Message {
        let name = names[number % 3]
        var envelope = Envelope(
            headers: ["lang": "py", "task": .string(name), "id": .string("8a1f\(1000 + number)-aaaa-4222-8333-000000000000"), "argsrepr": .string("('order-\(number)', \u{1b}[31m)"), "kwargsrepr": "{}", "retries": .integer(number % 11 == 0 ? 2 : 0)],
            body: Array("[[\"order-\(number)\", {\"paid\": true}], {\"note\": \"\(number)\"}, {\"callbacks\": null, \"errbacks\": null, \"chain\": null, \"chord\": null}]".utf8))
        envelope.properties = ["priority": .integer(number % 10), "timestamp": .integer(Int(Sample.now) - 90 - number), "correlation_id": envelope.headers["id"] ?? .null]
        if number == 3 { envelope.headers["eta"] = "2026-11-22T14:40:00+00:00" }
        if number == 5 { envelope.properties["delivery_info"] = ["redelivered": true] }
        if number == 7 { envelope.headers = ["odd": 1] }
        return QueueSample.Message(envelope, in: queue, position: number)
    }

    static func sample(of queue: QueueName = "default", from first: Int = 0, count: Int = 200, total: Int = 12_482, isMarked: Bool = false) -> QueueSample {
        QueueSample(queue: queue, first: first, messages: (first..<min(total, first + count)).map { message($0, in: queue) }, total: total, isMarked: isMarked)
    }
}

extension Session {
    /// At the messages of the first queue, all of which `total` says how many there are.
    static func atMessages(columns: Int = 110, rows: Int = 30, total: Int = 12_482, marks: Bool = false, permission: Permission = .act, isProduction: Bool = false) -> Session {
        var session = Session(columns: columns, rows: rows, permission: permission, isProduction: isProduction)
        session.state.peekingMarks = marks
        session.press(marks ? "3 p y" : "3 enter")
        session.take(MessageSample.sample(count: marks ? 50 : 200, total: total, isMarked: marks))
        session.now = Sample.now
        return session
    }

    mutating func take(_ sample: QueueSample) {
        state.handle(.peeked(sample), now: now)
        look()
    }

    /// The message under the cursor.
    var pointed: Int? {
        guard case .message(let message) = state.focus(picture) else { return nil }
        return message.position
    }

    var titleLine: String { grid.text.split(separator: "\n").first { $0.contains("Queue ") }.map(String.init) ?? "" }
}

/// Looking at the messages that wait in a queue.
@Suite struct ScreensMessagesTests {
    @Test func enterOnAQueueListsItsMessagesWhereLookingLeavesNoMark() throws {
        var session = Session(columns: 110, rows: 30)
        #expect(session.press("3 enter") == [.peek("default", from: 0)])
        #expect(session.state.details.map(\.subject) == [.queue("default", .messages)] && session.grid.text.contains("…"))
        session.now = Sample.now
        session.take(MessageSample.sample())
        try ScreensPictureTests().compare(session.grid.text, with: "messages")
        session = .atMessages(columns: 80, rows: 24)
        try ScreensPictureTests().compare(session.grid.text, with: "messages-80x24")
    }

    /// A message that does not tell when it was sent waits at least since it was seen.
    @Test func agesAreToldAsFarAsTheyAreKnown() {
        func sample(_ numbers: [Int]) -> QueueSample {
            let messages = numbers.map { number in
                var message = MessageSample.message(number)
                if number > 0 { message.sentAt = nil }
                return message
            }
            return QueueSample(queue: "default", first: 0, messages: messages, total: messages.count, isMarked: false)
        }
        var session = Session(columns: 110, rows: 30)
        session.press("3 enter")
        session.take(sample([0, 1]))
        func ages() -> [Substring] { session.grid.text.split(separator: "\n").filter { $0.contains("order-") }.map { $0.split(separator: " ").first { $0.first == "≥" || $0 == "?" } ?? "" } }
        #expect(ages() == ["", "?"])
        session.now += 42
        session.take(sample([0, 1, 2]))
        #expect(ages() == ["", "≥42", "?"])
        // Whoever is out of sight for a while is seen anew.
        session.take(sample([0, 2]))
        session.now += 60
        session.take(sample([0, 1, 2]))
        #expect(ages() == ["", "?", "≥1"])
    }

    @Test func windowsComeAsTheCursorMoves() {
        var session = Session.atMessages()
        #expect(session.pointed == 0)
        #expect(session.press("j j j pgdn".replacing("pgdn", with: "page-down")) == [])
        #expect(session.pointed.map { $0 > 20 } == true)
        let effects = session.press("G")
        #expect(effects == [.peek("default", from: 12_282)])
        // Keys that follow before the answer count as well.
        #expect(session.press("k k") == [])
        session.take(MessageSample.sample(from: 12_282))
        #expect(session.pointed == 12_479)
        #expect(session.grid.text.contains("12,482") && session.grid.text.contains("12,480"))
        #expect(session.press("g") == [.peek("default", from: 0)])
        session.take(MessageSample.sample())
        #expect(session.pointed == 0)
    }

    @Test func theCursorKeepsToItsMessage() {
        var session = Session.atMessages()
        session.press("j j j j j j")
        #expect(session.pointed == 6)
        // Four were taken by workers.
        let messages = (4..<204).map { number in
            var message = MessageSample.message(number)
            message.position -= 4
            return message
        }
        session.take(QueueSample(queue: "default", first: 0, messages: messages, total: 12_478, isMarked: false))
        #expect(session.pointed == 2)
        guard case .message(let message) = session.state.focus(session.picture) else { Issue.record("no message"); return }
        #expect(message.task?.id == "8a1f1006-aaaa-4222-8333-000000000000")
        // And then that one.
        session.take(MessageSample.sample(from: 0, count: 200).dropping(7))
        #expect(session.state.whyNot(.copyID, session.picture) == "this message is gone: j selects the next one")
    }

    @Test func aFilterLooksThroughTheWholeQueue() throws {
        var session = Session.atMessages()
        session.press("/")
        // What is there is tried while it is typed.
        #expect(session.type("name:mail.*") == [])
        #expect(!session.grid.text.contains("shop.charge") && session.grid.text.contains("mail.send"))
        let filter = try Filter("name:mail.*")
        #expect(session.press("enter") == [.scan("default", filter, id: 1)])
        var progress = JobProgress()
        (progress.total, progress.looked, progress.found) = (12_482, 3000, 1000)
        let found = (0..<1000).map { MessageSample.message($0 * 3 + 1) }
        session.state.handle(.scanned("default", id: 1, ScanPart(messages: found, havePlaces: false, progress: progress)), now: session.now)
        session.look()
        #expect(session.titleLine.contains("1,000 match; 3,000 of 12,482 looked at"))
        (progress.looked, progress.found) = (12_482, 4160)
        session.state.handle(.scanned("default", id: 1, ScanPart(messages: (0..<2000).map { MessageSample.message($0 * 3 + 1) }, havePlaces: false, progress: progress, isDone: true)), now: session.now)
        session.look()
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-found")
        // An answer to a look that was given up is passed over.
        session.state.handle(.scanned("default", id: 0, ScanPart(messages: found, progress: progress)), now: session.now)
        #expect(session.state.messageLook.scan?.rows.count == 2000)
        session.press("A")
        #expect(session.titleLine.contains("all marked"))
        session.press("esc")
        #expect(session.state.messageLook.scan == nil && !session.state[.messages].marksAllMatching)
    }

    @Test func leavingStopsALook() throws {
        var session = Session.atMessages()
        session.press("/")
        session.type("args~42")
        session.press("enter")
        #expect(session.press("enter") == [])
        #expect(session.press("esc q") == [.stopScan("default")])
    }

    @Test func aLookThatIsStoppedSaysHowFarItCame() throws {
        var session = Session.atMessages()
        session.press("/")
        session.type("name:mail.*")
        session.press("enter")
        #expect(session.grid.text.contains("Ctrl-x stop looking"))
        var progress = JobProgress()
        (progress.total, progress.looked, progress.found) = (12_482, 3000, 1000)
        let part = ScanPart(messages: [MessageSample.message(1)], havePlaces: false, progress: progress)
        session.state.handle(.scanned("default", id: 1, part), now: session.now)
        #expect(session.press("ctrl-x") == [.stopScan("default")])
        // The last word of the look itself comes when it has been stopped.
        var last = part
        last.isDone = true
        session.state.handle(.scanned("default", id: 1, last), now: session.now)
        session.look()
        #expect(session.titleLine.contains("1,000 match; stopped, 3,000 of 12,482 looked at") && !session.grid.text.contains("Ctrl-x"))
    }

    @Test func sortingLooksAtMoreThanIsShown() {
        var session = Session.atMessages()
        #expect(session.press(">") == [.scan("default", nil, id: 1)])
        #expect(session.state[.messages].sort == "position")
        #expect(session.press("> > > >") == [])
        #expect(session.state[.messages].sort == "args")
        var progress = JobProgress()
        (progress.total, progress.looked, progress.found) = (12_482, 2000, 2000)
        session.state.handle(.scanned("default", id: 1, ScanPart(messages: (0..<2000).map { MessageSample.message($0) }, progress: progress, isDone: true)), now: session.now)
        session.press("o j enter g")
        #expect(session.state[.messages].sort == "priority" && !session.state[.messages].ascending)
        #expect(session.pointed.map { $0 % 10 } == 9)
        #expect(session.titleLine.contains("the first 2,000 of 12,482"))
    }

    @Test func marksOutliveTheWindow() {
        var session = Session.atMessages()
        session.press("space j space G")
        session.take(MessageSample.sample(from: 12_282))
        session.press("space")
        #expect(session.state.messageLook.marked.map(\.message.position) == [0, 2, 12_481])
        #expect(session.titleLine.contains("3 marked"))
        session.press("U")
        #expect(session.state.messageLook.marked.isEmpty)
    }

    @Test func aMessageIsShownWhole() throws {
        var session = Session.atMessages()
        session.press("j j j j j enter")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "message")
        session.press("j j")
        #expect(session.state.details.last?.text.selected == .task("8a1f1005-aaaa-4222-8333-000000000000"))
        session.press("esc v")
        let text = session.grid.text
        #expect(text.contains("\"position\": 5") && text.contains("\"args\""))
        session.press("esc")
        guard case .copy(let record)? = session.press("Y").first, let value = try? JSON.decode(record) else { Issue.record("no record"); return }
        #expect(value["body"]?.array?.first == ["order-5", ["paid": true]] && value["envelope"]?["headers"]?["task"] == "reports.nightly" && value["queue"] == "default")
    }

    @Test func messagesAreCountedByTask() throws {
        var session = Session.atMessages()
        #expect(session.press("]") == [.countTasks("default")])
        session.state.handle(.tasksCounted("default", TaskCounts((0..<10_000).map { MessageSample.message($0) }, total: 12_482, at: Sample.now - 1)), now: session.now)
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-by-task")
        session.press("j j")
        #expect(session.press("enter") == [.scan("default", try Filter("name=reports.nightly"), id: 1)])
        #expect(session.state.details.last?.subject == .queue("default", .messages))
    }

    @Test func tasksWithWorkersAreListed() throws {
        var session = Session.atMessages()
        session.press("] ]")
        #expect(session.state.request().tasks?.filter == (try Filter("queue=default (state:received or state:started or state:retry)")))
        session.tasks = (0..<4).map { number in
            var task = Sample.task(number * 9 + 4)
            if number > 1 { task.eta = Sample.now + 90 * Double(number) }
            return task
        }
        session.now = Sample.now
        var picture = session.picture
        picture.tasks = ListPage(rows: session.tasks, matching: 4, total: 4)
        let text = session.state.render(picture, keymap: Sample.keymap).text
        try ScreensPictureTests().compare(text, with: "messages-held")
        for command in [Command.editMessage, .remove, .raw] { #expect(session.state.whyNot(command, picture) == "no task is selected: j or a click selects") }
    }

    @Test func deadLettersTellTheirReasons() throws {
        var session = Session.atMessages()
        #expect(session.press("] ] ]").contains(.peek("default.dead", from: 0)))
        let dead = (0..<30).map { number in
            var envelope = Envelope(headers: ["task": "shop.crash", "id": .string("dead-\(number)")], body: Array("[[], {}, {}]".utf8))
            envelope.headers["x-celeriac-buried"] = number % 3 == 0 ? "it ended its worker 6 times" : "it cannot be read"
            return QueueSample.Message(envelope, in: "default.dead", position: number)
        }
        session.take(QueueSample(queue: "default.dead", first: 0, messages: dead, total: 31, isMarked: false))
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-dead")
        session.press("j enter")
        #expect(session.state.details.last?.subject == .queue("default.dead", .messages))
    }

    @Test func whereLookingLeavesAMarkItIsAskedFirst() throws {
        var session = Session(columns: 110, rows: 30)
        session.state.peekingMarks = true
        #expect(session.press("3 enter") == [])
        #expect(session.state.details.last?.subject == .queue("default", .facts))
        #expect(session.press("]") == [] && session.state.details.last?.subject == .queue("default", .messages))
        #expect(session.grid.text.contains("p asks, and shows up to 50 of them"))
        #expect(session.press("p") == [])
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-ask")
        #expect(session.press("enter") == [] && session.state.details.count == 1)
        #expect(session.press("p y") == [.peek("default", from: 0)])
        session.now = Sample.now
        session.take(MessageSample.sample(count: 50, isMarked: true))
        try ScreensPictureTests().compare(session.grid.text, with: "messages-sampled")
        #expect(session.grid.text.contains("sampled 50 of 12,482, redelivered flag set"))
        // Nothing looks again by itself, whatever is asked of the list.
        #expect(session.press("G > / m a i l enter") == [] && session.state.due(now: session.now + 60) == [])
        session.press("esc")
        #expect(session.press("]") == [] && session.grid.text.contains("the first 50 of 12,482"))
    }

    @Test func theFrontIsLookedAtAgain() {
        var session = Session.atMessages()
        session.take(MessageSample.sample())
        #expect(session.state.due(now: session.now + 1) == [])
        #expect(session.state.due(now: session.now + 2.5) == [.peek("default", from: 0)])
        // Not while that is on its way, nor away from the front.
        #expect(session.state.due(now: session.now + 9) == [])
        session.take(MessageSample.sample())
        session.press("G")
        session.take(MessageSample.sample(from: 12_282))
        #expect(session.state.due(now: session.now + 60) == [])
        #expect(session.press("ctrl-r") == [.refresh, .peek("default", from: 12_282)])
    }

    @Test(arguments: ScreensRobustnessTests.hostile, ["", "enter", "v", "]", "x", "m", "e", "space space x", "> >", "e ctrl-s", "X"]) func noForeignByteReachesTheTerminal(_ text: String, _ keys: String) {
        var session = Session.poisoned(with: text)
        session.press("3 enter")
        let queue = session.state.listedQueue ?? ""
        let messages = (0..<5).map { number in
            var envelope = Envelope(headers: ["task": .string(text), "id": .string("\(number)\(text)"), "argsrepr": .string(text), "x-celeriac-buried": .string(text)], body: Array("[[], {}, {}]".utf8))
            envelope.headers["mine"] = .string(text)
            envelope.properties = ["reply_to": .string(text), "correlation_id": .string(text)]
            if number == 4 { envelope.contentType = text }
            return QueueSample.Message(envelope, in: queue, position: number)
        }
        session.take(QueueSample(queue: queue, first: 0, messages: messages, total: 5, isMarked: false))
        session.state.handle(.tasksCounted(queue, TaskCounts(messages, total: 5, at: session.now)), now: session.now)
        session.press(keys)
        for glyphs in [Glyphs.unicode, .ascii] {
            for cell in session.state.render(session.picture, keymap: Sample.keymap, glyphs: glyphs).cells {
                for scalar in cell.text.unicodeScalars {
                    #expect(scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value) && ![0x202E, 0x2028, 0x200B, 0xFEFF, 0xE0041].contains(scalar.value), "\(keys): U+\(String(scalar.value, radix: 16))")
                }
            }
        }
    }

    @Test func whatIsLeftIsShownWhenTheQueueHasShrunk() {
        var session = Session.atMessages()
        session.press("G")
        session.take(MessageSample.sample(from: 12_282))
        session.press("ctrl-r")
        session.take(QueueSample(queue: "default", first: 12_282, messages: [], total: 300, isMarked: false))
        #expect(!session.grid.text.contains("no message waits"))
        #expect(session.state.due(now: session.now) == [.peek("default", from: 0)])
        session.take(MessageSample.sample(total: 300))
        #expect(session.titleLine.contains("300 messages") && session.grid.text.contains("order-0'"))
    }

    @Test func anEmptyQueueSaysSoAndKeepsSayingIt() throws {
        var session = Session.atMessages(columns: 80, rows: 24, total: 0)
        try ScreensPictureTests().compare(session.grid.text, with: "messages-empty")
        session.take(MessageSample.sample(total: 0))
        // Neither while it is looked at again, nor where the broker has counted none and a look would leave marks.
        #expect(session.state.due(now: session.now + 3) == [.peek("default", from: 0)])
        #expect(session.grid.text.contains("- no message waits"))
        session = Session(columns: 110, rows: 30)
        session.state.peekingMarks = true
        session.queues[0].ready = .known(0)
        session.look()
        session.press("3 enter ]")
        #expect(session.grid.text.contains("- no message waits") && !session.grid.text.contains("p asks"))
    }

    @Test func itSaysWhyNot() {
        var session = Session(permission: .readOnly)
        session.press("3 p")
        #expect(session.state.details.last?.subject == .queue("default", .messages))
        session = Session(permission: .readOnly)
        session.state.peekingMarks = true
        session.press("3 p")
        #expect(session.state.details.isEmpty && session.state.notice?.text.hasPrefix("read-only") == true)
        session = Session()
        session.state.peekingMarks = true
        session.queues[0].traits = QueueTraits(type: "stream", isDurable: true, isAutoDelete: false)
        session.queues[0].traits?.whyNotPeek = "nothing can be taken out of a stream and given back"
        session.look()
        session.press("3 p")
        #expect(session.state.notice?.text == "nothing can be taken out of a stream and given back")
        session = Session(columns: 110, rows: 30)
        session.press("3 p")
        session.state.handle(.peekFailed("default", "peek at amqp://h failed: " + String(repeating: "no, ", count: 40) + "never"), now: session.now)
        #expect(session.grid.text.contains("? peek at amqp://h failed: no") && session.grid.text.contains("never"))
    }
}

extension QueueSample {
    /// Without the messages served first.
    fileprivate func dropping(_ count: Int) -> QueueSample {
        var sample = self
        sample.messages = sample.messages.dropFirst(count).enumerated().map { offset, message in
            var message = message
            message.position = offset
            return message
        }
        sample.total -= count
        return sample
    }
}
