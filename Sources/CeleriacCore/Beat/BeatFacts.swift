/// How the store of schedule entries stands, and who leads.
public struct BeatFacts: Hashable, Sendable {
    public enum Link: Hashable, Sendable {
        /// None was named.
        case none
        case reading
        case live
        /// Seconds since 1970, and why; what was read before is kept.
        case lost(since: Double, reason: String)
    }

    public enum Lead: Hashable, Sendable {
        case unknown
        /// This store keeps none: each beat sends.
        case notKept
        case nobody
        case held(ScheduleLeader)
    }

    public var link: Link
    /// Masked.
    public var endpoint: String
    public var lead: Lead
    public var features: ScheduleFeatures
    public var total: Int
    public var enabled: Int
    /// Broken, storming, missed or late.
    public var inTrouble: Int
    /// Seconds since 1970 when the store last answered.
    public var heardAt: Double?
    /// Zone of entries that name none.
    public var zone: ZoneRules

    public init(link: Link = .none, endpoint: String = "", features: ScheduleFeatures = []) {
        self.link = link
        self.endpoint = endpoint
        self.features = features
        lead = .unknown
        total = 0
        enabled = 0
        inTrouble = 0
        zone = .utc
    }

    public var hasStore: Bool { link != .none }
    public var isLost: Bool { if case .lost = link { true } else { false } }
}
