import CeleriacCore
import Foundation
import OrderedCollections
import Testing

@testable import Dashboard

/// Looking at the messages that wait in a queue.
@Suite struct ScreensPeekTests {
    private static func sample(from first: Int = 0, isMarked: Bool) -> QueueSample {
        let messages = (0..<20).map { offset in
            let number = first + offset
            var envelope = Envelope(headers: ["task": "shop.charge", "id": .string("8a1f\(1000 + number)-aaaa"), "argsrepr": .string("('order-\(number)', \u{1b}[31m)")], body: Array("[[], {}, {}]".utf8))
            envelope.contentType = "application/json"
            envelope.contentEncoding = "utf-8"
            envelope.properties = ["priority": .integer(offset % 10), "timestamp": .integer(Int(Sample.now) - 90 - number)]
            if offset == 3 { envelope.headers["eta"] = "2026-11-22T14:40:00+00:00" }
            if offset == 5 { envelope.properties["delivery_info"] = ["redelivered": true] }
            if offset == 7 { envelope.headers = ["odd": 1] }
            return QueueSample.Message(envelope, in: "mail", position: number)
        }
        return QueueSample(queue: "default", first: first, messages: messages, total: 12_482, isMarked: isMarked)
    }

    private func session(marks: Bool, columns: Int = 110) -> Session {
        var session = Session(columns: columns, rows: 30)
        session.state.peekingMarks = marks
        return session
    }

    @Test func whereLookingLeavesNoMarkItIsPagedThrough() throws {
        var session = session(marks: false)
        #expect(session.press("3 p") == [.peek("default", from: 0)])
        #expect(session.state.details.map(\.subject) == [.messages("default")] && session.grid.text.contains("…"))
        session.state.handle(.peeked(Self.sample(isMarked: false)), now: Sample.now)
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages")
        #expect(session.press("]") == [.peek("default", from: 50)])
        session.state.handle(.peeked(Self.sample(from: 50, isMarked: false)), now: Sample.now)
        #expect(session.grid.text.contains("51–70 of 12,482"))
        #expect(session.press("[") == [.peek("default", from: 0)])
        session.state.handle(.peeked(Self.sample(isMarked: false)), now: Sample.now)
        #expect(session.press("[") == [] && session.state.notice?.text == "these are the foremost")
        session.press("j enter")
        #expect(session.state.details.last?.subject == .task("8a1f1000-aaaa", .summary))
    }

    @Test func whereLookingLeavesAMarkItIsAskedFirst() throws {
        var session = session(marks: true)
        #expect(session.press("3 enter p") == [])
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-ask")
        #expect(session.press("enter") == [] && session.state.details.count == 1)
        #expect(session.press("p y") == [.peek("default", from: 0)])
        session.state.handle(.peeked(Self.sample(isMarked: true)), now: Sample.now)
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-sampled")
        #expect(session.grid.text.contains("sampled 20 of 12,482, redelivered flag set"))
        #expect(session.press("]") == [] && session.state.notice?.text == "the broker shows only the foremost messages")
        #expect(session.press("esc") == [] && session.state.details.map(\.subject) == [.queue("default")])
    }

    @Test func itSaysWhyNot() {
        var session = Session(permission: .readOnly)
        session.press("3 p")
        #expect(session.state.details.last?.subject == .messages("default"))
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
        session = self.session(marks: false)
        session.press("3 p")
        session.state.handle(.peekFailed("default", "peek at amqp://h failed: " + String(repeating: "no, ", count: 40) + "never"), now: session.now)
        #expect(session.grid.text.contains("? peek at amqp://h failed: no") && session.grid.text.contains("never"))
    }
}
