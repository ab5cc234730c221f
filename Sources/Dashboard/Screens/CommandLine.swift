import CeleriacCore
import OrderedCollections

/// What can be typed after `:`.
enum CommandVerb: String, CaseIterable, Hashable, Sendable {
    case overview, tasks, queues, workers, beat, workflows, errors, log, find, revoke, inspect, control, theme, trash, stop, q

    /// What follows the word, for the palette.
    var usage: String {
        switch self {
        case .tasks, .queues, .workers, .beat, .workflows, .errors, .log: "[FILTER]"
        case .find, .revoke: "ID"
        case .inspect: "METHOD"
        case .control: "METHOD [name=value …]"
        case .theme: "NAME"
        case .overview, .trash, .stop, .q: ""
        }
    }

    var title: String {
        switch self {
        case .overview: "go to the overview"
        case .tasks: "tasks that match"
        case .queues: "queues that match"
        case .workers: "workers that match"
        case .beat: "schedule entries that match"
        case .workflows: "workflows of which a task matches"
        case .errors: "groups of failures that match"
        case .log: "log of actions that match"
        case .find: "open a task by its id"
        case .revoke: "revoke a task by its id"
        case .inspect: "ask all workers; replies go to the log"
        case .control: "tell all workers; replies go to the log"
        case .trash: "messages that were taken away, to be put back"
        case .stop: "stop a job under way"
        case .theme: "choose colours"
        case .q: "quit"
        }
    }
}

extension ControlRequest {
    /// Methods that only ask (`control.md`, "Read-only commands").
    static let inspectMethods = ["active", "active_queues", "clock", "conf", "memsample", "ping", "query_task", "registered", "report", "reserved", "revoked", "scheduled", "stats"]
    /// Methods that change something.
    static let controlMethods = [
        "add_consumer", "autoscale", "cancel_consumer", "disable_events", "election", "enable_events", "heartbeat", "pool_grow", "pool_restart", "pool_shrink",
        "rate_limit", "revoke", "revoke_by_stamped_headers", "shutdown", "terminate", "time_limit",
    ]

    var isInspection: Bool { Self.inspectMethods.contains(method) }
}

extension DashboardState {
    /// Runs what was typed after `:`.
    mutating func run(_ text: String, _ picture: Picture, _ now: Double) -> [Effect] {
        let word = text.prefix { !$0.isWhitespace }
        let rest = String(text.dropFirst(word.count)).trimmed
        guard let verb = CommandVerb(rawValue: String(word)) else {
            let near = Nearest.match(for: String(word), in: Array(CommandVerb.allCases.map(\.rawValue)))
            tell("there is no command :\(safe(String(word), limit: 40))" + (near.map { ", did you mean :\($0)?" } ?? ""), isError: true)
            return []
        }
        switch verb {
        case .q: return [.quit]
        case .overview: show(.overview)
        case .tasks: show(.tasks, filter: rest)
        case .queues: show(.queues, filter: rest)
        case .workers: show(.workers, filter: rest)
        case .beat: show(.beat, filter: rest)
        case .workflows: show(.workflows, filter: rest)
        case .errors: show(.errors, filter: rest)
        case .log: show(.log, filter: rest)
        case .trash: return show(.trash)
        case .stop: return reduce(.stopJob, picture, now)
        case .theme: return useTheme(rest)
        case .find:
            guard let id = single(rest, "an id") else { return [] }
            return show(.task(TaskID(id), .summary))
        case .revoke:
            guard let id = single(rest, "an id") else { return [] }
            if let reason = whyNotAct(picture) { tell(reason) } else { askToRevoke(.tasks([TaskID(id)]), signal: nil, picture, now) }
        case .inspect, .control: return control(verb, rest, picture, now)
        }
        return []
    }

    private mutating func single(_ text: String, _ what: String) -> String? {
        guard !text.isEmpty, !text.contains(where: \.isWhitespace) else {
            tell("\(what) is expected", isError: true)
            return nil
        }
        return text
    }

    private mutating func useTheme(_ name: String) -> [Effect] {
        guard themes.contains(name) else {
            tell("there is no theme \"\(safe(name, limit: 40))\": \(themes.map { safe($0, limit: 40) }.joined(separator: ", "))", isError: true)
            return []
        }
        theme = name
        return [.theme(name)]
    }

    private mutating func control(_ verb: CommandVerb, _ text: String, _ picture: Picture, _ now: Double) -> [Effect] {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let method = words.first else {
            tell("a method is expected, such as \(verb == .inspect ? "stats" : "rate_limit task_name=mail.send rate_limit=10/m")", isError: true)
            return []
        }
        var request = ControlRequest(method)
        for word in words.dropFirst() {
            guard let sign = word.firstIndex(of: "="), sign > word.startIndex else {
                tell("\(safe(word, limit: 40)) is not name=value", isError: true)
                return []
            }
            request.arguments[String(word[..<sign])] = Value(typed: String(word[word.index(after: sign)...]))
        }
        if let destination = request.arguments.removeValue(forKey: "destination")?.string {
            request.destination = destination.split(separator: ",").map { WorkerName(String($0)) }
        }
        if request.isInspection {
            if permission == .passive { tell("passive: workers are not asked"); return [] }
            return [.control(request)]
        }
        guard verb == .control else {
            let near = Nearest.match(for: method, in: Array(ControlRequest.inspectMethods))
            tell("\(safe(method, limit: 40)) is no method that only asks" + (near.map { ", did you mean \($0)?" } ?? ""), isError: true)
            return []
        }
        if let reason = whyNotAct(picture) { tell(reason); return [] }
        let count = request.destination?.count ?? max(1, picture.header.workersAlive)
        let arguments = request.arguments.map { safe($0.key) + "=" + safe(JSON.text($0.value)) }.joined(separator: " ")
        let target = request.destination.map { $0.map { safe($0.rawValue) }.joined(separator: ", ") } ?? "all workers"
        let named = request.destination.map { (text: $0.map { safe($0.rawValue) }.joined(separator: ","), kind: "the name") } ?? (text: context, kind: "the context's name")
        ask(
            "Tell \(Formats.plural(count, "worker")): \(safe(method, limit: 40))", facts: [target, arguments, "in context \(safe(context))"].filter { !$0.isEmpty }, verb: "send",
            need: method == "shutdown" ? .text(named.text, kind: named.kind) : need(count: count),
            effect: .control(request), now: now)
        return []
    }

    /// Whole lines that what was typed may become.
    func completions(of text: String, _ picture: Picture) -> [String] {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let verb = CommandVerb(rawValue: parts[0]) else {
            return CommandVerb.allCases.map(\.rawValue).filter { $0.hasPrefix(text) }.map { $0 + (CommandVerb(rawValue: $0)?.usage.isEmpty == true ? "" : " ") }
        }
        let options: [String] = switch verb {
        case .inspect: ControlRequest.inspectMethods
        case .control: ControlRequest.controlMethods + ControlRequest.inspectMethods
        case .theme: themes
        case .tasks, .queues, .workers, .beat, .workflows, .errors, .log: filterCompletions(of: parts[1])
        case .find, .revoke: (picture.tasks?.rows ?? []).map(\.id.rawValue)
        case .overview, .trash, .stop, .q: []
        }
        return options.filter { $0.hasPrefix(parts[1]) }.map { "\(verb.rawValue) \($0)" }
    }
}

/// Filters that what was typed may become: its last word completed to a field, or to one of Celery's states.
func filterCompletions(of text: String) -> [String] {
    let last = String(text.reversed().prefix { !" (".contains($0) }.reversed())
    let states: [TaskState] = [.pending, .received, .started, .success, .failure, .retry, .revoked, .rejected]
    let options = Filter.fields.map { $0 + ":" } + states.map { "state:" + $0.rawValue.lowercased() }
    return options.filter { $0.hasPrefix(last) && $0 != last }.map { text.dropLast(last.count) + $0 }
}

extension Value {
    /// JSON where it is some, else text.
    init(typed text: String) {
        self = (try? JSON.decode(text)) ?? .string(text)
    }
}
