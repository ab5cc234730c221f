/// "Did you mean": the known name closest to a misspelt one.
public enum Nearest {
    /// The nearest of `known` by edit distance, at most a third of the longer name away; `nil` when none is that near. Ties go to the first in order.
    public static func match(for name: String, in known: [String]) -> String? {
        let best = known.sorted().map { ($0, distance(Array(name.lowercased()), Array($0.lowercased()))) }.min { $0.1 < $1.1 }
        guard let (candidate, distance) = best, distance <= max(1, max(name.count, candidate.count) / 3) else { return nil }
        return candidate
    }

    /// Insertions, deletions, replacements and swaps of neighbours.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard left.count <= 100, right.count <= 100 else { return .max }
        var rows = [Array(0...right.count)]
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
