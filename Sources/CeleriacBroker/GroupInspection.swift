public import CeleriacCore

/// Tells of groups what events do not, by what a result backend keeps. Reads only.
public protocol GroupInspection: Sendable {
    /// What the stored records of these tasks tell of their groups and of how they ended; tasks without a record are left out.
    func outcomes(of ids: [TaskID]) async throws(TransportError) -> [StoredOutcome]

    /// How far the chords of these groups have counted; all are answered, whether they are chords or not.
    func chords(_ groups: [String]) async throws(TransportError) -> [ChordFacts]
}
