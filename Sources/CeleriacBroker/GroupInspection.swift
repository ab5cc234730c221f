public import CeleriacCore

/// Tells of groups what events do not, by what a result backend keeps. Reads only.
public protocol GroupInspection: Sendable {
    /// The groups that the stored records of these tasks name; tasks without a record are left out, those whose record names no group have `nil`.
    func groups(of ids: [TaskID]) async throws(TransportError) -> [TaskID: String?]

    /// How far the chords of these groups have counted; all are answered, whether they are chords or not.
    func chords(_ groups: [String]) async throws(TransportError) -> [ChordFacts]
}
