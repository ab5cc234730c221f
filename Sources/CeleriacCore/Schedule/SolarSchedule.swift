/// A position of the sun, seen from a place.
public struct SolarSchedule: Hashable, Sendable {
    public enum Event: String, CaseIterable, Sendable {
        case dawnAstronomical = "dawn_astronomical", dawnNautical = "dawn_nautical", dawnCivil = "dawn_civil", sunrise, solarNoon = "solar_noon", sunset
        case duskCivil = "dusk_civil", duskNautical = "dusk_nautical", duskAstronomical = "dusk_astronomical"
    }

    public var event: Event
    /// Degrees north, -90…90.
    public var latitude: Double
    /// Degrees east, -180…180.
    public var longitude: Double
}
