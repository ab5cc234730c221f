/// A text member of an event: where it lies in the bytes of the event under way.
struct EventText {
    enum Place: UInt8 {
        /// The event does not have it.
        case absent
        /// It is JSON's `null`.
        case null
        /// In the event's body as it came.
        case body
        /// Among the texts whose escapes had to be resolved.
        case unescaped
    }

    var offset: Int32 = 0
    var count: Int32 = 0
    var place = Place.absent

    @inline(__always) var isPresent: Bool { place != .absent }
    @inline(__always) var hasText: Bool { place.rawValue > Place.null.rawValue }
}

/// What one event says, read but not copied: numbers, and places of texts in the decoder's buffers.
///
/// Valid only while the decoder hands it out.
struct EventFields {
    var type = EventText()
    var hostname = EventText()
    var uuid = EventText()
    var name = EventText()
    var args = EventText()
    var kwargs = EventText()
    var result = EventText()
    var exception = EventText()
    var traceback = EventText()
    var root = EventText()
    var parent = EventText()
    var eta = EventText()
    var expires = EventText()
    var queue = EventText()
    var exchange = EventText()
    var routingKey = EventText()
    var softwareName = EventText()
    var softwareVersion = EventText()

    /// Numbers: NaN when absent or null.
    var timestamp = Double.nan
    var runtime = Double.nan
    var freq = Double.nan
    var load = (Double.nan, Double.nan, Double.nan)
    /// Whole numbers: `Int.min` when absent or null.
    var clock = Int.min
    var pid = Int.min
    var retries = Int.min
    var active = Int.min
    var processed = Int.min

    var isRuntimePresent = false
    var isRetriesPresent = false
    var terminated = false
    var expired = false

    /// The buffers that the places of texts refer to.
    var body = UnsafeRawBufferPointer(start: nil, count: 0)
    var unescaped = UnsafeRawBufferPointer(start: nil, count: 0)

    @inline(__always)
    func bytes(_ text: EventText) -> UnsafeRawBufferPointer {
        let range = Int(text.offset)..<Int(text.offset) + Int(text.count)
        switch text.place {
        case .body: return UnsafeRawBufferPointer(rebasing: body[range])
        case .unescaped: return UnsafeRawBufferPointer(rebasing: unescaped[range])
        case .absent, .null: return UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    func string(_ text: EventText) -> String { String(decoding: bytes(text), as: UTF8.self) }
}
