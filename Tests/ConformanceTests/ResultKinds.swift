import CeleriacBroker
import CeleriacCore
import CeleriacRedis
import CeleriacSQL
import TestSupport
import Testing

/// A kind of result store that has to pass the suite.
struct ResultKind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Makes an empty place for results.
    let place: @Sendable () async throws -> ResultPlace

    static let all: [ResultKind] = [memory, sqlite] + (RedisServer.isThere ? [redis] : [])

    static let memory = ResultKind(testDescription: "memory") {
        let results = MemoryResults()
        return ResultPlace { results }
    }

    static let redis = ResultKind(testDescription: "redis") {
        let server = try await SharedServer.redis.server()
        // A place of its own on a server for all.
        let url = try BrokerURL("redis://127.0.0.1:\(server.port)/1?global_keyprefix=\(freshUUID()):")
        return ResultPlace(server) { try RedisResults(url) }
    }
}

extension ResultKind {
    static let sqlite = ResultKind(testDescription: "SQLite") {
        let url = BrokerURL(scheme: "db+sqlite", path: "\(sqliteFolder)/\(freshUUID()).db")
        return ResultPlace { try SQLiteResults(url) }
    }
}

/// A place where results are kept, and handles onto it, as different processes would have them.
struct ResultPlace: Sendable {
    private let server: (any Sendable)?
    let open: @Sendable () throws -> any ResultStore

    /// - Parameter server: kept alive as long as the place.
    init(_ server: (any Sendable)? = nil, open: @escaping @Sendable () throws -> any ResultStore) {
        self.server = server
        self.open = open
    }

    /// To be the last that is done with them: the place has to live until then.
    func close(_ stores: any ResultStore...) async {
        for store in stores { await store.close() }
        withExtendedLifetime(server) {}
    }
}
