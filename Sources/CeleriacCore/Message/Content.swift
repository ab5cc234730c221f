/// Forms in which Celery's payloads come (`kombu.serialization`, `kombu.compression`).
public enum Content {
    /// A content type in words: `pickle (application/x-python-serialize)`.
    public static func name(ofType type: String) -> String {
        let names = [
            "application/x-python-serialize": "pickle", "application/x-msgpack": "MessagePack", "application/x-yaml": "YAML",
            "application/data": "signed or raw data", "text/plain": "plain text",
        ]
        return names[type].map { "\($0) (\(type))" } ?? type
    }

    /// What bytes that are no JSON look like, in words; `nil` when nothing is recognised. A guess, for error messages.
    static func guess(_ bytes: [UInt8]) -> String? {
        guard let first = bytes.first else { return nil }
        switch first {
        case 0x80 where bytes.count > 1 && 2...5 ~= bytes[1]: return name(ofType: "application/x-python-serialize")
        // A map of up to 15, of up to 65,535 members.
        case 0x80...0x8F, 0xDE: return name(ofType: "application/x-msgpack")
        case UInt8(ascii: "a")...UInt8(ascii: "z") where bytes.prefix(64).contains(UInt8(ascii: ":")): return name(ofType: "application/x-yaml")
        default: return nil
        }
    }

    /// The compressor's content type of a result payload that says it is compressed: `00 "celery-compressed" 00 type 00 …` (Celery 5.7).
    static func compression(of payload: [UInt8]) -> String? {
        let marker = [0] + Array("celery-compressed".utf8) + [0]
        guard payload.starts(with: marker), let end = payload.dropFirst(marker.count).firstIndex(of: 0) else { return nil }
        return String(decoding: payload[marker.count..<end], as: UTF8.self)
    }
}
