import CeleriacCore

/// A worker's node name as Celery makes it of `-n` (`celery.utils.nodenames`).
enum NodeName {
    /// - Parameters:
    ///   - given: `nil` or empty: `celery@<host>`; without `@` it is the host part. `%h` is the whole host name, `%n` its first part, `%d` the rest.
    ///   - host: of this machine.
    static func make(_ given: String?, host: String) -> WorkerName {
        let parts = (given ?? "").split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let (name, node) = parts.count == 2 ? (parts[0], parts[1]) : ("", parts.first ?? "")
        let whole = (name.isEmpty ? "celery" : name) + "@" + (node.isEmpty ? host : node)
        return WorkerName(filled(whole, host))
    }

    private static func filled(_ text: String, _ host: String) -> String {
        guard text.contains("%") else { return text }
        let parts = host.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var output = ""
        var isMark = false
        for character in text {
            guard isMark else {
                if character == "%" { isMark = true } else { output.append(character) }
                continue
            }
            isMark = false
            switch character {
            case "h": output += host
            case "n": output += parts[0]
            case "d": output += parts.count == 2 ? parts[1] : ""
            case "%": output += "%"
            default: output += "%\(character)"
            }
        }
        return isMark ? output + "%" : output
    }
}
