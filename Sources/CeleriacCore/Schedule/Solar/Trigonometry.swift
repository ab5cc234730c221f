/// Sine and cosine of an angle in degrees, to about 1e-15 for angles of this era (the standard library has none).
func sineAndCosine(degrees: Double) -> (sine: Double, cosine: Double) {
    // Reduced exactly, to -45…45 degrees and the number of quarter turns that were taken off.
    let turned = degrees.remainder(dividingBy: 360)
    let quarters = (turned / 90).rounded()
    let x = (turned - quarters * 90) * (Double.pi / 180)
    let square = x * x
    var sine = 1.0
    var cosine = 1.0
    for n in stride(from: 18.0, to: 0, by: -2) {
        sine = 1 - square / (n * (n + 1)) * sine
        cosine = 1 - square / (n * (n - 1)) * cosine
    }
    sine *= x
    switch Int(quarters) & 3 {
    case 0: return (sine, cosine)
    case 1: return (cosine, -sine)
    case 2: return (-sine, -cosine)
    default: return (-cosine, sine)
    }
}

func sine(_ degrees: Double) -> Double { sineAndCosine(degrees: degrees).sine }
func cosine(_ degrees: Double) -> Double { sineAndCosine(degrees: degrees).cosine }
