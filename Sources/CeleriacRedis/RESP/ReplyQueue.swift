/// Matches replies to the pipelines that asked for them: Redis answers in the order of asking.
struct ReplyQueue<Call> {
    private struct Pending {
        let call: Call
        let expected: Int
        var replies: [RESPValue] = []
    }

    private var pending: [Pending] = []
    /// Where the oldest unanswered pipeline stands in `pending`.
    private var head = 0
    private var decoder = RESPDecoder()

    var isEmpty: Bool { head == pending.count }
    /// The calls that still wait, oldest first.
    var waiting: [Call] { pending[head...].map(\.call) }

    /// Notes that a pipeline of `replies` commands (at least one) has been sent.
    mutating func expect(_ replies: Int, for call: Call) {
        pending.append(Pending(call: call, expected: replies))
    }

    /// Takes in what came; returns the pipelines that are answered whole by it. What the server pushes by itself goes to `pushed`.
    mutating func receive(_ piece: some Collection<UInt8>, pushed: (RESPValue) -> Void = { _ in }) throws(RESPError) -> [(call: Call, replies: [RESPValue])] {
        decoder.append(piece)
        var answered: [(call: Call, replies: [RESPValue])] = []
        while let value = try decoder.next() {
            if case .push = value {
                pushed(value)
                continue
            }
            guard !isEmpty else { throw .malformed("answer: nothing was asked") }
            pending[head].replies.append(value)
            if pending[head].replies.count == pending[head].expected {
                answered.append((pending[head].call, pending[head].replies))
                head += 1
            }
        }
        if head == pending.count || head > 64 {
            pending.removeSubrange(..<head)
            head = 0
        }
        return answered
    }
}
