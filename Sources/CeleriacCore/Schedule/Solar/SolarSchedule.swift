/// A position of the sun, seen from a place.
public struct SolarSchedule: Hashable, Sendable {
    public enum Event: String, CaseIterable, Sendable {
        case dawnAstronomical = "dawn_astronomical", dawnNautical = "dawn_nautical", dawnCivil = "dawn_civil", sunrise, solarNoon = "solar_noon", sunset
        case duskCivil = "dusk_civil", duskNautical = "dusk_nautical", duskAstronomical = "dusk_astronomical"
    }

    public let event: Event
    /// Degrees north, -90…90.
    public let latitude: Double
    /// Degrees east, -180…180.
    public let longitude: Double

    /// `nil` for a place that is not on Earth.
    public init?(_ event: Event, latitude: Double, longitude: Double) {
        guard -90...90 ~= latitude, -180...180 ~= longitude else { return nil }
        self.event = event
        self.latitude = latitude
        self.longitude = longitude
    }
}

extension SolarSchedule.Event {
    /// In words, as in `at civil dawn`.
    public var words: String {
        switch self {
        case .dawnAstronomical: "astronomical dawn"
        case .dawnNautical: "nautical dawn"
        case .dawnCivil: "civil dawn"
        case .sunrise: "sunrise"
        case .solarNoon: "solar noon"
        case .sunset: "sunset"
        case .duskCivil: "civil dusk"
        case .duskNautical: "nautical dusk"
        case .duskAstronomical: "astronomical dusk"
        }
    }

    enum Crossing { case rising, transit, setting }

    var crossing: Crossing {
        switch self {
        case .dawnAstronomical, .dawnNautical, .dawnCivil, .sunrise: .rising
        case .solarNoon: .transit
        case .sunset, .duskCivil, .duskNautical, .duskAstronomical: .setting
        }
    }

    /// Degrees above the horizon at which the event is.
    var altitude: Double {
        switch self {
        case .dawnAstronomical, .duskAstronomical: -18
        case .dawnNautical, .duskNautical: -12
        case .dawnCivil, .duskCivil: -6
        case .sunrise, .sunset: -34.0 / 60
        case .solarNoon: 0
        }
    }

    /// The upper edge of the disc counts, not its centre.
    var isOfUpperLimb: Bool { self == .sunrise || self == .sunset }
}
