/// Decodes event messages whole, where convenience counts more than speed; `ClusterState` has its own way.
public enum EventMessage {
    /// The events of one message: one, or several for `task.multi`.
    /// - Throws: `MessageError` when the envelope or body cannot be read.
    public static func events(in payload: ArraySlice<UInt8>, form: EventBatch.Form) throws(MessageError) -> [Value] {
        let body =
            switch form {
            case .envelope: try Envelope(decoding: Array(payload)).content()
            case .body(let contentType): try readContent(Array(payload), type: contentType, part: "body")
            }
        return body.array ?? [body]
    }
}
