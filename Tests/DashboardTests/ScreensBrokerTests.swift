import CeleriacCore
import Foundation
import OrderedCollections
import Testing

@testable import Dashboard

/// A broker that tells of itself and of how its queues were made, as RabbitMQ does.
@Suite struct ScreensBrokerTests {
    private static func session(columns: Int, rows: Int, knows: Bool = true, _ change: (inout BrokerStanding) -> Void = { _ in }) -> Session {
        var session = Session(columns: columns, rows: rows)
        session.queues = knows ? told : asked
        session.state.peekingMarks = true
        var standing = BrokerStanding()
        if knows {
            (standing.product, standing.alarms, standing.connections, standing.blockedConnections, standing.held) = ("RabbitMQ 3.10.8", [], 11, 0, 31)
        } else {
            standing.hint = "rabbitmq-plugins enable rabbitmq_management tells unacked, rates, types and all queues: nobody answers at http://127.0.0.1:15672 (Connection refused)"
        }
        change(&standing)
        session.header.standing = standing
        session.look()
        session.look()
        return session
    }

    static let told: [QueueRow] = {
        func queue(_ name: String, _ type: String, ready: Int, unacked: Int, consumers: Int, in inRate: Double = 0, out outRate: Double = 0) -> QueueRow {
            var row = QueueRow(name: QueueName(name))
            (row.ready, row.unacked, row.consumers, row.eta) = (.known(ready), .known(unacked), .known(consumers), .noAnswer(last: nil, at: nil))
            (row.inRate, row.outRate, row.oldestAge) = (.known(inRate), .known(outRate), ready == 0 ? .notApplicable : .noAnswer(last: nil, at: nil))
            row.drain = ready == 0 ? .known(0) : .known(outRate > inRate ? Double(ready) / (outRate - inRate) : .infinity)
            row.traits = QueueTraits(type: type, isDurable: true, isAutoDelete: false)
            row.deadLetters = DeadLetters()
            row.history = (0..<60).map { Double($0 % 9) }
            return row
        }
        var mail = queue("mail", "classic", ready: 12, unacked: 8, consumers: 1, in: 5, out: 5.2), reports = queue("reports", "quorum", ready: 188, unacked: 3, consumers: 2, in: 2, out: 5)
        mail.traits?.arguments = ["x-max-priority": 9, "x-message-ttl": 600_000, "x-ours": ["a": 1]]
        mail.deadLetters?.poison = .init(queue: "mail.dead", ready: 3)
        reports.traits?.arguments = ["x-queue-type": "quorum", "x-delivery-limit": 5, "x-dead-letter-exchange": "graveyard"]
        reports.traits?.policies = ["short"]
        reports.traits?.policyArguments = ["max-length": 50_000, "overflow": "reject-publish"]
        reports.traits?.members = 3
        reports.traits?.membersOnline = 2
        reports.deadLetters = DeadLetters(exchange: "graveyard", places: [.init(queue: "graves", ready: 12)])
        var lost = queue("lost", "stream", ready: 0, unacked: 0, consumers: 0)
        lost.deadLetters = DeadLetters(exchange: "nowhere", places: [])
        return [queue("graves", "classic", ready: 12, unacked: 0, consumers: 0), lost, mail, queue("mail.dead", "classic", ready: 3, unacked: 0, consumers: 0), reports]
    }()

    /// Without the management plugin.
    static let asked: [QueueRow] = told.map { told in
        var row = QueueRow(name: told.name)
        (row.ready, row.consumers, row.history) = (told.ready, told.consumers, told.history)
        for path in [\QueueRow.inRate, \.outRate, \.drain, \.oldestAge] { row[keyPath: path] = .noAnswer(last: nil, at: nil) }
        (row.unacked, row.eta) = (.noAnswer(last: nil, at: nil), .noAnswer(last: nil, at: nil))
        row.deadLetters = DeadLetters(poison: told.deadLetters?.poison)
        return row
    }

    private static let views = [("rabbit-queues", "3"), ("rabbit-overview", "1"), ("rabbit-queue-mail", "3 j j enter"), ("rabbit-queue-reports", "3 G enter")]
    private static let cases = views.flatMap { view in ScreensPictureTests.sizes.map { (view.0, view.1, $0.0, $0.1) } }

    @Test(arguments: cases) func looksAsRecorded(_ name: String, _ keys: String, _ columns: Int, _ rows: Int) throws {
        var session = Self.session(columns: columns, rows: rows) { standing in
            (standing.unroutable, standing.unroutableAt, standing.deadEnds) = (9, Sample.now - 3, ["shop"])
        }
        session.press(keys)
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "\(name)-\(columns)x\(rows)")
    }

    @Test func alarmsAndBlockedConnectionsAreToldInHeaderAndQueues() throws {
        var session = Self.session(columns: 120, rows: 24) { standing in
            standing.alarms = [.init("short of memory", on: "rabbit@a", blocks: true)]
            standing.blockedConnections = 4
        }
        session.press("3")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "rabbit-alarm")
        #expect(session.grid.text.split(separator: "\n")[0].contains("blocked: short of memory"))
        session = Self.session(columns: 80, rows: 24, knows: false) { $0.blockedReason = "low on disk" }
        #expect(session.grid.text.split(separator: "\n")[0].contains("blocked: low on disk"))
        #expect(session.grid.text.contains("the broker takes no messages from us: low on disk"))
    }

    @Test func whatIsNotKnownSaysSoOnceAndHowToKnowIt() throws {
        for (name, keys) in [("rabbit-asked-queues", "3"), ("rabbit-asked-queue", "3 j j enter"), ("rabbit-asked-overview", "1")] {
            var session = Self.session(columns: 100, rows: 30, knows: false)
            session.press(keys)
            session.now = Sample.now
            try ScreensPictureTests().compare(session.grid.text, with: name)
            #expect(session.grid.text.components(separatedBy: "rabbitmq-plugins").count == (keys == "1" ? 1 : 2), "\(name)")
        }
    }

    @Test func deadLettersLeadToTheirQueue() {
        var session = Self.session(columns: 100, rows: 30)
        session.press("3 G enter j enter")
        #expect(session.state.details.last?.subject == .queue("graves", .facts))
        session = Self.session(columns: 100, rows: 40)
        session.press("3 j enter")
        #expect(session.grid.text.contains("lost: no queue is bound to the exchange nowhere"))
    }

    @Test func queuesSortAndAreFoundByType() {
        var session = Self.session(columns: 100, rows: 30)
        session.press("3 >")
        #expect(session.state[.queues].sort == "name")
        session.press(">")
        #expect(session.state[.queues].sort == "type" && session.state[.queues].ascending)
    }

    @Test(arguments: [
        ("x-message-ttl", 90_000, "messages expire after 1 m 30 s"), ("message-ttl", 250, "messages expire after 250 ms"), ("x-max-length-bytes", 5_000_000, "at most 5.0 MB"),
        ("x-expires", 3_600_000, "deleted when nobody has used it for 1 h"), ("x-max-length", 1, "at most 1 message"), ("delivery-limit", -1, "delivered any number of times"),
    ]) func argumentsAreToldInWords(_ name: String, _ value: Int, _ words: String) {
        #expect(ArgumentWords.words(name, .integer(value)) == words)
        #expect(ArgumentWords.words(name, "odd") == nil)
    }
}
