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
        private var kept = 0, bytes = 0
        private var fresh: [QueueSample.Message] = []
        private var havePlaces = true
        private var toldAt = ContinuousClock.now

        init(_ filter: Filter?) { self.filter = filter }

        /// What was found since the last part.
        mutating func part(isDone: Bool = false) -> ScanPart {
            defer { fresh = [] }
            return ScanPart(messages: fresh, havePlaces: havePlaces, progress: progress, isDone: isDone)
        }

        private mutating func take(_ messages: [QueueSample.Message]) {
            let now = Clock.now
            for message in messages where filter?.matches(message, now: now) ?? true {
                progress.found += 1
                guard kept < DashboardState.foundAtOnce, bytes < DashboardState.foundBytes else { continue }
                kept += 1
                bytes += message.kept.bytes.count
                fresh.append(message)
            }
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
                take(sample.messages)
                progress.looked += sample.messages.count
                if sample.messages.isEmpty || progress.looked >= sample.total || (filter == nil && kept >= DashboardState.foundAtOnce) { return }
                tell(report)
            }
        }

        mutating func walk(through queue: QueueName, of broker: any BrokerConnection, needle: [UInt8], report: (ScanPart) -> Void) async throws(TransportError) {
            let walk = try await broker.walk(queue, needle: needle)
            (progress.total, havePlaces) = (walk.total, false)
            do throws(TransportError) {
                while !Task.isCancelled, let piece = try await walk.next(limit: 10 * MessageLooks.piece) {
                    // Where a message stands is not known: others before it were left out.
                    take(piece.messages.enumerated().map { QueueSample.Message($0.element, position: progress.looked + $0.offset) })
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
