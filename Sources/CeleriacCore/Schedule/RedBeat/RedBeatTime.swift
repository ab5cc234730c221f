/// The objects in which RedBeat stores dates.
public enum RedBeatTime {
    /// Seconds since 1970 of `{"__type__": "datetime", "year", …, "timezone"}`; a doubled hour is read as its first pass.
    ///
    /// - Parameters:
    ///   - zones: the rules of a zone by its name; UTC is known without.
    /// - Returns: `nil` for anything else, and for a zone that is not known.
    public static func seconds(_ value: Value, zones: (String) -> ZoneRules?) -> Double? {
        guard value["__type__"]?.string == "datetime", let year = value["year"]?.integer, 1...9999 ~= year, let month = value["month"]?.integer, 1...12 ~= month,
            let day = value["day"]?.integer, 1...WallClock.daysInMonth(year, month) ~= day
        else { return nil }
        func part(_ name: String, _ limit: Int) -> Int? {
            guard let part = value[name] else { return 0 }
            return part.integer.flatMap { 0..<limit ~= $0 ? $0 : nil }
        }
        guard let hour = part("hour", 24), let minute = part("minute", 60), let second = part("second", 60), let micro = part("microsecond", 1_000_000) else { return nil }
        let wall = WallClock(year, month, day, hour, minute, second)
        let fraction = Double(micro) / 1e6
        switch value["timezone"] {
        case nil, "UTC": return Double(wall.seconds) + fraction
        case .string(let name)?: return zones(name).map { $0.instant(of: wall).first + fraction }
        case let offset?:
            // Seconds east of UTC.
            guard let offset = offset.double, offset.magnitude < 86_400 else { return nil }
            return Double(wall.seconds) - offset + fraction
        }
    }

    /// In UTC; `nil` outside of the years 1 to 9999.
    public static func value(_ seconds: Double) -> Value? {
        guard -6.2e10...2.53e11 ~= seconds else { return nil }
        var whole = Int(seconds.rounded(.down))
        var micro = Int(((seconds - Double(whole)) * 1e6).rounded())
        if micro == 1_000_000 { (whole, micro) = (whole + 1, 0) }
        let wall = WallClock(seconds: whole), date = wall.date
        return [
            "__type__": "datetime", "year": .integer(date.year), "month": .integer(date.month), "day": .integer(date.day), "hour": .integer(wall.hour),
            "minute": .integer(wall.minute), "second": .integer(wall.second), "microsecond": .integer(micro), "timezone": "UTC",
        ]
    }
}
