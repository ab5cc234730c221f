/// How a task is sent again.
public struct ResendingTerms: Hashable, Sendable {
    /// Under the id that it had.
    public var keepsID = false
    /// With what follows it (callbacks, errbacks, the rest of its chain, its chord) and its place in a workflow; only where its message is known.
    public var keepsLinks = false

    public init() {}
}

extension TaskCall {
    /// With its arguments' texts in full: whoever watches may want to send it again.
    package var shownInFull: TaskCall {
        var call = self
        call.argsrepr = PythonRepr.text(.array(args), asTuple: true, limit: nil, levels: 100)
        call.kwargsrepr = PythonRepr.text(.object(kwargs), limit: nil, levels: 100)
        return call
    }
}

/// One task to be sent, as a person has confirmed it.
public struct CallOrder: Hashable, Sendable {
    public var terms: MessageDraft.Terms
    /// What it was filled in from; `nil`: from nothing.
    public var known: KnownCall?
    /// How the task that is `known` is sent again; `nil`: this is a task of its own.
    public var resending: ResendingTerms?

    public init(_ terms: MessageDraft.Terms, from known: KnownCall? = nil, resending: ResendingTerms? = nil) {
        self.terms = terms
        self.known = known
        self.resending = resending
    }
}

extension KnownCall {
    /// The call that is sent again.
    ///
    /// - Parameters:
    ///   - terms: what a person made of it.
    ///   - id: of the new task; the old one where that is wanted.
    public func call(_ terms: MessageDraft.Terms, id: TaskID, keepsLinks: Bool) -> TaskCall {
        var call = terms.call(id: id)
        if let message = original?.message, let whole = try? TaskCall(message) {
            (call.hardLimit, call.softLimit, call.ignoresResult) = (whole.hardLimit, whole.softLimit, whole.ignoresResult)
            (call.stampedHeaders, call.stamps, call.shadow) = (whole.stampedHeaders, whole.stamps, whole.shadow)
            if keepsLinks {
                (call.callbacks, call.errbacks, call.chain, call.chord) = (whole.callbacks, whole.errbacks, whole.chain, whole.chord)
                (call.root, call.parent, call.group, call.groupIndex) = (whole.root, whole.parent, whole.group, whole.groupIndex)
                call.replacedTaskNesting = whole.replacedTaskNesting
            }
        }
        return call.shownInFull
    }

    /// The same call, as it was; `nil` without a source or a name.
    public func call(id: TaskID, keepsLinks: Bool) -> TaskCall? {
        guard source != nil, let terms = draft.read(now: 0).terms else { return nil }
        return call(terms, id: id, keepsLinks: keepsLinks)
    }

    /// What follows the task or holds it, in words, where its message is known; empty: nothing does.
    public var links: [String] {
        guard let message = original?.message else { return [] }
        func named(_ signatures: [Value]) -> String { signatures.prefix(3).map { $0["task"]?.string ?? "?" }.joined(separator: ", ") + (signatures.count > 3 ? ", …" : "") }
        var words: [String] = []
        if !message.callbacks.isEmpty { words.append("after success \(named(message.callbacks))") }
        if !message.errbacks.isEmpty { words.append("after failure \(named(message.errbacks))") }
        if !message.chain.isEmpty { words.append("then its chain: \(named(message.chain.reversed()))") }
        if let chord = message.chord { words.append("counts in a chord that ends in \(chord["task"]?.string ?? "?")") }
        if let group = message.group { words.append("belongs to group \(group)") }
        return words
    }
}
