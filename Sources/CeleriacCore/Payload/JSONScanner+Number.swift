extension JSONScanner {
    enum Number {
        case integer(Int)
        case number(Double)
        /// Digits, with a leading `-` when negative, of an integer beyond `Int`.
        case digits(Range<Int>)

        /// As binary64; `nil` for digits, which only their bytes tell.
        @inline(__always)
        var double: Double? {
            switch self {
            case .integer(let value): Double(value)
            case .number(let value): value
            case .digits: nil
            }
        }
    }

    /// A number, `NaN`, `Infinity` or `-Infinity`. Binary64 values are the nearest ones, ties to even.
    @inline(__always)
    mutating func number() throws(JSONError) -> Number {
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        guard position < end, bytes[position] &- UInt8(ascii: "0") <= 9 else { return try namedNumber(isNegative: isNegative) }

        var digits = Decimal()
        let whole = position
        takeDigits(into: &digits)
        if bytes[whole] == UInt8(ascii: "0"), position - whole > 1 { throw JSONError(.badNumber, at: start) }

        var isWhole = true
        if peek() == UInt8(ascii: ".") {
            position += 1
            let fraction = position
            takeDigits(into: &digits)
            guard position > fraction else { throw position < end ? JSONError(.badNumber, at: start) : unexpected() }
            digits.exponent = fraction - position
            isWhole = false
        }
        if peek() | 0x20 == UInt8(ascii: "e") {
            digits.exponent += try exponent(of: start)
            isWhole = false
        }

        if isWhole {
            guard !digits.isTooLong else { return .digits(start..<position) }
            if isNegative {
                return digits.significand <= UInt64(Int.max) + 1 ? .integer(Int(truncatingIfNeeded: 0 &- digits.significand)) : .digits(start..<position)
            }
            return digits.significand <= UInt64(Int.max) ? .integer(Int(digits.significand)) : .digits(start..<position)
        }
        let magnitude = digits.isTooLong ? nil : digits.nearestDouble
        if let magnitude { return .number(isNegative ? -magnitude : magnitude) }
        // The library's conversion is exact for every text; the grammar above has already been checked.
        return .number(Double(String(decoding: bytes[start..<position], as: UTF8.self)) ?? .nan)
    }

    @inline(__always)
    private mutating func takeDigits(into digits: inout Decimal) {
        while position < end {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit <= 9 else { return }
            digits.append(digit)
            position += 1
        }
    }

    private mutating func exponent(of start: Int) throws(JSONError) -> Int {
        position += 1
        let isNegative = take(UInt8(ascii: "-"))
        if !isNegative { _ = take(UInt8(ascii: "+")) }
        let first = position
        var value = 0
        while position < end, bytes[position] &- UInt8(ascii: "0") <= 9 {
            // Far beyond any binary64, and far from overflowing.
            if value < 1_000_000 { value = value * 10 + Int(bytes[position] &- UInt8(ascii: "0")) }
            position += 1
        }
        guard position > first else { throw position < end ? JSONError(.badNumber, at: start) : unexpected() }
        return isNegative ? -value : value
    }

    private mutating func namedNumber(isNegative: Bool) throws(JSONError) -> Number {
        if take(word: "Infinity") { return .number(isNegative ? -.infinity : .infinity) }
        if !isNegative, take(word: "NaN") { return .number(.nan) }
        throw unexpected()
    }
}

/// A decimal number under way: `significand` × 10^`exponent`.
private struct Decimal {
    var significand: UInt64 = 0
    var exponent = 0
    /// More digits came than 64 bits hold; `significand` is void.
    var isTooLong = false

    @inline(__always)
    mutating func append(_ digit: UInt8) {
        let (shifted, overflowA) = significand.multipliedReportingOverflow(by: 10)
        let (sum, overflowB) = shifted.addingReportingOverflow(UInt64(digit))
        significand = sum
        if overflowA || overflowB { isTooLong = true }
    }

    /// The nearest binary64, where a few exact steps can find it: time stamps and everyday numbers.
    @inline(__always)
    var nearestDouble: Double? {
        if significand < 1 << 53, -22...22 ~= exponent {
            // Both sides are exact, so the one operation rounds correctly.
            let power = powersOfTen[abs(exponent)]
            return exponent < 0 ? Double(significand) / power : Double(significand) * power
        }
        if significand != 0, -19 ... -1 ~= exponent { return quotient }
        return nil
    }

    /// `significand` / 10^-`exponent` by one integer division: at least 63 bits of quotient, whose lowest
    /// also stands for the rest, leave a single rounding to `Double.init`.
    private var quotient: Double {
        let divisor = integerPowersOfTen[-exponent]
        let shift = significand.leadingZeroBitCount
        let divisorShift = divisor.leadingZeroBitCount
        let dividend = significand << UInt64(shift)
        let (quotient, rest) = (divisor << UInt64(divisorShift)).dividingFullWidth((dividend >> 1, dividend << 63))
        let rounded = Double(rest == 0 ? quotient : quotient | 1)
        return rounded * Double(sign: .plus, exponent: divisorShift - shift - 63, significand: 1)
    }
}

private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]

private let integerPowersOfTen: [UInt64] = [
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
    1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
    100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]
