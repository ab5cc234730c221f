/// Decodes event messages whole, where convenience counts more than speed; `ClusterState` has its own way.
public enum EventMessage {
    /// The events of one message: one, or several for `task.multi`.
    /// - Throws: `MessageError` when the envelope or body cannot be read.
    public static func events(in payload: ArraySlice<UInt8>, form: EventBatch.Form) throws(MessageError) -> [Value] {
        let body: [UInt8]
        let contentType: String
        switch form {
        case .envelope:
            let envelope = try Envelope(decoding: Array(payload))
            body = envelope.body
            contentType = envelope.contentType
        case .body(let type):
            body = Array(payload)
            contentType = type
        }
        guard contentType == "application/json" else { throw MessageError("content type \(contentType) is not read for events") }
        let value: Value
        do { value = try JSON.decode(body) } catch { throw MessageError("body: \(error)") }
        return value.array ?? [value]
    }
}
