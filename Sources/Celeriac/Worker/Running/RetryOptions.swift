import CeleriacCore
import OrderedCollections

extension TaskCall {
    /// Takes the options, by Celery's names, with which a task asked for its retry; what makes no sense there is passed over.
    mutating func take(_ options: OrderedDictionary<String, Value>, now: Double) {
        for (name, value) in options where !value.isNull {
            switch name {
            case "countdown": if let seconds = value.double { eta = now + seconds }
            case "eta": if let time = value.double ?? value.string.flatMap(ISOTime.parse) { eta = time }
            case "expires":
                if let seconds = value.double { expires = now + seconds } else if let time = value.string.flatMap(ISOTime.parse) { expires = time }
            case "priority": priority = value.integer ?? priority
            case "time_limit": hardLimit = value.double ?? hardLimit
            case "soft_time_limit": softLimit = value.double ?? softLimit
            case "shadow": shadow = value.string ?? shadow
            case "ignore_result": ignoresResult = value.bool ?? ignoresResult
            case "headers": headers.merge(value.object ?? [:]) { _, new in new }
            case "queue":
                guard let queue = value.string else { break }
                (self.queue, exchange, routingKey) = (QueueName(queue), nil, nil)
            case "exchange": if let exchange = value.string { (queue, self.exchange) = (nil, exchange) }
            case "routing_key": if let key = value.string { (queue, routingKey) = (nil, key) }
            default: break
            }
        }
    }
}
