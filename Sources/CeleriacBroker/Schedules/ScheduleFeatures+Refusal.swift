package import CeleriacCore

extension ScheduleFeatures {
    /// - Throws: kind `.refused`, for an entry that such a store would not give back as it is.
    package func check(_ entry: ScheduleEntry, at endpoint: String) throws(TransportError) {
        guard let lack = lack(of: entry) else { return }
        throw TransportError(.refused, operation: "save", endpoint: endpoint, cause: "this store cannot hold \(lack)")
    }
}
