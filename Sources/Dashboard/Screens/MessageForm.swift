public import CeleriacCore

/// A task's message on a form: one that is made, one that is sent again, one that waits and is changed.
///
/// Read after each key: what is wrong stands at its field, what would be sent beneath. It knows nothing of what is done with it: that is `purpose`.
public struct MessageForm: Hashable, Sendable {
    /// What Ctrl-s asks to do with what it says.
    public enum Purpose: Hashable, Sendable {
        /// Send it as a task of its own; it was filled in from what is known of a call where that is given.
        case send(KnownCall?)
        /// Send that task again.
        case resend(KnownCall)
        /// Change that waiting message.
        case edit(QueueSample.Message)
        /// Revoke what a worker holds, and send it in its place.
        case replaceHeld(TaskMessage)
    }

    public let purpose: Purpose
    public let title: String
    /// What is told beneath the fields: where it is from, what is not known and why. **Not yet made safe to show.**
    let notes: [String]
    public internal(set) var draft: MessageDraft
    public internal(set) var form: Form
    public internal(set) var terms = ResendingTerms()
    /// It was confirmed, and is being carried out.
    public internal(set) var isBusy = false
    /// Leaving it would lose what was typed: `y` leaves.
    var isLeaving = false
    /// What was said when it could not be done.
    var refusal: String?
    /// What came back from the user's editor and could not be read: it is what the editor gets next.
    private(set) var document: String?
    /// Names that the task's name may be completed to.
    public internal(set) var names: [String]
    /// Seconds since 1970; keys right after it are ignored.
    let openedAt: Double
    private(set) var reading: MessageDraft.Reading
    /// Fields at which faults are told: those that were edited; all once it was checked.
    private var touched: Set<MessageDraft.Field> = []
    /// What Ctrl-n offers next of the names that begin as was typed.
    private(set) var offers: [String] = []
    private var nextOffer = 0

    init(_ draft: MessageDraft, _ purpose: Purpose, title: String, notes: [String] = [], names: [String] = [], now: Double) {
        self.draft = draft
        self.purpose = purpose
        self.title = title
        self.notes = notes
        self.names = names
        openedAt = now
        reading = draft.read(now: now)
        form = Form([])
        // What is not known is to be seen at once.
        touched = draft.missing
        refresh(now)
        form.focus(on: (form.fields.first { $0.problem != nil } ?? form.fields.first)?.id ?? "")
    }

    /// Whether anything was typed or chosen.
    var isChanged: Bool { draft.isChanged || terms != ResendingTerms() }

    /// Takes a key that edits or moves.
    mutating func take(_ key: Key, now: Double) {
        if key == .control("n") { return complete(now) }
        guard case .edited(let id) = form.take(key), let new = form.fields.first(where: { $0.id == id }) else { return }
        refusal = nil
        switch id {
        case Self.idField: terms.keepsID = new.value == Self.sameID
        case Self.linksField: terms.keepsLinks = new.value == Self.kept
        default:
            guard let field = MessageDraft.Field(rawValue: id) else { return }
            draft[field] = new.value
            touched.insert(field)
            if field == .name { offers = [] }
        }
        refresh(now)
    }

    /// Takes over what the user made of its document.
    mutating func take(document text: String, now: Double) {
        do { try draft.take(document: text) } catch {
            (document, refusal) = (text, safe(error.description))
            return
        }
        (document, refusal) = (nil, nil)
        touched = Set(MessageDraft.Field.allCases)
        refresh(now)
    }

    /// It is about a message that is there already.
    var isEdit: Bool {
        switch purpose {
        case .edit, .replaceHeld: true
        case .send, .resend: false
        }
    }

    /// Tells every fault from now on, and goes to the first.
    /// - Returns: what it says; `nil` when there is a fault.
    mutating func check(now: Double) -> MessageDraft.Terms? {
        touched = Set(MessageDraft.Field.allCases)
        refresh(now)
        if let faulty = form.fields.first(where: { $0.problem != nil }) { form.focus(on: faulty.id) }
        return reading.terms
    }

    /// What is wrong, in a line of its own: beside its field it may be cut.
    var fault: String { form.fields.first { $0.problem != nil }.map { "\($0.label): \($0.problem ?? "")" } ?? "" }

    /// Names that begin as the name that was typed, else those that contain it.
    func matchingNames(_ typed: String) -> [String] {
        let begun = names.filter { $0.hasPrefix(typed) }
        return begun.isEmpty ? names.filter { $0.contains(typed) } : begun
    }

    /// Puts the next of the names in that what was typed may become; round and round.
    private mutating func complete(_ now: Double) {
        guard form.fields.indices.contains(form.focus), form.fields[form.focus].id == MessageDraft.Field.name.rawValue else { return }
        if offers.isEmpty { (offers, nextOffer) = (matchingNames(draft[.name].trimmed), 0) }
        guard !offers.isEmpty else { return }
        draft[.name] = offers[nextOffer]
        nextOffer = (nextOffer + 1) % offers.count
        touched.insert(.name)
        refresh(now)
    }

    // MARK: - Reading

    static let idField = "id", linksField = "links"
    private static let newID = "new", sameID = "the same", dropped = "dropped", kept = "kept"

    private mutating func refresh(_ now: Double) {
        reading = draft.read(now: now)
        form.fields = draft.fields.map(field) + choices
    }

    private func field(_ field: MessageDraft.Field) -> Form.Field {
        var new: Form.Field
        // The cursor stays where it is.
        if let old = form.fields.first(where: { $0.id == field.rawValue }), old.value == draft[field] {
            new = old
        } else {
            new = .text(field.rawValue, label: field.label, hint: hint(field), draft[field])
        }
        new.problem = touched.contains(field) ? reading.faults[field].map { safe($0) } : nil
        return new
    }

    private func hint(_ field: MessageDraft.Field) -> String {
        field == .name && !names.isEmpty ? "Ctrl-n: the next of \(names.count) known names" : field.hint
    }

    /// What is chosen beside the message itself.
    private var choices: [Form.Field] {
        guard case .resend(let call) = purpose else { return [] }
        var fields = [Form.Field(Self.idField, label: "Id", .choice([Self.newID, Self.sameID], selected: terms.keepsID ? 1 : 0))]
        if !call.links.isEmpty { fields.append(Form.Field(Self.linksField, label: "Links", .choice([Self.dropped, Self.kept], selected: terms.keepsLinks ? 1 : 0))) }
        return fields
    }
}

extension MessageDraft.Field {
    var label: String {
        switch self {
        case .name: "Task"
        case .args: "Args"
        case .kwargs: "Kwargs"
        case .queue: "Queue"
        case .priority: "Priority"
        case .eta: "Not before"
        case .expires: "Expires"
        case .headers: "Headers"
        }
    }

    var hint: String {
        switch self {
        case .name: "the task's name"
        case .args: "a JSON array"
        case .kwargs: "a JSON object"
        case .queue: "empty: where routes lead"
        case .priority: "0 to 255; empty: none"
        case .eta: "ISO 8601, or from now as +30s; empty: at once"
        case .expires: "ISO 8601, or from now as +2h; empty: never"
        case .headers: "a JSON object"
        }
    }
}

extension MessageDraft.Difference {
    /// `Args: [1] → [2]`. **Not yet made safe to show.**
    var words: String { "\(field.label): \(before.isEmpty ? "(none)" : before) → \(after.isEmpty ? "(none)" : after)" }
}
