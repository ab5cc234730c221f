import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard

/// Looks through whole queues for the dashboard, piece by piece, and changes nothing. Only for brokers where looking leaves no mark.
actor MessageLooks {
    private let broker: any BrokerConnection
    private let report: @Sendable (Action) -> Void
    private var scans: [QueueName: Task<Void, Never>] = [:]

    /// Messages of one piece.
    private static let piece = 1000

    init(_ broker: any BrokerConnection, report: @escaping @Sendable (Action) -> Void) {
        self.broker = broker
        self.report = report
    }

    /// Looks for what matches, in place of the look before in that queue.
    func scan(_ queue: QueueName, _ filter: Filter?, id: Int) {
        scans[queue]?.cancel()
        // Unstructured on purpose: it goes on while the screen does, and is ended by the next one, or by `stopScan`.
        scans[queue] = Task { [broker, report] in
            var scan = Scan(filter)
            do throws(TransportError) {
                // Who asks for places needs every message in its order.
                let needle = filter.map { $0.text.contains("position") ? [] : $0.needle } ?? []
                if needle.isEmpty {
                    try await scan.page(through: queue, of: broker) { report(.scanned(queue, id: id, $0)) }
                } else {
                    try await scan.walk(through: queue, of: broker, needle: needle) { report(.scanned(queue, id: id, $0)) }
                }
                report(.scanned(queue, id: id, scan.part(isDone: true)))
            } catch {
                report(.scanned(queue, id: id, ScanPart(progress: scan.progress, isDone: true, problem: ForeignText.safe(error.description))))
            }
        }
    }

    func stopScan(_ queue: QueueName) { scans.removeValue(forKey: queue)?.cancel() }

    func count(_ queue: QueueName) async {
        do throws(TransportError) {
            var messages: [QueueSample.Message] = [], total = 0
            repeat {
                let sample = try await broker.peek(queue, from: messages.count, limit: Self.piece)
                messages += sample.messages
                total = sample.total
                if sample.messages.isEmpty { break }
            } while messages.count < min(total, DashboardState.countedAtOnce)
            report(.tasksCounted(queue, TaskCounts(messages, total: total, at: Clock.now)))
        } catch { report(.peekFailed(queue, ForeignText.safe(error.description))) }
    }

    /// One look through a queue.
    private struct Scan {
        let filter: Filter?
        var progress = JobProgress()
        /// The oldest of those found, in the order of the queue; and how many bytes they are.
        private var found: [QueueSample.Message] = []
        private var bytes = 0
        private var havePlaces = true
        private var toldAt = ContinuousClock.now

        init(_ filter: Filter?) { self.filter = filter }

        private var isFull: Bool { found.count >= DashboardState.foundAtOnce || bytes >= DashboardState.foundBytes }

        func part(isDone: Bool = false) -> ScanPart { ScanPart(messages: found, havePlaces: havePlaces, progress: progress, isDone: isDone) }

        /// - Parameter isOldestFirst: whether they come after those found before.
        private mutating func take(_ messages: [QueueSample.Message], isOldestFirst: Bool) {
            let now = Clock.now, matching = messages.filter { filter?.matches($0, now: now) ?? true }
            progress.found += matching.count
            if isOldestFirst {
                for message in matching where !isFull { keep(message) }
            } else {
                let newer = found
                (found, bytes) = ([], 0)
                for message in matching.reversed() + newer where !isFull { keep(message) }
            }
        }

        private mutating func keep(_ message: QueueSample.Message) {
            found.append(message)
            bytes += message.kept.bytes.count
        }

        private mutating func tell(_ report: (ScanPart) -> Void) {
            guard ContinuousClock.now >= toldAt + .milliseconds(200) else { return }
            toldAt = .now
            report(part())
        }

        mutating func page(through queue: QueueName, of broker: any BrokerConnection, report: (ScanPart) -> Void) async throws(TransportError) {
            while !Task.isCancelled {
                let sample = try await broker.peek(queue, from: progress.looked, limit: MessageLooks.piece)
                progress.total = sample.total
                take(sample.messages, isOldestFirst: true)
                progress.looked += sample.messages.count
                if sample.messages.isEmpty || progress.looked >= sample.total || (filter == nil && isFull) { return }
                tell(report)
            }
        }

        mutating func walk(through queue: QueueName, of broker: any BrokerConnection, needle: [UInt8], report: (ScanPart) -> Void) async throws(TransportError) {
            let walk = try await broker.walk(queue, needle: needle)
            (progress.total, havePlaces) = (walk.total, false)
            do throws(TransportError) {
                while !Task.isCancelled, let piece = try await walk.next(limit: 10 * MessageLooks.piece) {
                    // Where a message stands is known only about: others were left out.
                    take(piece.messages.enumerated().map { offset, message in
                        let passed = progress.looked + offset
                        return QueueSample.Message(message, position: walk.isOldestFirst ? passed : max(0, walk.total - 1 - passed))
                    }, isOldestFirst: walk.isOldestFirst)
                    progress.looked = min(progress.total, progress.looked + piece.passed)
                    tell(report)
                }
            } catch {
                await walk.close()
                throw error
            }
            await walk.close()
        }
    }
}
