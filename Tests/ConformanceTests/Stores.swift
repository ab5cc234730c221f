import CeleriacBroker
import Testing

@Suite struct SettlementTests {
    @Test func everySettlementNamesItsDelivery() {
        let tag = Delivery.Tag("a")
        let all: [Settlement] = [.acknowledge(tag), .reject(tag, requeue: true), .release(tag), .bury(tag, reason: "poison")]
        #expect(all.allSatisfy { $0.tag == tag })
    }
}
