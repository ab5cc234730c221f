import CeleriacBroker
import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacAMQP

@Suite(.enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .serialized, .timeLimit(.minutes(1))) struct AMQPConnectionTests {
    /// What comes during a call the library keeps, and reads nothing while it is taken: here for 4.5 s, of which the broker allows three without a word.
    @Test func heartbeatsGoOutWhileMessagesThatCameDuringACallAreTaken() async throws {
        let server = try await SharedServer.rabbit.server(), url = try BrokerURL(try await server.virtualHost() + "?heartbeat=1"), count = 300
        let transport = try AMQPTransport(url)
        try await transport.declare([Queue("q")])
        try await transport.publish((0..<count).map { _ in Publication(routingKey: "q", envelope: Envelope(body: [])) })
        let connection = try AMQPConnection(try AMQPAddress(url), purpose: "tests")
        let channel = try connection.openChannel()
        try connection.consume("q", consumer: "c", isAcknowledging: true, on: channel)
        let deadline = ContinuousClock.now + .seconds(20)
        while try connection.declareQueue("q", isPassive: true, on: channel).ready > 0 { try #require(.now < deadline) }
        // The last of them are before this answer.
        try connection.declareQueue("q", isPassive: true, on: channel)
        var taken = 0
        while taken < count {
            _ = try connection.look(upTo: 1) { _, _ in
                taken += 1
                // It takes its time.
                usleep(15_000)
            }
            try #require(.now < deadline)
        }
        #expect(try connection.declareQueue("q", isPassive: true, on: channel).ready == 0)
        connection.close()
        await transport.close()
    }
}
