import CeleriacBroker
import GRDB

extension TransportError {
    /// SQLite's own words on why it refused.
    init(_ error: any Error, operation: String, endpoint: String) {
        let cause = (error as? DatabaseError)?.message ?? "\(error)"
        self.init(.refused, operation: operation, endpoint: endpoint, cause: cause)
    }
}
