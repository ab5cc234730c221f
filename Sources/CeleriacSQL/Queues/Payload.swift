import CeleriacCore

extension Envelope {
    /// The JSON text of the envelope, for a text column.
    var text: String { String(decoding: encoded(), as: UTF8.self) }
}

/// A payload as the column holds it, changed by `change`; what is no envelope stays as it is.
func changing(_ payload: String, _ change: (Envelope) -> Envelope) -> String {
    (try? Envelope(decoding: Array(payload.utf8))).map { change($0).text } ?? payload
}
