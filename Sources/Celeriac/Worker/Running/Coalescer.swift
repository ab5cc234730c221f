import Synchronization

/// Collects while one batch is on its way, then hands over all that came meanwhile as the next: a round trip per batch, not per element.
final class Coalescer<Element: Sendable>: Sendable {
    private let pump: Pump
    private let buffer: Buffer

    private final class Buffer: Sendable { let elements = Mutex<[Element]>([]) }

    /// - Parameter deliver: takes a batch, in order; the next one waits for its return.
    init(_ deliver: @escaping @Sendable ([Element]) async -> Void) {
        let buffer = Buffer()
        self.buffer = buffer
        pump = Pump {
            let batch = buffer.elements.withLock { elements in
                defer { elements = [] }
                return elements
            }
            if !batch.isEmpty { await deliver(batch) }
        }
    }

    func push(_ element: Element) {
        let isFirst = buffer.elements.withLock { elements in
            elements.append(element)
            return elements.count == 1
        }
        if isFirst { pump.signal() }
    }

    func push(_ batch: [Element]) {
        guard !batch.isEmpty else { return }
        let isFirst = buffer.elements.withLock { elements in
            defer { elements += batch }
            return elements.isEmpty
        }
        if isFirst { pump.signal() }
    }

    /// Returns once all that was pushed has been delivered.
    func idle() async { await pump.idle() }
}
