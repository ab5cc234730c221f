import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// The message of one run, as Celery's beat makes it (`Scheduler.apply_async`), with the entry's name in it as django-celery-beat does.
enum BeatMessage {
    /// - Parameters:
    ///   - entry: as it was before the run.
    ///   - id: of the task.
    ///   - now: seconds since 1970, from which times in the options are counted.
    /// - Throws: for options that make no sense.
    static func call(_ entry: ScheduleEntry, id: TaskID, now: Double) throws(CanvasError) -> TaskCall {
        var options = entry.options
        for name in ["eta", "expires"] {
            // As RedBeat stores times.
            guard let value = options[name], let time = RedBeatTime.seconds(value, zones: { try? ZoneFiles.system.rules($0) }) else { continue }
            options[name] = ISOTime.text(time).map(Value.string)
        }
        var call = try TaskCall(Signature(entry.task, args: entry.args, kwargs: entry.kwargs, options: options), id: id, now: now)
        // Of no use after the entry's own end.
        if let end = entry.end, end > now { call.expires = call.expires ?? end }
        call.headers["periodic_task_name"] = .string(entry.name)
        call.headers["celery_beat_task"] = true
        // Arguments are a list there.
        call.argsrepr = call.argsrepr ?? PythonRepr.text(.array(entry.args))
        return call
    }

    /// The same for one run whoever sends it: when beat dies after it sent one and before it recorded that, the one that sends it again says so by the id.
    ///
    /// What tells runs apart is the one before; one that never ran has none, and a random id.
    static func id(_ entry: ScheduleEntry, store: String) -> TaskID {
        guard let last = entry.lastRun, last.magnitude < 1e11 else { return TaskID(freshUUID()) }
        // FNV-1a of 128 bits.
        var hash: UInt128 = 0x6c62272e07bb014262b821756295c58d
        for part in [store, entry.name, String(entry.runs), String(Int((last * 1e6).rounded()))] {
            for byte in part.utf8 { hash = (hash ^ UInt128(byte)) &* 0x0000000001000000000000000000013b }
            hash = (hash ^ 0xFF) &* 0x0000000001000000000000000000013b
        }
        // Version 8 (RFC 9562) is made of whatever its maker likes.
        return TaskID(uuid(UInt64(truncatingIfNeeded: hash >> 64), UInt64(truncatingIfNeeded: hash), version: 8))
    }
}
