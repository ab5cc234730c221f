import Foundation

/// Tasks of one group of failures, sent by Python: `shop.fragile`, on a queue whose workers all tell of their tasks, fails until it is mended, and then writes down what it was given.
public struct FragileTasks {
    public let cluster: RealCluster
    public let mark = "f" + UUID().uuidString.prefix(8)
    /// In the order in which they were sent.
    public private(set) var ids: [String] = []

    /// Calls with all that JSON can carry, from Python: texts, other scripts, what looks like Python, deep and long ones, integers beyond 64 bit, tuples.
    private static let calls = #"""
        import json
        def calls():
            yield ("order",), {}
            yield ("it's", 'say "no"', "C:\\new\\", "a\\'b", "tab\tand\nline"), {}
            yield ("日本語", "Ünïcödé", "🎉👩‍👩‍👧‍👦", "\u202egnp.exe"), {}
            yield (2**64, -2**200, 10**300, 0, -1), {}
            yield (1.5, 1e-300, 0.1 + 0.2, True, None), {}
            yield (("a", ("b", ["c"])), (), [[], [[]]]), {}
            yield ({"k": [1, {"deep": {"deeper": {"deepest": [1, 2, (3,)]}}}]},), {"nested": {"a": {"b": {"c": {"d": "e"}}}}}
            yield ("x" * 5000, ["word " * 400] * 3), {"long": "y" * 3000}
            yield ("...", "ab...", "__import__('os').system('true')", "(1, ...)"), {"...": "..."}
            yield (), {"empty": "", "unicode ключ": "значение", "it's": [None, False]}
        """#

    /// Sends `rounds` of ten.
    public init(_ cluster: RealCluster, rounds: Int) throws {
        self.cluster = cluster
        let code = Self.calls + """

            for n in range(\(rounds)):
                for args, kwargs in calls():
                    print(shop.fragile.apply_async(('\(mark)', n, *args), kwargs, queue="mail").id)
            """
        ids = try cluster.python(code).split(separator: "\n").map(String.init)
    }

    /// From now on they come through.
    public func mend() throws { try cluster.redis("set", "mended:\(mark)", "1", "ex", "600", database: 1) }

    /// How many have come through.
    public func countOfThoseDone() throws -> Int { Int(try cluster.redis("llen", "got:\(mark)", database: 1)) ?? 0 }

    /// Compares, in Python, what was received with what was sent: `same`, or what differs.
    /// - Parameter lacking: numbers, in a round, of those that were not to come.
    public func comparison(rounds: Int, lacking: [Int] = []) throws -> String {
        try cluster.python(
            Self.calls + """

                lacking = \(lacking)
                sent = sorted(json.dumps([[n, *args], kwargs], sort_keys=True) for n in range(\(rounds)) for i, (args, kwargs) in enumerate(calls()) if i not in lacking)
                got = sorted(text.decode() for text in shop.app.backend.client.lrange('got:\(mark)', 0, -1))
                print('same' if sent == got else [pair for pair in zip(sent, got) if pair[0] != pair[1]][:3] or [len(sent), len(got)])
                """)
    }
}
