/// Seconds that the user gave, as a duration that every clock can take.
/// - Parameter isPositive: 0 is refused too.
/// - Throws: wrong usage, with the name of `option`, for what is negative, no number, or more than thirty years.
func duration(_ option: String, _ value: Double, isPositive: Bool = false) throws(Failure) -> Duration {
    .seconds(try seconds(option, value, isPositive: isPositive))
}

/// The same, where the number itself is sent.
func seconds(_ option: String, _ value: Double, isPositive: Bool = false) throws(Failure) -> Double {
    guard (0...1e9).contains(value), value > 0 || !isPositive else {
        throw Failure(.wrongUsage, "\(option) wants seconds, \(isPositive ? "more than 0 and at most 1e9" : "0 to 1e9"), not \(value)")
    }
    return value
}
