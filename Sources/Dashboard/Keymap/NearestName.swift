/// The one of `names` that `name` was probably meant to be; `nil` when none is near.
func nearestName(to name: String, among names: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    let limit = max(2, wanted.count / 3)
    return names.map { (name: $0, distance: distance(wanted, Array($0.lowercased()))) }
        .filter { $0.distance <= limit }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}

func didYouMean(_ nearest: String?) -> String { nearest.map { ", did you mean \"\($0)\"?" } ?? "" }

/// Insertions, deletions, substitutions and swaps of neighbours that lead from one to the other (optimal string alignment).
private func distance(_ from: [Character], _ to: [Character]) -> Int {
    var before: [Int] = [], previous = Array(0...to.count)
    for row in 0..<from.count {
        var current = [row + 1]
        for column in 0..<to.count {
            var best = min(previous[column] + (from[row] == to[column] ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] { best = min(best, before[column - 1] + 1) }
            current.append(best)
        }
        (before, previous) = (previous, current)
    }
    return previous[to.count]
}
