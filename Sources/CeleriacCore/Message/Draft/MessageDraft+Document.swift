import OrderedCollections

extension MessageDraft {
    /// One JSON document for an editor; lines that begin with `//` say what is wanted and are passed over when it is read.
    /// - Parameter title: what it is about, a line each.
    public func document(_ title: [String] = []) -> String {
        var lines = title.map { "// " + ForeignText.safe($0) }
        lines += ["// Save and leave: what will change is shown before it is done. A file that says nothing new changes nothing.", "{"]
        let fields = fields
        for (index, field) in fields.enumerated() {
            lines.append("  // " + Self.meaning(field) + (missing.contains(field) ? " NOT KNOWN: fill it in." : ""))
            lines.append("  \"\(field.rawValue)\": \(json(field))" + (index == fields.count - 1 ? "" : ","))
        }
        return (lines + ["}", ""]).joined(separator: "\n")
    }

    private func json(_ field: Field) -> String {
        let text = self[field].trimmingBlanks
        switch field {
        case .args, .kwargs, .headers: return text.isEmpty ? "null" : text
        case .priority: return text.isEmpty ? "null" : text
        default: return text.isEmpty ? "null" : JSON.text(.string(text))
        }
    }

    private static func meaning(_ field: Field) -> String {
        switch field {
        case .name: "The task's name."
        case .args: "Positional arguments, a list."
        case .kwargs: "Keyword arguments, an object."
        case .queue: "The queue; null: where routes lead."
        case .priority: "0 to 255; null: none."
        case .eta: "Not before: a time in ISO 8601, or from now as \"+30s\"; null: at once."
        case .expires: "Of no use after: as eta; null: never."
        case .headers: "Further headers of the message, an object."
        }
    }

    /// Takes over what was made of `document`. Fields left out stay as they are.
    /// - Throws: in words, with the line where there is one.
    public mutating func take(document: String) throws(DocumentError) {
        let lines = document.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.drop { $0 == " " || $0 == "\t" }.hasPrefix("//") ? "" : line
        }
        let text = Array(lines.joined(separator: "\n").utf8)
        let value: Value
        do { value = try JSON.decode(text) } catch { throw DocumentError("\(error)") }
        guard let members = value.object else { throw DocumentError("one JSON object is wanted") }
        for (name, value) in members {
            guard let field = Field(rawValue: name), fields.contains(field) else {
                let nearest = Nearest.match(for: name, in: fields.map(\.rawValue)).map { "; did you mean \($0)?" } ?? ""
                throw DocumentError("there is no field \"\(ForeignText.safe(name))\"\(nearest)")
            }
            let typed = value.isNull ? "" : value.string ?? JSON.text(value)
            // Written another way, it is still the same.
            if json(field) != JSON.text(value), (try? JSON.decode(json(field))) != value { self[field] = typed }
        }
    }

    public struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
        public var description: String
        init(_ words: String) { description = words }
    }
}
