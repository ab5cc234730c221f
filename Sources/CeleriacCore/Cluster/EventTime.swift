/// Seconds since 1970 of an ISO 8601 instant as events carry it (`2026-11-22T13:06:05.404576+00:00`); NaN for anything else.
///
/// Without a zone it is taken as UTC. A number is taken as it is: some senders write seconds.
func eventInstant(_ text: UnsafeRawBufferPointer) -> Double {
    func number(_ range: Range<Int>) -> Int? {
        guard range.upperBound <= text.count else { return nil }
        var value = 0
        for byte in text[range] {
            guard byte &- 0x30 <= 9 else { return nil }
            value = value * 10 + Int(byte &- 0x30)
        }
        return value
    }
    guard text.count >= 19, text[4] == 0x2D, text[7] == 0x2D, text[10] == 0x54 || text[10] == 0x20, text[13] == 0x3A, text[16] == 0x3A,
        let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16),
        let second = number(17..<19), 1...12 ~= month, 1...31 ~= day
    else { return text.count <= 32 ? Double(String(decoding: text, as: UTF8.self)) ?? .nan : .nan }

    var position = 19
    var microseconds = 0
    if position < text.count, text[position] == 0x2E {
        position += 1
        var scale = 1_000_000
        while position < text.count, text[position] &- 0x30 <= 9 {
            scale /= 10
            microseconds += Int(text[position] &- 0x30) * scale
            position += 1
        }
    }
    var offset = 0
    if position < text.count, text[position] == 0x2B || text[position] == 0x2D {
        guard let hours = number(position + 1..<position + 3) else { return .nan }
        let minutes = number(position + 4..<position + 6) ?? number(position + 3..<position + 5) ?? 0
        offset = (hours * 60 + minutes) * (text[position] == 0x2D ? -60 : 60)
    }
    let seconds = ((daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - offset
    return Double(seconds * 1_000_000 + microseconds) / 1_000_000
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant's `days_from_civil`).
private func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}
