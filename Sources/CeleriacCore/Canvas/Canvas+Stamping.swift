public import OrderedCollections

extension Canvas {
    /// `signature` with stamps on all that it is made of: every task in it, every callback and errback, and theirs.
    ///
    /// A stamp that is there already gives way, unless both are lists: then it goes behind the new one. Stamps of a composite reach all its parts.
    /// As `Signature.stamp(**stamps)` of Celery, but that the bodies of chords are stamped too; Celery needs a visitor for them.
    public static func stamp(_ signature: Signature, _ stamps: OrderedDictionary<String, Value>) throws(CanvasError) -> Signature {
        let node = try CanvasNode(signature)
        try node.stamp(stamps, depth: 0)
        return node.signature(like: signature)
    }
}

extension CanvasNode {
    fileprivate func stamp(_ stamps: OrderedDictionary<String, Value>, depth: Int) throws(CanvasError) {
        guard depth < Self.depthLimit else { throw CanvasError(.tooLarge, cause: "callbacks stand more than \(Self.depthLimit) deep inside each other") }
        for option in ["link", "link_error"] where options[option]?.ifNotNull != nil {
            var stamped: [Value] = []
            for link in Self.list(options[option]) {
                let node = try CanvasNode(link)
                try node.stamp(stamps, depth: depth + 1)
                stamped.append(node.value)
            }
            options[option] = .array(stamped)
        }
        let own = Self.list(options["stamped_headers"]).compactMap(\.string).filter { options[$0] != nil }
        var all = stamps
        for name in own {
            guard let old = options[name] else { continue }
            switch (all[name], old) {
            case (.array(let new)?, .array(let old)): all[name] = .array(new + old)
            case (nil, _): all[name] = old
            default: break
            }
        }
        switch shape {
        case .task, .map, .chunks:
            options["stamped_headers"] = .array(all.keys.map(Value.string))
            options.merge(all) { _, new in new }
        case .chain, .group, .chord:
            for part in parts { try part.stamp(all, depth: depth + 1) }
            try body?.stamp(all, depth: depth + 1)
        }
    }
}
