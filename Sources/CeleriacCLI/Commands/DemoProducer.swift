import Celeriac
import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// Sends the demo's tasks: a lively mix, in which all that a task can go through happens within the first seconds, then again and again.
struct DemoProducer: Sendable {
    private let app: App

    init(broker: String) throws {
        var configuration = AppConfiguration()
        configuration.sendsSentEvents = true
        app = try App("demo", broker: broker, resultBackend: broker, configuration: configuration)
    }

    /// Until the task is cancelled.
    func run() async {
        var turn = 0
        while !Task.isCancelled {
            // A broker that is busy for once does not end the show.
            try? await send(turn)
            turn += 1
            try? await Task.sleep(for: .milliseconds(.random(in: 120...380)))
        }
        await app.close()
    }

    private func send(_ turn: Int) async throws {
        try await send("shop.order", .integer(1000 + turn))
        if turn % 2 == 0 { try await send("shop.charge", .integer(1000 + turn), .integer(.random(in: 100...9_999))) }
        if turn % 4 == 1 { try await send("mail.send", .string("customer-\(turn)@example.org")) }
        // More at once than the rate limit lets begin.
        if turn % 40 == 6 { for shard in 0..<6 { try await send("search.reindex", .integer(shard)) } }
        if turn % 20 == 2 { try await send("mail.newsletter", .integer(turn / 20), options: ["countdown": 30]) }
        if turn % 15 == 3 { try await send("media.transcode", .string("holiday-\(turn).mov"), options: ["queue": "media", "priority": 5]) }
        if turn % 25 == 4 { try await album(turn) }
        if turn % 18 == 5 { try await regret(turn) }
    }

    @discardableResult
    private func send(_ task: String, _ args: Value..., options: OrderedDictionary<String, Value> = [:]) async throws -> TaskID? {
        guard case .task(let id, _) = try await app.apply(Signature(task, args: args), options: options) else { return nil }
        return id
    }

    /// A chord: thumbnails side by side, then the album of all of them.
    private func album(_ turn: Int) async throws {
        let thumbnails = (1...5).map { Signature("media.thumbnail", args: [.string("holiday-\(turn)-\($0).jpg")]) }
        _ = try await app.apply(.chord(thumbnails, body: Signature("media.album")))
    }

    /// Sends what is then revoked before it began, or ended while it runs.
    private func regret(_ turn: Int) async throws {
        if turn % 36 == 5 {
            guard let id = try await send("media.transcode", "mistake.mov", options: ["countdown": 3]) else { return }
            try await app.revoke([id])
        } else {
            guard let id = try await send("media.transcode", "endless.mov") else { return }
            try await Task.sleep(for: .seconds(1))
            try await app.revoke([id], terminate: "SIGTERM")
        }
    }
}
