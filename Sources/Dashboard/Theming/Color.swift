/// A terminal colour. The terminal's own definitions are never changed.
public enum Color: Hashable, Sendable {
    /// The terminal's own text or background colour.
    case `default`
    /// 0–7 the ANSI colours, 8–15 the bright ones, 16–231 a 6×6×6 cube, 232–255 greys.
    case index(UInt8)

    /// Reads `default`, an ANSI colour's name, an index from 0 to 255, or `#rrggbb`, which becomes the nearest of the cube and the greys.
    public init?(_ text: String) {
        if text == "default" {
            self = .default
        } else if let index = Color.names.firstIndex(of: text) {
            self = .index(UInt8(index))
        } else if text.hasPrefix("#"), text.utf8.count == 7, let rgb = UInt32(text.dropFirst(), radix: 16) {
            self = .nearest(red: Int(rgb >> 16), green: Int(rgb >> 8 & 0xFF), blue: Int(rgb & 0xFF))
        } else if let index = UInt8(text), text.first?.isNumber == true {
            self = .index(index)
        } else {
            return nil
        }
    }

    /// The same on a terminal of `count` colours, 8 or more: a colour that is not to be had becomes the nearest of the first eight.
    public func reduced(to count: Int) -> Color {
        guard case .index(let index) = self, Int(index) >= count else { return self }
        if index < 16 { return .index(index - 8) }
        let (red, green, blue) = Color.components(index)
        let strongest = max(red, green, blue), weakest = min(red, green, blue)
        if strongest - weakest < 40 { return .index(strongest < 96 ? 0 : 7) }
        // A component counts when it is nearer to the strongest than to the weakest.
        let middle = (strongest + weakest) / 2
        return .index((red > middle ? 1 : 0) | (green > middle ? 2 : 0) | (blue > middle ? 4 : 0))
    }

    static let names = [
        "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white",
        "bright-black", "bright-red", "bright-green", "bright-yellow", "bright-blue", "bright-magenta", "bright-cyan", "bright-white",
    ]

    private static let levels = [0, 95, 135, 175, 215, 255]

    /// 0–255 each, of an index from 16 on.
    private static func components(_ index: UInt8) -> (red: Int, green: Int, blue: Int) {
        if index >= 232 {
            let grey = 8 + 10 * (Int(index) - 232)
            return (grey, grey, grey)
        }
        let cube = max(0, Int(index) - 16)
        return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
    }

    private static func nearest(red: Int, green: Int, blue: Int) -> Color {
        func distance(_ index: UInt8) -> Int {
            let candidate = components(index)
            let (r, g, b) = (candidate.red - red, candidate.green - green, candidate.blue - blue)
            return 2 * r * r + 4 * g * g + 3 * b * b  // the eye sees green best
        }
        return .index((16...255).min { distance($0) < distance($1) } ?? 16)
    }
}
