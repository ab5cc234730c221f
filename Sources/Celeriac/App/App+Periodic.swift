import CeleriacBroker
public import CeleriacCore
import OrderedCollections

extension App {
    /// Sends the task of a schedule entry now, as Celery's beat does (`Scheduler.apply_async`) (`BeatMessage`).
    /// That it ran is recorded nowhere: its schedule goes on as before.
    ///
    /// - Throws: `CanvasError` for options that make no sense, `TransportError`.
    public func trigger(_ entry: ScheduleEntry) async throws -> TaskID {
        var call = try BeatMessage.call(entry, id: TaskID(freshUUID()), now: time())
        // In full, since whoever watches may want to send it again.
        if entry.options["argsrepr"] == nil { call.argsrepr = PythonRepr.text(.array(entry.args), limit: nil, levels: 100) }
        if entry.options["kwargsrepr"] == nil { call.kwargsrepr = PythonRepr.text(.object(entry.kwargs), limit: nil, levels: 100) }
        try await send([call])
        return call.id
    }
}
