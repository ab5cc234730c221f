/// A date and time of day as a clock on the wall shows them, in whole seconds; of no zone.
package struct WallClock: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01 00:00 on that clock.
    package var seconds: Int

    package init(seconds: Int) { self.seconds = seconds }

    /// Parts beyond their range count on: the 32nd of January is the first of February.
    package init(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0) {
        seconds = ISOTime.days(year, month, 1) * 86_400 + (day - 1) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Since 1970-01-01.
    package var days: Int { seconds.flooredQuotient(86_400) }
    package var date: (year: Int, month: Int, day: Int) { ISOTime.civil(days) }
    package var secondOfDay: Int { seconds.flooredRemainder(86_400) }
    package var hour: Int { secondOfDay / 3600 }
    package var minute: Int { secondOfDay / 60 % 60 }
    package var second: Int { secondOfDay % 60 }
    /// 0 is Monday; 1970-01-01 was a Thursday.
    package var weekday: Int { Self.weekday(ofDay: days) }

    package static func weekday(ofDay days: Int) -> Int { (days + 3).flooredRemainder(7) }
    package static func < (a: Self, b: Self) -> Bool { a.seconds < b.seconds }

    package static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    package static func daysInMonth(_ year: Int, _ month: Int) -> Int {
        month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
    package static func daysInYear(_ year: Int) -> Int { isLeap(year) ? 366 : 365 }
}

extension Int {
    /// Rounded towards negative infinity; `divisor` is positive.
    package func flooredQuotient(_ divisor: Int) -> Int {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// 0 ..< divisor.
    package func flooredRemainder(_ divisor: Int) -> Int {
        let remainder = self % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }

    /// The whole second at or before `instant`; times beyond some thirty thousand years, and NaN, are held at the bounds.
    package init(secondAtOrBefore instant: Double) {
        self = instant.isNaN ? 0 : Int(Swift.max(-1e12, Swift.min(1e12, instant)).rounded(.down))
    }
}
