import CeleriacBroker
import CeleriacCore
import Foundation

/// The system's clock and zone: pure code gets them from here as values.
enum Clock {
    /// Seconds since 1970.
    static var now: Double { secondsSince1970() }

    /// Seconds that the local zone is ahead of UTC at `time`, and its abbreviation.
    static func zone(at time: Double) -> (offset: Int, name: String) {
        var seconds = time_t(time)
        var local = tm()
        guard localtime_r(&seconds, &local) != nil else { return (0, "UTC") }
        return (local.tm_gmtoff, local.tm_zone.map { String(cString: $0) } ?? "UTC")
    }

    /// The rules of the local zone, else its offset now.
    static var localZone: ZoneRules {
        let link = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/etc/localtime")) ?? ""
        let set = ProcessInfo.processInfo.environment["TZ"].map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 }
        let name = set ?? link.range(of: "zoneinfo/").map { String(link[$0.upperBound...]) } ?? ""
        if let rules = try? ZoneFiles.system.rules(name) { return rules }
        let zone = zone(at: now)
        return ZoneRules(offset: zone.offset, name: zone.name) ?? .utc
    }

    /// `HH:MM:SS` in the local zone.
    static func timeOfDay(_ time: Double) -> String {
        guard time.isFinite, abs(time) < 1e11 else { return "--:--:--" }
        let second = (Int(time) + zone(at: time).offset) % 86_400
        let positive = second < 0 ? second + 86_400 : second
        return [positive / 3600, positive / 60 % 60, positive % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}
