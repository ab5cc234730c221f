extension SolarSchedule {
    /// How many days ahead an event is looked for, as Celery does: beyond the polar circles it can be away for half a year.
    static let searchedDays = 366

    /// The first such event after `last`, both in seconds since 1970; `nil` when there is none within a year.
    public func next(after last: Double) -> Double? {
        guard last.magnitude < 1e11 else { return nil }
        // Days are counted by the mean sun of the place, from one midnight to the next.
        let day = Int(((last + longitude * 240) / 86_400).rounded(.down)) - 1
        for number in day...day + Self.searchedDays + 2 {
            if let found = event(onDay: number), found > last { return found <= last + Double(Self.searchedDays + 1) * 86_400 ? found : nil }
        }
        return nil
    }

    private func event(onDay number: Int) -> Double? {
        let midnight = Double(number) * 86_400 - longitude * 240
        guard isPossible(midnight + 43_200) else { return nil }
        let noon = meridian(near: midnight + 43_200, west: 1)
        if event.crossing == .transit { return noon }
        let before = meridian(near: midnight, west: -1), after = meridian(near: midnight + 86_400, west: -1)
        // Near the poles the season lifts the sun more than the day does, so that it may rise after noon.
        return crossing(before, noon) ?? crossing(noon, after)
    }

    /// Whether the sun comes anywhere near the event's altitude on the day of `instant`; spares the search through a polar night.
    private func isPossible(_ instant: Double) -> Bool {
        if event.crossing == .transit { return true }
        let z = SunPosition(at: instant).z, place = sineAndCosine(degrees: latitude)
        let wanted = sine(event.altitude - (event.isOfUpperLimb ? 0.27 : 0))
        let reach = abs(place.cosine) * (1 - z * z).squareRoot() + 0.02
        return place.sine * z - reach...place.sine * z + reach ~= wanted
    }

    /// When the sun stands in the south (`west` 1) or in the north (-1) of the tropics: at most 17 minutes from mean noon or midnight.
    private func meridian(near instant: Double, west: Double) -> Double {
        root(instant - 2400, instant + 2400) { SunPosition(at: $0).seen(latitude: latitude, longitude: longitude).west * west }
    }

    /// When the altitude passes that of the event between two culminations; `nil` when it stays above or below.
    private func crossing(_ from: Double, _ to: Double) -> Double? {
        let first = height(at: from), last = height(at: to)
        guard (first < 0) != (last < 0) else { return nil }
        guard (event.crossing == .rising) == (first < 0) else { return nil }
        return root(from, to) { first < 0 ? height(at: $0) : -height(at: $0) }
    }

    /// Above zero when the sun is higher than at the event; in sines.
    private func height(at instant: Double) -> Double {
        let sun = SunPosition(at: instant)
        // The edge of the disc is 959.63″ from its centre at one unit of distance; seen from the surface, the sun stands 8.794″ lower.
        let edge = event.isOfUpperLimb ? 959.63 / 3600 / sun.distance : 0
        let wanted = event.altitude - edge
        return sun.seen(latitude: latitude, longitude: longitude).altitude - sine(wanted + 8.794 / 3600 * cosine(wanted))
    }

    /// Where a rising function passes zero, to a millisecond.
    private func root(_ from: Double, _ to: Double, _ function: (Double) -> Double) -> Double {
        var low = from
        var high = to
        while high - low > 0.001 {
            let middle = (low + high) / 2
            if function(middle) < 0 { low = middle } else { high = middle }
        }
        return (high * 1000).rounded() / 1000
    }
}
