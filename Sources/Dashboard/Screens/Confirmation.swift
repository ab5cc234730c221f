import CeleriacCore

/// A question that must be answered before anything changes. It is bound to what it names; the list under it may move.
public struct Confirmation: Hashable, Sendable {
    /// What makes it act. Enter alone always means Cancel.
    public enum Need: Hashable, Sendable {
        /// The key `y`.
        case yes
        /// This text, then Enter.
        case text(String, kind: String)
    }

    /// "Revoke 3 tasks".
    public var title: String
    /// What it is about, a line each: names, states, consequences.
    public var facts: [String]
    /// The word on the acting button.
    public var verb: String
    public var need: Need
    public var typed = ""
    public var effect: Effect
    /// What `e`, or Ctrl-e where a text is typed, opens to change it first.
    public internal(set) var form: MessageForm?
    /// Seconds since 1970; keys right after it are ignored.
    public var openedAt: Double

    /// Keys within this many seconds of a dialog's opening were meant for what it covers.
    static let grace = 0.3

    func isTooEarly(_ now: Double) -> Bool { now >= openedAt && now < openedAt + Self.grace }

    enum Answer: Hashable { case undecided, cancel(String), act, edit }

    mutating func take(_ key: Key) -> Answer {
        switch (key, need) {
        case (.escape, _): return .cancel("nothing was changed")
        case (.character("y"), .yes): return .act
        case (.character("e"), .yes) where form != nil, (.control("e"), _) where form != nil: return .edit
        case (.character("n"), .yes), (.character("q"), .yes), (.enter, .yes): return .cancel("nothing was changed")
        case (.character(let character), .text) where typed.count < 200: typed.append(character)
        case (.backspace, .text): typed = String(typed.dropLast())
        case (.enter, .text(let wanted, let kind)):
            if !wanted.isEmpty, typed == wanted { return .act }
            return .cancel(typed.isEmpty ? "nothing was changed" : "nothing was changed: what was typed is not \(kind)")
        default: break
        }
        return .undecided
    }
}

extension DashboardState {
    /// How an action on `count` things is confirmed (`name`: what must be typed for one that is not easily undone).
    func need(count: Int, name: String? = nil) -> Confirmation.Need {
        if let name { return .text(name, kind: "the name") }
        switch count {
        case ...1: return isProduction ? .text(context, kind: "the context's name") : .yes
        case 2...20: return .text(String(count), kind: "the count")
        default: return .text(context, kind: "the context's name")
        }
    }

    /// - Parameter form: what changes it first.
    mutating func ask(_ title: String, facts: [String], verb: String, need: Confirmation.Need, effect: Effect, form: MessageForm? = nil, now: Double) {
        var question = Confirmation(title: title, facts: facts, verb: verb, need: need, effect: effect, openedAt: now)
        question.form = form
        modals.append(.confirmation(question))
    }
}
