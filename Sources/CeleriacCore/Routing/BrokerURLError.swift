/// Why a text is no broker URL. Never quotes the part that may hold a password.
public struct BrokerURLError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case missingScheme
        case badScheme(String)
        case badPort
        case badHost
        case badDatabase(String)
    }

    public var kind: Kind

    public init(_ kind: Kind) {
        self.kind = kind
    }

    public var description: String {
        switch kind {
        case .missingScheme: "the broker URL has no scheme; write it like redis://localhost:6379/0"
        case .badScheme(let scheme): "\"\(ForeignText.safe(scheme))\" is no scheme of a broker URL; write it like redis://localhost:6379/0"
        case .badPort: "the port in the broker URL is no number from 0 to 65535 (a / ? # or @ in the password must be written %2F %3F %23 %40)"
        case .badHost: "the host in the broker URL makes no sense"
        case .badDatabase(let path): "\"\(ForeignText.safe(path))\" in the broker URL is no database number"
        }
    }
}
