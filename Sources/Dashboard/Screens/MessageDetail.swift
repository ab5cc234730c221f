import CeleriacCore
import OrderedCollections

extension DashboardState {
    /// One message whole, as it waited when it was opened.
    func messageLines(_ message: QueueSample.Message, _ context: DrawContext) -> [Line] {
        var lines = [field("Queue", safe(message.kept.queue.rawValue), target: .queue(message.kept.queue))]
        guard let task = message.task else {
            return lines + [field("Problem", "no task's message: " + safe(message.problem ?? "?"), .warning), field("Size", Formats.bytes(message.size)), .empty, Line("v shows what there is of it", .dim)]
        }
        lines += [field("Task", safe(task.name), .accent), field("ID", safe(task.id.rawValue), target: .task(task.id))]
        lines.append(field("Sent", message.sentAt.map { context.exactTime($0) + ", " + Formats.age(max(0, context.now - $0)) + " ago" } ?? "? the sender did not write it down", message.sentAt == nil ? .stale : .text))
        lines.append(field("Priority", String(task.priority), task.priority == 0 ? .dim : .text))
        if let eta = task.eta { lines.append(field("ETA", context.exactTime(eta) + ", " + context.time(eta))) }
        if let expires = task.expires { lines.append(field("Expires", context.exactTime(expires) + ", " + context.time(expires), expires < context.now ? .warning : .text)) }
        if task.retries > 0 { lines.append(field("Retries", String(task.retries), .retry)) }
        if task.isRedelivered { lines.append(field("Seen", "somebody had it before, or looked at it", .warning)) }
        if let reason = message.buriedBecause { lines.append(field("Set aside", safe(reason), .warning)) }
        if let root = task.root, root != task.id { lines.append(field("Root", safe(root.rawValue), target: .task(root))) }
        if let parent = task.parent { lines.append(field("Parent", safe(parent.rawValue), target: .task(parent))) }
        if let group = task.group { lines.append(field("Group", safe(group))) }
        if let origin = task.origin { lines.append(field("Sent by", safe(origin))) }
        if let reply = task.replyTo { lines.append(field("Reply to", safe(reply), .dim)) }
        lines.append(field("Size", Formats.bytes(message.size), .dim))
        for problem in task.problems { lines.append(field("Problem", safe(problem), .bad)) }
        switch task.arguments {
        case .known(let args, let kwargs): lines += [.empty, heading("Positional")] + json(.array(args)) + [.empty, heading("Keyword")] + json(.object(kwargs))
        case .opaque(let reason):
            lines += [.empty, heading("Arguments"), Line("? the body cannot be read here: " + safe(reason), .warning)]
            for text in [task.argsrepr, task.kwargsrepr] { if let text { lines += safeLines(text, limit: 10_000).map { Line($0) } } }
        }
        for (title, links) in [("Then", task.callbacks), ("On failure", task.errbacks), ("Chain, the next one last", task.chain), ("Chord", task.chord.map { [$0] } ?? [])] where !links.isEmpty {
            lines += [.empty, heading(title)] + json(.array(links))
        }
        return lines + [.empty, heading("Headers")] + json(.object(task.headers)) + [.empty, heading("Properties")] + json(.object(task.properties))
    }

    /// All that is known of it: the fields of `celeriac peek`, its body decoded, and the envelope as its broker keeps it.
    func record(of message: QueueSample.Message, now: Double) -> Value {
        var members = message.value(now: now).object ?? [:]
        members["queue"] = .string(message.kept.queue.rawValue)
        if let envelope = try? Envelope(decoding: message.kept.bytes) { members["body"] = (try? envelope.content()) ?? .null }
        members["envelope"] = (try? JSON.decode(message.kept.bytes)) ?? .string(String(decoding: message.kept.bytes, as: UTF8.self))
        return .object(members)
    }
}
