import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@testable import Celeriac

@Suite struct ReceiptTests {
    let add = TaskDefinition(name: "shop.add") { _, _, _ in .null }

    private func kind(_ content: Delivery.Content) -> String {
        switch Receipt(content, poisonLimit: 5, definition: { $0 == "shop.add" ? add : nil }) {
        case .task: "task"
        case .unknown: "unknown"
        case .unregistered: "unregistered"
        case .undecodable: "undecodable"
        case .invalid: "invalid"
        case .doubtful: "doubtful"
        case .poisoned: "poisoned"
        }
    }

    private func kind(_ change: (inout Envelope) -> Void) -> String {
        var envelope = Samples.envelope("shop.add")
        change(&envelope)
        return kind(.envelope(envelope))
    }

    typealias Change = @Sendable (inout Envelope) -> Void

    static let rows: [(expected: String, change: Change)] = [
        ("task", { _ in }),
        ("task", { $0.headers["timelimit"] = "soon" }),
        ("unregistered", { $0.headers["task"] = "shop.nope" }),
        ("unknown", { $0.headers = [:]; $0.body = Array("[1, 2]".utf8) }),
        ("unknown", { $0.headers = [:]; $0.body = Array("{\"x\": 1}".utf8) }),
        ("undecodable", { $0.body = Array("[[1], {}".utf8) }),
        ("undecodable", { $0.headers["compression"] = "application/x-nosuch" }),
        ("invalid", { $0.contentType = "application/x-python-serialize" }),
        ("invalid", { $0.body = Array("[1, 2, {}]".utf8) }),
        ("invalid", { $0.body = Array("[[], [], {}]".utf8) }),
        ("invalid", { $0.body = Array("7".utf8) }),
        ("invalid", { $0.headers["eta"] = "tomorrow" }),
        ("invalid", { $0.headers["expires"] = [1] }),
        ("invalid", { $0.headers["id"] = nil; $0.properties["correlation_id"] = nil }),
        // Only what was redelivered, and too often, is poison.
        ("task", { $0.headers["x-celeriac-deliveries"] = 6 }),
        ("task", { $0.headers["x-celeriac-deliveries"] = 5; $0.headers["redelivered"] = true }),
        ("poisoned", { $0.headers["x-celeriac-deliveries"] = 6; $0.headers["redelivered"] = true }),
        // The broker's count may be that of looks.
        ("task", { $0.headers["x-delivery-count"] = 5; $0.headers["redelivered"] = true }),
        ("doubtful", { $0.headers["x-delivery-count"] = 6; $0.headers["redelivered"] = true }),
        ("doubtful", { $0.headers["x-celeriac-deliveries"] = 5; $0.headers["x-delivery-count"] = 6; $0.headers["redelivered"] = true }),
        ("poisoned", { $0.headers["x-celeriac-deliveries"] = 6; $0.headers["x-delivery-count"] = 0; $0.headers["redelivered"] = true }),
    ]

    @Test(arguments: rows.indices) func eachKindHasItsRow(row: Int) {
        let (expected, change) = Self.rows[row]
        #expect(kind(change) == expected)
    }

    @Test func whatTheTransportCouldNotReadIsUnknown() {
        #expect(kind(.unreadable(MessageError(.badBase64, part: "body", cause: "cut"), raw: [1])) == "unknown")
    }

    /// Any header and any body: something is always made of it.
    @Test(arguments: UInt64(0)..<300) func nothingTrapsIt(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var envelope = Samples.envelope("shop.add")
        for key in envelope.headers.keys where Int.random(in: 0..<3, using: &random) == 0 && key != "task" { envelope.headers[key] = Self.odd(&random) }
        for key in envelope.properties.keys where Int.random(in: 0..<3, using: &random) == 0 { envelope.properties[key] = Self.odd(&random) }
        if Bool.random(using: &random) { envelope.body = JSON.encode([Self.odd(&random), Self.odd(&random), Self.odd(&random)]) }
        if Int.random(in: 0..<4, using: &random) == 0 { envelope.body = Array(envelope.body.prefix(Int.random(in: 0...envelope.body.count, using: &random))) }
        let receipt = Receipt(.envelope(envelope), poisonLimit: 5, definition: { _ in add })
        guard case .task(let message, let definition, let args, let kwargs) = receipt else { return }
        let policy = RunPolicy(message, options: definition.options, configuration: AppConfiguration())
        let request = TaskRequest(message: message, worker: "w", limits: policy.limits)
        let task = Reservation(serial: 1, tag: Delivery.Tag("t"), request: request, definition: definition, policy: policy, args: args, kwargs: kwargs)
        #expect(!TaskEvent.received(task).members.isEmpty, "seed \(seed)")
        var books = Books(prefetch: Prefetch(multiplier: 4, concurrency: 1, heldLimit: nil), slots: 1)
        books.admit(task, now: 1e9)
        #expect(books.held.count + books.reserved.count == 1, "seed \(seed)")
    }

    static func odd(_ random: inout SeededGenerator) -> Value {
        let values: [Value] = [
            .null, true, 0, -1, .integer(.max), .integer(.min), .number(.nan), .number(.infinity), .number(-1e308), .bigInteger("99999999999999999999"), "", "x",
            "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00", .string(String(repeating: "é", count: 5000)), .bytes([0, 255]), [], [[]], ["a", 1], .object([:]),
            ["callbacks": "no", "chain": 7, "chord": []], .array(Array(repeating: .array([]), count: 100)),
        ]
        return values[Int.random(in: 0..<values.count, using: &random)]
    }
}
