import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// A message that became a task here and is not yet settled: what is known of it from its receipt to its end.
final class Reservation: Sendable {
    /// Of receipt; ids may come twice, this does not.
    let serial: Int
    let tag: Delivery.Tag
    let request: TaskRequest
    let definition: TaskDefinition
    let policy: RunPolicy
    let args: [Value]
    let kwargs: OrderedDictionary<String, Value>

    init(
        serial: Int, tag: Delivery.Tag, request: TaskRequest, definition: TaskDefinition, policy: RunPolicy, args: [Value], kwargs: OrderedDictionary<String, Value>
    ) {
        self.serial = serial
        self.tag = tag
        self.request = request
        self.definition = definition
        self.policy = policy
        self.args = args
        self.kwargs = kwargs
    }

    var id: TaskID { request.message.id }
    var message: TaskMessage { request.message }
    var job: Job { Job(request: request, definition: definition, args: args, kwargs: kwargs) }
    /// What logs and events call it.
    var shownName: String { message.shadow ?? message.name }
}
