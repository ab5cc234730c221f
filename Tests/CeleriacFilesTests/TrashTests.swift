import CeleriacBroker
import CeleriacCore
@testable import CeleriacFiles
import Foundation
import Testing

/// Copies of messages that were taken away.
@Suite final class TrashTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("trash-\(UUID().uuidString.prefix(8))").path
    private var trash: Trash { Trash(folder: folder) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func about(_ act: String = "purge", at: Double = 1_800_000_000) -> TrashEntry {
        TrashEntry(id: TrashID(rawValue: ""), at: at, act: act, broker: "redis://h/0", queue: "mail", who: "ann@host")
    }

    private func message(_ text: String) -> KeptMessage { KeptMessage(queue: "mail", place: "mail\u{6}\u{16}3\t", bytes: Array(text.utf8)) }

    @Test func anyBytesComeBackAsTheyWere() throws {
        let messages = [message("{}"), message(""), message("two\nlines\r\n"), message("tab\there"), KeptMessage(queue: "mail", bytes: Array(0...255)), message(String(repeating: "é", count: 3_000_000))]
        let writer = try trash.begin(about())
        try writer.keep(messages)
        try writer.noteRemoval(left: [1])
        try writer.noteEnd(done: 5, isStopped: false)
        let reader = try trash.open(writer.entry.id)
        #expect(reader.batches.count == 1 && reader.batches[0].left == [1])
        #expect(try reader.messages(reader.batches[0]).map(\.message) == messages)
        #expect(try trash.list().map(\.count) == [6])
    }

    @Test func onlyTheOwnerMayRead() throws {
        let writer = try trash.begin(about())
        let file = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(writer.entry.id).trash"), place = try FileManager.default.attributesOfItem(atPath: folder)
        #expect(file[.posixPermissions] as? Int == 0o600 && place[.posixPermissions] as? Int == 0o700)
    }

    /// Large acts are read in pieces, whose numbers go on counting.
    @Test func batchesKeepTheirOrderAndWhatWasLeft() throws {
        let writer = try trash.begin(about())
        let all = (0..<2500).map { message("\($0)") }
        try writer.keep(all)
        try writer.noteRemoval(left: [0, 999, 1000, 2499])
        try writer.keep([message("last")])
        let reader = try trash.open(writer.entry.id)
        #expect(reader.batches.map(\.count) == [1000, 1000, 500, 1])
        #expect(reader.batches.map(\.left) == [[0, 999], [0], [499], nil])
        #expect(try reader.batches.flatMap { try reader.messages($0).map(\.message) } == all + [message("last")])
        #expect(!reader.entry.isFinished && reader.entry.count == 2501)
    }

    /// A crash in the middle of a line costs that line, also when the file is gone on with.
    @Test func aCutLineIsNoMessage() throws {
        let id: TrashID
        do {
            let writer = try trash.begin(about())
            id = writer.entry.id
            try writer.keep([message("whole")])
        }
        let file = try #require(FileHandle(forWritingAtPath: "\(folder)/\(id).trash"))
        try file.seekToEnd()
        try file.write(contentsOf: Data("M\"mail\"\tcut off".utf8))
        try file.close()
        let reader = try trash.open(id)
        #expect(reader.batches.map(\.count) == [1])
        try reader.writer().noteRestoring(at: 1)
        let again = try trash.open(id)
        #expect(again.batches.map(\.count) == [1] && again.wasRestoring)
        #expect(try again.messages(again.batches[0]).map(\.message) == [message("whole")])
    }

    @Test func onlyOneAtATimePutsThemBack() throws {
        let writer = try trash.begin(about())
        try writer.keep([message("a")])
        let first = try trash.open(writer.entry.id), second = try trash.open(writer.entry.id)
        try first.lock()
        #expect(throws: TransportError.self) { try second.lock() }
    }

    @Test func filesOlderThanThirtyDaysGo() throws {
        let old = try trash.begin(about()).entry.id
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_800_000_000 - 31 * 86_400)], ofItemAtPath: "\(folder)/\(old).trash")
        let new = try trash.begin(about()).entry.id
        #expect(try trash.list().map(\.id) == [new])
    }

    @Test(arguments: ["../../etc/passwd", "", "nothing"]) func namesOfOtherFilesAreRefused(name: String) throws {
        _ = try trash.begin(about())
        #expect(throws: TransportError.self) { try self.trash.open(TrashID(rawValue: name)) }
    }

    @Test func whatIsNoFileOfOursIsPassedOver() throws {
        _ = try trash.begin(about())
        FileManager.default.createFile(atPath: folder + "/odd.trash", contents: Data([0xFF, 0x0A, 0x4D]))
        FileManager.default.createFile(atPath: folder + "/empty.trash", contents: nil)
        #expect(try trash.list().count == 1)
    }
}
