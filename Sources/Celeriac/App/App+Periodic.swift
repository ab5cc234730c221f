import CeleriacBroker
public import CeleriacCore
import OrderedCollections

extension App {
    /// Sends the task of a schedule entry now, as Celery's beat does (`Scheduler.apply_async`), with the entry's name in the header that django-celery-beat uses.
    /// That it ran is recorded nowhere: its schedule goes on as before.
    ///
    /// - Throws: `CanvasError` for options that make no sense, `TransportError`.
    public func trigger(_ entry: ScheduleEntry) async throws -> TaskID {
        var options = entry.options
        for name in ["eta", "expires"] {
            // As RedBeat stores times.
            guard let value = options[name], let time = RedBeatTime.seconds(value, zones: { try? ZoneFiles.system.rules($0) }) else { continue }
            options[name] = ISOTime.text(time).map(Value.string)
        }
        var headers = options["headers"]?.object ?? [:]
        headers["periodic_task_name"] = .string(entry.name)
        headers["celery_beat_task"] = true
        options["headers"] = .object(headers)
        // In full, since whoever watches may want to send it again; a list is what beat makes of arguments.
        options["argsrepr"] = options["argsrepr"] ?? .string(PythonRepr.text(.array(entry.args), limit: nil, levels: 100))
        options["kwargsrepr"] = options["kwargsrepr"] ?? .string(PythonRepr.text(.object(entry.kwargs), limit: nil, levels: 100))
        guard case .task(let id, _) = try await apply(Signature(entry.task, args: entry.args, kwargs: entry.kwargs), options: options) else {
            throw CanvasError(.badOption("task"), cause: "nothing was sent")
        }
        return id
    }
}
