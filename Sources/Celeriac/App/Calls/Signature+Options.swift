import CeleriacCore
import OrderedCollections

extension Signature {
    /// With options, which win over those it has; links are added to them.
    mutating func set(_ more: CallOptions) throws(CanvasError) {
        var values = more.values
        for link in ["link", "link_error"] {
            guard let added = values.removeValue(forKey: link)?.array else { continue }
            let present = options[link].map { $0.array ?? [$0] } ?? []
            options[link] = .array(present + added.filter { !present.contains($0) })
        }
        for name in more.stamps.keys { values[name] = nil }
        values["stamped_headers"] = nil
        // One way to say when replaces the other.
        if more.countdown != nil { options["eta"] = nil }
        if more.eta != nil, more.countdown == nil { options["countdown"] = nil }
        options.merge(values) { _, new in new }
        if !more.stamps.isEmpty { self = try Canvas.stamp(self, more.stamps) }
    }
}
