import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// What a delivery turned out to be, and with that what becomes of it (`worker.md`, "Receipt of a message"). Pure; never fails, whatever came.
enum Receipt {
    case task(TaskMessage, TaskDefinition, args: [Value], kwargs: OrderedDictionary<String, Value>)
    /// Names no task: rejected.
    case unknown(String)
    /// Rejected, and its failure is stored.
    case unregistered(TaskMessage)
    /// A task whose body cannot be decoded: acknowledged, as there is nothing to run and nothing to wait for.
    case undecodable(String)
    /// Of a content type that is not read here, or with fields or arguments of the wrong kind: rejected.
    case invalid(String)
    /// Handed out too often as a quorum queue counts, which counts those too who only looked and workers that gave it back unbegun. It gets a count of ours, and the
    /// queue begins anew: so what ends its workers is poison in the end, and nothing else is.
    case doubtful(TaskMessage, deliveries: Int)
    /// Delivered too often without an end: buried.
    case poisoned(TaskMessage, deliveries: Int)

    init(_ content: Delivery.Content, poisonLimit: Int, definition: (String) -> TaskDefinition?) {
        let envelope: Envelope
        let message: TaskMessage
        switch content {
        case .unreadable(let error, _):
            self = .unknown(error.description)
            return
        case .envelope(let readable): envelope = readable
        }
        do { message = try TaskMessage(envelope) } catch {
            self = Self.refusal(error, envelope)
            return
        }
        if envelope.isRedelivered {
            if envelope.returns > poisonLimit {
                self = .poisoned(message, deliveries: envelope.returns)
                return
            }
            if let deliveries = envelope.headers["x-delivery-count"]?.integer, deliveries > poisonLimit {
                self = .doubtful(message, deliveries: deliveries)
                return
            }
        }
        guard let definition = definition(message.name) else {
            self = .unregistered(message)
            return
        }
        switch message.arguments {
        case .known(let args, let kwargs) where message.problems.isEmpty: self = .task(message, definition, args: args, kwargs: kwargs)
        case .known: self = .invalid(message.problems.joined(separator: ", "))
        case .opaque(let reason):
            do {
                _ = try envelope.content()
                self = .invalid(reason)
            } catch { self = Self.refusal(error, envelope) }
        }
    }

    private static func refusal(_ error: MessageError, _ envelope: Envelope) -> Receipt {
        switch error.kind {
        case .notJSON, .badBase64: .undecodable(error.description)
        case .unreadableContent: envelope.compression == nil ? .invalid(error.description) : .undecodable(error.description)
        case .notATask, .wrongShape: .unknown(error.description)
        }
    }
}
