/// Where the sun stands, to about 15″ between 1900 and 2100 (J. Meeus, Astronomical Algorithms, chapters 12 and 25; the largest
/// disturbances by Venus, Jupiter and the Moon from his Astronomical Formulae, chapter 18).
struct SunPosition {
    /// Towards the vernal point, east of it on the equator, and the north pole: a direction of length 1.
    let x, y, z: Double
    /// Distance from Earth in astronomical units.
    let distance: Double
    /// Apparent sidereal time of Greenwich, in degrees.
    let siderealTime: Double

    /// At an instant in seconds since 1970.
    init(at instant: Double) {
        let universal = (instant - 946_728_000) / 86_400
        // Terrestrial time is ahead by what Earth's turning has lost; a minute of it moves the sun by 2.5″ only.
        let t = (universal + 69.2 / 86_400) / 36_525
        let anomaly = 357.52911 + 35_999.05029 * t - 0.0001537 * t * t
        let eccentricity = 0.016708634 - 0.000042037 * t
        let centre = (1.914602 - 0.004817 * t - 0.000014 * t * t) * sine(anomaly) + (0.019993 - 0.000101 * t) * sine(2 * anomaly) + 0.000289 * sine(3 * anomaly)
        var longitude = 280.46646 + 36_000.76983 * t + 0.0003032 * t * t + centre
        // The disturbances are given for centuries since 1900.
        let t1900 = t + 1
        longitude += 0.00134 * cosine(153.23 + 22_518.7541 * t1900) + 0.00154 * cosine(216.57 + 45_037.5082 * t1900)
        longitude += 0.00200 * cosine(312.69 + 32_964.3577 * t1900)
        longitude += 0.00179 * sine(350.74 + 445_267.1142 * t1900 - 0.00144 * t1900 * t1900) + 0.00178 * sine(231.19 + 20.20 * t1900)
        distance = 1.000001018 * (1 - eccentricity * eccentricity) / (1 + eccentricity * cosine(anomaly + centre))

        // Aberration and nutation.
        let node = sineAndCosine(degrees: 125.04 - 1934.136 * t)
        longitude += -0.00569 - 0.00478 * node.sine
        let obliquity = sineAndCosine(degrees: 23.4392911 - 0.0130042 * t + 0.00256 * node.cosine)
        let ecliptic = sineAndCosine(degrees: longitude)
        x = ecliptic.cosine
        y = obliquity.cosine * ecliptic.sine
        z = obliquity.sine * ecliptic.sine
        siderealTime = 280.46061837 + 360.98564736629 * universal - 0.00478 * node.sine * obliquity.cosine
    }

    /// Sine of the altitude of the disc's centre, and its position east (negative) or west of the meridian with the cosine of the declination as radius.
    func seen(latitude: Double, longitude: Double) -> (altitude: Double, west: Double) {
        let local = sineAndCosine(degrees: siderealTime + longitude), place = sineAndCosine(degrees: latitude)
        return (place.sine * z + place.cosine * (x * local.cosine + y * local.sine), x * local.sine - y * local.cosine)
    }
}
