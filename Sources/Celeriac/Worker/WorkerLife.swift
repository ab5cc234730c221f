import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// The life of a worker: its parts begin in Celery's order, and end in the order in which they need each other.
struct WorkerLife: Sendable {
    let state: WorkerState
    private let heart: Heart
    private let runner: TaskRunner

    /// How long broker and backend may take, in the end, for what they have not taken yet.
    private static let farewell = Duration.seconds(10)

    init(state: WorkerState) {
        self.state = state
        heart = Heart(state: state)
        runner = TaskRunner(state)
    }

    /// - Returns: the exit code.
    func live() async throws -> Int32 {
        state.restore()
        heart.online()
        let code = await withTaskGroup(of: Void.self) { group in
            group.addTask { await start() }
            defer { group.cancelAll() }
            return await untilShutdown()
        }
        await end()
        return try code.get()
    }

    // MARK: - Beginning

    /// Up to the first task and on, until cancelled.
    private func start() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await heart.run() }
            await Mingle(state: state).run()
            guard await declareQueues() else { return }
            // Before the first task is taken, the worker can be asked.
            let (listening, heard) = AsyncStream<Void>.makeStream()
            group.addTask { await RemoteControl(state: state, runner: runner, heart: heart).run { heard.finish() } }
            for await _ in listening {}
            group.addTask { await Autoscaler(state: state, runner: runner).run() }
            state.log.info("\(state.node) ready.")
            state.becameReady()
            await Intake(state: state, runner: runner).run()
        }
    }

    /// Tries until the broker is there; `false` when it will never take this worker.
    private func declareQueues() async -> Bool {
        var backoff = Backoff(first: .seconds(1), longest: .seconds(5))
        state.updatePrefetch()
        for queue in state.queues.withLock({ $0 }) {
            while true {
                do {
                    try await state.consumer.consume(queue)
                    break
                } catch {
                    guard error.isTransient else {
                        state.signals.send(.failed(error))
                        return false
                    }
                    let pause = backoff.next()
                    state.log.error("consumer: Cannot connect, trying again in \(Int(pause.seconds))s: \(ForeignText.safe(error.description))")
                    guard (try? await Task.sleep(for: pause)) != nil else { return false }
                }
            }
        }
        return true
    }

    // MARK: - Ending

    /// Waits until nothing runs any more; returns the exit code.
    private func untilShutdown() async -> Result<Int32, any Error> {
        var kind: Shutdown?
        for await signal in state.signals.stream {
            switch signal {
            case .failed(let error): return .failure(error)
            case .shutdown(let wanted):
                if let kind, wanted.rawValue <= kind.rawValue { continue }
                kind = wanted
                begin(wanted)
                if state.books.withLock({ $0.active.isEmpty }) { return .success(wanted == .warm ? 0 : 1) }
            case .overdue:
                if kind == .cold {
                    state.log.warning("\(state.books.withLock { $0.active.count }) tasks did not end")
                    return .success(1)
                }
                kind = .cold
                cancelRunning()
            case .idle: if let kind { return .success(kind == .warm ? 0 : 1) }
            }
        }
        return .success(1)
    }

    private func begin(_ kind: Shutdown) {
        // What has not begun is released by the consumer, when it is closed.
        _ = state.books.withLock { $0.close() }
        state.alarm.cancel()
        state.consumer.stop()
        switch kind {
        case .warm: state.log.warning("worker: Warm shutdown")
        case .soft:
            let patience = state.configuration.worker.softShutdownTimeout
            state.log.warning("worker: Soft shutdown, waiting \(patience.seconds)s for running tasks")
            remind(after: patience)
        case .cold:
            state.log.warning("worker: Cold shutdown")
            cancelRunning()
        }
    }

    private func cancelRunning() {
        let running = state.books.withLock { books in
            books.isCancelling = true
            return books.active.values.map(\.reservation.id)
        }
        for id in running { state.pool.cancel(id) }
        remind(after: Self.farewell)
    }

    private func remind(after pause: Duration) {
        // Belongs to nobody: it comes to nothing when the worker has ended before.
        Task {
            try? await Task.sleep(for: pause)
            state.signals.send(.overdue)
        }
    }

    private func end() async {
        state.consumer.stop()
        state.alarm.cancel()
        await state.completions.drain(within: Self.farewell)
        await state.consumer.close()
        heart.offline()
        await state.events.drain(within: .seconds(5))
        await state.pool.close()
        state.save()
    }
}
