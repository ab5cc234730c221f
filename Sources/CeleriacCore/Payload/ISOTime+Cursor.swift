/// Reads the parts of an ISO 8601 text, one after the other.
struct DigitCursor {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == character.value else { return false }
        position += 1
        return true
    }

    /// Digits that come next without a break, at most 19.
    private var run: Int { bytes[position...].prefix(19).prefix { $0 &- UInt8(ascii: "0") <= 9 }.count }

    /// A number of exactly `count` digits within `range`.
    private mutating func number(_ count: Int, _ range: ClosedRange<Int>) -> Int? {
        guard run >= count else { return nil }
        let value = bytes[position..<position + count].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard range ~= value else { return nil }
        position += count
        return value
    }

    /// Days since 1970-01-01.
    mutating func date() -> Int? {
        guard let year = number(4, 1...9999) else { return nil }
        if isAtEnd { return ISOTime.days(year, 1, 1) }
        let isExtended = take("-")
        if take("W") { return weekDate(year, isExtended: isExtended) }
        if run == 3 { return ordinalDate(year) }
        guard let month = number(2, 1...12) else { return nil }
        if isExtended, isAtEnd { return ISOTime.days(year, month, 1) }
        // Basic form without a day would read like a year and an hour.
        guard take("-") == isExtended, let day = number(2, 1...31) else { return nil }
        let first = ISOTime.days(year, month, 1)
        let next = month == 12 ? ISOTime.days(year + 1, 1, 1) : ISOTime.days(year, month + 1, 1)
        return day <= next - first ? first + day - 1 : nil
    }

    private mutating func ordinalDate(_ year: Int) -> Int? {
        let first = ISOTime.days(year, 1, 1)
        return number(3, 1...(ISOTime.days(year + 1, 1, 1) - first)).map { first + $0 - 1 }
    }

    private mutating func weekDate(_ year: Int, isExtended: Bool) -> Int? {
        guard let week = number(2, 1...53) else { return nil }
        var weekday = 1
        if isExtended ? take("-") : run > 0 {
            guard let day = number(1, 1...7) else { return nil }
            weekday = day
        }
        // Week 1 holds 4 January; 1970-01-01 was a Thursday.
        let fourth = ISOTime.days(year, 1, 4)
        let monday = fourth - ((fourth + 3) % 7 + 7) % 7
        return monday + (week - 1) * 7 + weekday - 1
    }

    /// Seconds since midnight, and their fraction.
    mutating func time() -> (seconds: Double, fraction: Double)? {
        guard let hour = number(2, 0...24) else { return nil }
        var minute = 0
        var second = 0
        var fraction = 0.0
        let isExtended = take(":")
        if isExtended || run > 0 {
            guard let value = number(2, 0...59) else { return nil }
            minute = value
            if isExtended ? take(":") : run > 0 {
                guard let value = number(2, 0...59) else { return nil }
                second = value
                if take(".") || take(",") {
                    guard let value = self.fraction() else { return nil }
                    fraction = value
                }
            }
        }
        guard hour < 24 || minute == 0 && second == 0 && fraction == 0 else { return nil }
        return (Double(hour * 3600 + minute * 60 + second), fraction)
    }

    private mutating func fraction() -> Double? {
        let count = run
        guard count > 0 else { return nil }
        var value = 0.0
        var scale = 1.0
        // Microseconds, as Python keeps them.
        for byte in bytes[position..<position + min(count, 6)] {
            value = value * 10 + Double(byte - UInt8(ascii: "0"))
            scale *= 10
        }
        position += count
        while run > 0 { position += run }
        return value / scale
    }

    /// Seconds east of UTC; `nil` when none is given or it is malformed, which leaves the cursor before the end.
    mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let start = position
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(2, 0...23) else {
            position = start
            return nil
        }
        var seconds = hours * 3600
        let isExtended = take(":")
        if isExtended || run > 0 {
            guard let minutes = number(2, 0...59) else {
                position = start
                return nil
            }
            seconds += minutes * 60
            if take(":"), let rest = number(2, 0...59) { seconds += rest }
        }
        return sign * seconds
    }
}
