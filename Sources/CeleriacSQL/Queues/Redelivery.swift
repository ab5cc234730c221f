import CeleriacCore
import OrderedCollections

extension Envelope {
    /// Marked as kombu marks what it hands out again, and, when it was begun by somebody, counted.
    func redelivered(isCounted: Bool) -> Envelope {
        var envelope = self
        envelope.headers["redelivered"] = true
        var delivery = envelope.properties["delivery_info"]?.object ?? [:]
        delivery["redelivered"] = true
        envelope.properties["delivery_info"] = .object(delivery)
        if isCounted { envelope.headers["x-celeriac-deliveries"] = .integer((headers["x-celeriac-deliveries"]?.integer ?? 0) + 1) }
        return envelope
    }

    /// Marked with why nobody is to have it any more.
    func buried(reason: String, from queue: String) -> Envelope {
        var envelope = self
        envelope.headers["x-celeriac-reason"] = .string(reason)
        envelope.headers["x-celeriac-queue"] = .string(queue)
        return envelope
    }

    /// The JSON text of the envelope, for a text column.
    var text: String { String(decoding: encoded(), as: UTF8.self) }
}

/// A payload as the column holds it, changed by `change`; what is no envelope stays as it is.
func changing(_ payload: String, _ change: (Envelope) -> Envelope) -> String {
    (try? Envelope(decoding: Array(payload.utf8))).map { change($0).text } ?? payload
}
