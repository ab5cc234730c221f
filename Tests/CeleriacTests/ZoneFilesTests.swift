@testable import CeleriacBroker
import CeleriacCore
import Testing

@Suite struct ZoneFilesTests {
    @Test func readsTheMachinesZones() throws {
        let berlin = try ZoneFiles.system.rules("Europe/Berlin")
        #expect(berlin.offset(at: 1_790_000_000) == 7200)
        #expect(try ZoneFiles.system.rules("Europe/Berlin") == berlin)
        #expect(try ZoneFiles("/nowhere").rules("UTC") == .utc)
    }

    @Test(arguments: ["", "../../etc/passwd", "/etc/passwd", "Europe/../Europe/Berlin", "Europe//Berlin", "Europe", ".", "Europe/Berlin\0", "posixrules/", "zone.tab", "No/Where", "a\u{1b}[2J"])
    func whatIsNoZoneIsRefused(name: String) {
        #expect(throws: ZoneFileError.self) { try ZoneFiles.system.rules(name) }
    }
}
