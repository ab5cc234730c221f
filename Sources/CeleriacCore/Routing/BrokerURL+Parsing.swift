extension BrokerURL {
    /// Reads a URL, or several with `;` between them, of which the first is the one to try first. A later one without a scheme has the first one's.
    public init(_ text: String) throws(BrokerURLError) {
        let texts = text.split(separator: ";", omittingEmptySubsequences: true)
        guard let first = texts.first else { throw BrokerURLError(.missingScheme) }
        try self.init(single: first, scheme: nil)
        for text in texts.dropFirst() { alternates.append(try BrokerURL(single: text, scheme: scheme)) }
    }

    private init(single text: Substring, scheme inherited: String?) throws(BrokerURLError) {
        let text = text.trimmingSpaces
        var rest = text
        if let separator = text.firstRange(of: "://") {
            let name = text[..<separator.lowerBound].lowercased()
            guard Self.isScheme(name) else { throw BrokerURLError(Self.isQuotable(name) ? .badScheme(name) : .missingScheme) }
            self.init(scheme: name)
            rest = text[separator.upperBound...]
        } else if let inherited {
            self.init(scheme: inherited)
        } else {
            throw BrokerURLError(.missingScheme)
        }

        // An authority ends at the first of these, as in Python's urlsplit; the fragment is of no use.
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        rest = rest[authority.endIndex...]
        rest = rest.prefix { $0 != "#" }
        let location = rest.prefix { $0 != "?" }
        try read(authority: authority)
        path = Self.decoded(location.hasPrefix("/") ? location.dropFirst() : location)
        read(query: rest[location.endIndex...].dropFirst())
    }

    private mutating func read(authority: Substring) throws(BrokerURLError) {
        var server = authority
        if let at = authority.lastIndex(of: "@") {
            let userInfo = authority[..<at]
            server = authority[authority.index(after: at)...]
            let name = userInfo.prefix { $0 != ":" }
            user = name.isEmpty ? nil : Self.decoded(name)
            if name.endIndex < userInfo.endIndex {
                let secret = Self.decoded(userInfo[name.endIndex...].dropFirst())
                password = secret.isEmpty ? nil : secret
            }
        }
        var portText: Substring?
        if server.hasPrefix("[") {
            guard let bracket = server.firstIndex(of: "]") else { throw BrokerURLError(.badHost) }
            let address = server[server.index(after: server.startIndex)..<bracket]
            guard address.contains(":") else { throw BrokerURLError(.badHost) }
            host = address.lowercased()
            let after = server[server.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw BrokerURLError(.badHost) }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else {
            let colon = server.lastIndex(of: ":")
            let name = Self.decoded(server[..<(colon ?? server.endIndex)]).lowercased()
            portText = colon.map { server[server.index(after: $0)...] }
            guard !name.contains(" "), !name.contains("[") else { throw BrokerURLError(.badHost) }
            // Only a list of hosts (MongoDB's) may have further colons.
            guard !name.contains(":") || name.contains(",") else { throw BrokerURLError(.badPort) }
            host = name.isEmpty ? nil : name
        }
        if let portText, !portText.isEmpty {
            guard portText.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") <= 9 }), let number = UInt16(portText) else { throw BrokerURLError(.badPort) }
            port = Int(number)
        }
    }

    private mutating func read(query: Substring) {
        for pair in query.split(separator: "&") {
            let name = pair.prefix { $0 != "=" }
            let value = pair[name.endIndex...].dropFirst()
            options.append(Option(name: Self.decoded(name, plusIsSpace: true), value: Self.decoded(value, plusIsSpace: true)))
        }
    }

    /// Letters, digits, `+` and `-`, beginning with a letter; kombu refuses names with a dot, and no transport has one.
    private static func isScheme(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, "a"..."z" ~= first else { return false }
        return text.unicodeScalars.allSatisfy { "a"..."z" ~= $0 || "0"..."9" ~= $0 || "+-_".unicodeScalars.contains($0) }
    }

    /// What stands before `://` by mistake may be a user and a password.
    private static func isQuotable(_ scheme: String) -> Bool {
        !scheme.isEmpty && !scheme.contains("@") && !scheme.contains(":")
    }

    private static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || plusIsSpace && $0 == UInt8(ascii: "+") }) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+"), plusIsSpace {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%") {
                // Python leaves a % that escapes nothing as it is, and so do passwords in the wild.
                var digits = rest
                if let high = digits.popFirst().flatMap(hexDigit), let low = digits.popFirst().flatMap(hexDigit) {
                    bytes.append(high << 4 | low)
                    rest = digits
                } else {
                    bytes.append(byte)
                }
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0.isNewline || $0 == "\t" }
        var trimmed = drop(while: isSpace)
        while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
        return trimmed
    }
}
