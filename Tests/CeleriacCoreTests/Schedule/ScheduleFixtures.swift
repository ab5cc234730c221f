import CeleriacCore
import Foundation
import TestSupport

/// The rows of a file of vectors of one JSON text a line; empty, which tests refuse, when it cannot be read.
func rows(_ path: String) -> [Value] {
    guard let text = try? String(contentsOf: vectorsFolder.appendingPathComponent(path), encoding: .utf8) else { return [] }
    return text.split(separator: "\n").compactMap { try? JSON.decode(String($0)) }
}

/// The machine's rules of a zone.
func zone(_ name: String) throws -> ZoneRules {
    try ZoneRules(name: name, file: Array(Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)"))))
}

/// As `2026-03-29 01:30` at UTC, to seconds since 1970.
func utc(_ text: String) -> Double { ISOTime.parse(text) ?? .nan }
