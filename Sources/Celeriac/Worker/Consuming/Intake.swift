import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// Takes deliveries off the broker and makes tasks of them. Whatever comes, it goes on.
struct Intake: Sendable {
    let state: WorkerState
    let runner: TaskRunner

    /// Until the consumer is stopped, or the surrounding task cancelled. A lost connection is made again, with growing pauses.
    func run() async {
        // However long the broker was away, within ten seconds after its return work goes on.
        var backoff = Backoff(first: .milliseconds(500), longest: .seconds(5))
        var serial = 0
        while !Task.isCancelled {
            do {
                var deliveries = try await state.consumer.next()
                while !deliveries.isEmpty {
                    backoff.reset()
                    guard deliveries.count >= Self.many else {
                        // Few: what is to run now should not have to share the cores with a look for more.
                        receive(deliveries, serial: &serial)
                        deliveries = try await state.consumer.next()
                        continue
                    }
                    // The next ones are fetched and decoded while these are taken in.
                    async let following = state.consumer.next()
                    receive(deliveries, serial: &serial)
                    deliveries = try await following
                }
                return
            } catch {
                dropReserved()
                let pause = backoff.next()
                state.log.warning(
                    "consumer: Connection to broker lost, trying again in \(pause.seconds.rounded(toPlaces: 1))s: \(ForeignText.safe(String(describing: error)))")
                try? await Task.sleep(for: pause)
            }
        }
    }

    private static let many = 8

    private func receive(_ deliveries: [Delivery], serial: inout Int) {
        for delivery in deliveries {
            serial += 1
            receive(delivery, serial: serial)
        }
        runner.advance()
    }

    /// What has not begun is left to the broker, which may give it to another worker already; what runs goes on.
    private func dropReserved() {
        let dropped = state.books.withLock { $0.dropWaiting() }
        state.updatePrefetch()
        // Where the broker still takes them for ours, they must not wait for this worker's end.
        for task in dropped { state.completions.push(Completion(settlement: .release(task.tag))) }
    }

    // MARK: - One message

    private func receive(_ delivery: Delivery, serial: Int) {
        let receipt = Receipt(delivery.content, poisonLimit: state.configuration.poisonLimit) { state.app.definition(of: $0) }
        switch receipt {
        case .task(let message, let definition, let args, let kwargs):
            let now = state.time()
            let overriding = state.books.withLock { $0.limits.times[definition.name] }
            let policy = RunPolicy(message, options: definition.options, configuration: state.configuration, overriding: overriding)
            let request = TaskRequest(message: message, worker: state.node, limits: policy.limits)
            receive(
                Reservation(serial: serial, tag: delivery.tag, request: request, definition: definition, policy: policy, args: args, kwargs: kwargs), now: now)
        case .unknown(let reason):
            state.log.warning("Received and deleted unknown message: \(ForeignText.safe(reason))")
            reject(delivery)
        case .undecodable(let reason):
            state.log.error("Can't decode message body: \(ForeignText.safe(reason))")
            state.completions.push(Completion(settlement: .acknowledge(delivery.tag)))
        case .invalid(let reason):
            state.log.error("Received invalid task message: \(ForeignText.safe(reason))")
            reject(delivery)
        case .unregistered(let message): refuse(message, delivery)
        case .doubtful(let message, let deliveries):
            state.log.warning("Task \(shown(message)) was handed out \(deliveries) times, and goes to the end of its queue")
            state.completions.push(Completion(settlement: .reject(delivery.tag, requeue: true)))
        case .poisoned(let message, let deliveries): bury(message, deliveries, delivery)
        }
    }

    private func receive(_ task: Reservation, now: Double) {
        let announced = task.message.eta.flatMap { ISOTime.text($0) }.map { "; eta:[\($0)]" } ?? ""
        state.log.info("\(state.shown(task)) received\(announced)")
        if let why = state.books.withLock({ $0.judgeOnReceipt(task.message, now: now) }) {
            runner.discard(task, why)
            return
        }
        if task.policy.sendsEvents, state.events.sendsTasks { state.events.send(.received(task)) }
        state.books.withLock { $0.admit(task, now: now) }
    }

    private func reject(_ delivery: Delivery) { state.completions.push(Completion(settlement: .reject(delivery.tag, requeue: false))) }

    private func refuse(_ message: TaskMessage, _ delivery: Delivery) {
        state.log.error(
            "Received unregistered task of type \(ForeignText.safe(message.name))[\(ForeignText.safe(message.id.rawValue))]: the message has been discarded")
        let exception = StoredException(type: "NotRegistered", module: "celery.exceptions", arguments: [.string(message.name)])
        var record = ResultRecord(id: message.id, state: .failure, result: exception.value)
        record.dateDone = ISOTime.text(state.time())
        record.children = .array([])
        record.replyTo = message.replyTo
        state.completions.push(
            Completion(
                record: message.id.rawValue.isEmpty ? nil : record, settlement: .reject(delivery.tag, requeue: false),
                events: [.unregistered(message.id, name: message.name)]))
    }

    private func shown(_ message: TaskMessage) -> String { "\(ForeignText.safe(message.name))[\(ForeignText.safe(message.id.rawValue))]" }

    private func bury(_ message: TaskMessage, _ deliveries: Int, _ delivery: Delivery) {
        state.log.error("Task \(shown(message)) was delivered \(deliveries) times without an end, and goes to the dead-letter queue")
        var event = TaskEvent("task-rejected", message.id)
        event.add("requeue", false)
        state.completions.push(Completion(settlement: .bury(delivery.tag, reason: "delivered \(deliveries) times without an end"), events: [event]))
    }
}

extension Double {
    /// For people.
    fileprivate func rounded(toPlaces places: Int) -> Double {
        let scale = places == 1 ? 10.0 : 100
        return (self * scale).rounded() / scale
    }
}
