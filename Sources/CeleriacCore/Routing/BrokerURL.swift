/// Where a broker, result backend or schedule store is: `scheme://user:password@host:port/path?option=value`, as kombu reads it.
///
/// Texts are percent-decoded. However it is printed, the password is not.
public struct BrokerURL: Hashable, Sendable {
    public struct Option: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// In lower case, whole: `redis`, `rediss`, `redis+socket`, `sqla+postgresql`.
    public var scheme: String
    public var user: String?
    /// Never to be shown; everything that prints the URL leaves it out.
    public var password: String?
    /// In lower case; an IPv6 address without brackets. `nil` = the transport's default.
    public var host: String?
    public var port: Int?
    /// Without the slash that parts it from the host: virtual host, database number or file; empty when there is none.
    public var path: String
    /// What follows `?`, in order.
    public var options: [Option]
    /// Where to go when this one cannot be reached, in order: `a;b` in one text.
    public var alternates: [BrokerURL]

    public init(
        scheme: String, user: String? = nil, password: String? = nil, host: String? = nil, port: Int? = nil, path: String = "", options: [Option] = [],
        alternates: [BrokerURL] = []
    ) {
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.path = path
        self.options = options
        self.alternates = alternates
    }

    /// The scheme up to its first `+`: which transport is meant.
    public var transport: String { String(scheme.prefix { $0 != "+" }) }

    /// The scheme after its first `+` (`socket`, `postgresql`); `nil` when there is none.
    public var dialect: String? {
        scheme.firstIndex(of: "+").map { String(scheme[scheme.index(after: $0)...]) }
    }

    /// The value of an option, the last one when it is given twice.
    public subscript(option name: String) -> String? {
        options.last { $0.name == name }?.value
    }

    /// The file of `redis+socket:///path/to.sock`; `nil` for other schemes.
    public var socketPath: String? {
        dialect == "socket" ? (path.hasPrefix("/") ? path : "/" + path) : nil
    }

    /// Redis's database: the path, or the option `virtual_host` with a socket; 0 when there is none.
    public func database() throws(BrokerURLError) -> Int {
        let text = socketPath == nil ? path : self[option: "virtual_host"] ?? ""
        let digits = text.drop { $0 == "/" }
        if digits.isEmpty { return 0 }
        guard let number = Int(digits), number >= 0 else { throw BrokerURLError(.badDatabase(text)) }
        return number
    }

    /// `text` with this URL's passwords blotted out: for errors of servers and libraries, which may quote what they were given.
    public func masking(_ text: String) -> String {
        var text = text
        for secret in secrets where !secret.isEmpty { text = text.replacing(secret, with: Self.mask) }
        return text
    }

    private var secrets: [String] {
        [password].compactMap { $0 } + options.filter(\.isSecret).map(\.value) + options.compactMap { $0.userInfo?.password } + alternates.flatMap(\.secrets)
    }

    fileprivate static let mask = "***"
}

extension BrokerURL.Option {
    /// Whether the value is not to be shown.
    fileprivate var isSecret: Bool {
        let name = name.lowercased()
        return ["password", "passwd", "secret", "token"].contains { name.contains($0) }
    }

    /// Where the value is a URL in its turn: what stands before its host, and the password in that.
    fileprivate var userInfo: (range: Range<String.Index>, password: String)? {
        guard let scheme = value.firstRange(of: "://"), let at = value[scheme.upperBound...].lastIndex(of: "@"),
            let colon = value[scheme.upperBound..<at].firstIndex(of: ":")
        else { return nil }
        let password = value.index(after: colon)..<at
        return password.isEmpty ? nil : (password, String(value[password]))
    }

    /// With its password, or that of a URL in it, as `***`.
    fileprivate var shownValue: String {
        if isSecret { return BrokerURL.mask }
        guard let (password, _) = userInfo else { return value }
        return value[..<password.lowerBound] + BrokerURL.mask + value[password.upperBound...]
    }
}

extension BrokerURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Fit to be shown: passwords are `***`.
    public var description: String {
        let userInfo = user == nil && password == nil ? "" : escaped(user ?? "", keeping: "") + (password == nil ? "" : ":" + Self.mask) + "@"
        let server = host.map { $0.contains(":") ? "[\($0)]" : escaped($0, keeping: ",") } ?? ""
        let query = options.map { escaped($0.name, keeping: "") + "=" + ($0.isSecret ? Self.mask : escaped($0.shownValue, keeping: "/:@*")) }.joined(separator: "&")
        let whole =
            scheme + "://" + userInfo + server + (port.map { ":\($0)" } ?? "") + (path.isEmpty ? "" : "/" + escaped(path, keeping: "/:@"))
            + (query.isEmpty ? "" : "?" + query)
        return ([whole] + alternates.map(\.description)).joined(separator: ";")
    }

    public var debugDescription: String { description }

    /// Keeps the password out of `dump` and of crash reports.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }

    /// Percent-encoded, but for letters, digits, `-._~` and `kept`.
    private func escaped(_ text: String, keeping kept: String) -> String {
        var output = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": output.unicodeScalars.append(scalar)
            case _ where byte < 0x80 && kept.unicodeScalars.contains(scalar): output.unicodeScalars.append(scalar)
            default: output += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return output
    }
}
