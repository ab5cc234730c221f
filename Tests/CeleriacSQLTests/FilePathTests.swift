import CeleriacBroker
import CeleriacCore
import Foundation
import Testing

@testable import CeleriacSQL

@Suite struct FilePathTests {
    @Test(arguments: ["sqlite", "sqla+sqlite", "sqlalchemy+sqlite", "db+sqlite"])
    func threeSlashesAreRelativeAndFourAbsolute(scheme: String) throws {
        let here = FileManager.default.currentDirectoryPath
        #expect(try FilePath(BrokerURL("\(scheme):///queue.db")).text == here + "/queue.db")
        #expect(try FilePath(BrokerURL("\(scheme):////tmp/queue.db")).text == "/tmp/queue.db")
        #expect(try FilePath(BrokerURL("\(scheme):////queue.db")).text == "/queue.db")
    }

    @Test func twoWaysToWriteAFileAreOneFile() throws {
        let file = try TemporaryFile()
        let dots = BrokerURL(scheme: "sqlite", path: file.folderPath + "/../" + file.path.split(separator: "/").suffix(2).joined(separator: "/"))
        #expect(try FilePath(dots) == FilePath(file.url))
    }

    @Test(arguments: ["sqlite://queue.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:////tmp/"])
    func whatNamesNoFileIsRefusedWithAHint(text: String) throws {
        let url = try BrokerURL(text)
        let error = #expect(throws: TransportError.self) { try SQLiteStore(url) }
        #expect(error?.kind == .misconfigured)
        #expect(error?.hint?.contains("sqlite:///queue.db") == true)
    }
}
