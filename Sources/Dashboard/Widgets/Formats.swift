/// Figures as people read them: `12,482`, `1.2 M`, `41 ms`, `1 m 3 s`, `45.2 MB`.
public enum Formats {
    /// A whole number with grouped digits; from a million on with one decimal and a letter.
    public static func count(_ value: Int) -> String {
        switch value.magnitude {
        case 0..<1_000_000: grouped(value)
        case 1_000_000..<1_000_000_000: decimal(Double(value) / 1e6, places: 1) + " M"
        default: decimal(Double(value) / 1e9, places: 1) + " G"
        }
    }

    /// The same for where that does not fit: whole thousands from ten thousand on.
    public static func roughCount(_ value: Int) -> String {
        guard value >= 10_000 else { return count(value) }
        return value < 999_500 ? "\(whole(Double(value) / 1000)) k" : count(max(value, 1_000_000))
    }

    /// Digits in groups of three, however many there are.
    public static func grouped(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// Seconds in the two units that matter.
    public static func duration(_ seconds: Double) -> String {
        guard !seconds.isNaN else { return "?" }
        guard seconds.isFinite else { return "never" }
        guard seconds >= 0 else { return "-" + duration(-seconds) }
        switch seconds {
        case 0: return "0 s"
        case ..<0.001: return "<1 ms"
        case ..<0.9995: return "\(whole(seconds * 1000)) ms"
        case ..<9.95: return decimal(seconds, places: 1) + " s"
        case ..<59.5: return "\(whole(seconds)) s"
        case ..<3599.5: return pair(whole(seconds), 60, "m", "s")
        case ..<86370: return pair(whole(seconds / 60), 60, "h", "m")
        case ..<3.15e9: return pair(whole(seconds / 3600), 24, "d", "h")
        default: return decimal(seconds / 31_557_600, places: 0) + " y"
        }
    }

    /// The same for where that does not fit: the larger unit alone.
    public static func roughDuration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude >= 60 else { return duration(seconds) }
        return (seconds < 0 ? "-" : "") + age(seconds.magnitude)
    }

    /// How long ago, in whole units: `3 s`, `14 m`, `2 h`, `5 d`.
    public static func age(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        switch seconds {
        case ..<1: return "0 s"
        case ..<60: return "\(Int(seconds)) s"
        case ..<3600: return "\(Int(seconds / 60)) m"
        case ..<86400: return "\(Int(seconds / 3600)) h"
        default: return "\(grouped(whole(seconds / 86400))) d"
        }
    }

    /// A number per second, without the unit.
    public static func rate(_ value: Double) -> String {
        guard value.isFinite else { return "?" }
        return value < 9.95 && value != value.rounded() ? decimal(value, places: 1) : count(whole(value))
    }

    /// How often something happens, by the second, the minute or the hour.
    public static func frequency(_ perSecond: Double) -> String {
        switch perSecond {
        case 0.095...: rate(perSecond) + " /s"
        case (0.095 / 60)...: rate(perSecond * 60) + " /m"
        case ..<1e-9: "0 /s"
        default: rate(perSecond * 3600) + " /h"
        }
    }

    /// Bytes in decimal units.
    public static func bytes(_ value: Int) -> String {
        var size = Double(value)
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            if size.magnitude < 999.95 || unit == "TB" { return unit == "B" ? "\(value) B" : decimal(size, places: 1) + " " + unit }
            size /= 1000
        }
        return "\(value) B"
    }

    /// A part of a whole in per cent with one decimal; `100` and `0` without.
    public static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "-" }
        if part == whole { return "100" }
        // Rounding must not turn "nearly all" into "all".
        let value = Double(part) / Double(whole) * 100
        return value > 99.9 ? "99.9" : decimal(value, places: 1)
    }

    /// Rounded to so many decimal places, at most three.
    public static func decimal(_ value: Double, places: Int) -> String {
        guard value.isFinite, value.magnitude < 1e15 else { return value.isNaN ? "?" : value < 0 ? "-∞" : "∞" }
        let scale = [1, 10, 100, 1000][min(max(places, 0), 3)]
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard scale > 1 else { return sign + grouped(scaled) }
        let fraction = String(scaled % scale)
        return sign + grouped(scaled / scale) + "." + String(repeating: "0", count: min(places, 3) - fraction.count) + fraction
    }

    /// `1 task`, `3 tasks`.
    public static func plural(_ count: Int, _ noun: String) -> String {
        grouped(count) + " " + noun + (count == 1 ? "" : "s")
    }

    private static func pair(_ amount: Int, _ base: Int, _ large: String, _ small: String) -> String {
        let rest = amount % base
        return "\(amount / base) \(large)" + (rest == 0 ? "" : " \(rest) \(small)")
    }

    /// Nearest whole number; the largest there is for what no `Int` holds.
    private static func whole(_ value: Double) -> Int {
        Int(exactly: value.rounded()) ?? (value < 0 ? .min : .max)
    }
}
