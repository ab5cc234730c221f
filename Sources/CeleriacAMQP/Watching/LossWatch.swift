/// Counts messages that no queue was bound for, out of what the management plugin tells of exchanges.
///
/// RabbitMQ counts them for all exchanges together. Celery's own machinery loses messages all the time, which is nobody's loss: events while nobody listens,
/// broadcasts without workers, replies that come too late. So only what is lost while we listen to events is counted, less what machinery lost meanwhile. Its
/// figures come from several tables, each some seconds behind: they are compared over spans long enough for that.
struct LossWatch {
    struct Counts: Sendable {
        /// Dropped or returned by any exchange of the virtual host, so far.
        var lost: Int
        /// By exchange: messages that were sent to it, and messages that it handed to queues, so far.
        var exchanges: [String: (taken: Int, handedOn: Int)]
    }

    /// Since the watch began; at least so many.
    private(set) var count = 0
    /// Seconds since 1970 when they last grew more.
    private(set) var grewAt: Double?
    private var listeningSince: Double?
    private var start: (at: Double, counts: Counts)?

    /// Seconds: how far figures may be behind, and how long a span is.
    private static let delay = 20.0, span = 15.0

    mutating func note(_ counts: Counts, at now: Double, isListening: Bool, isMachinery: (String) -> Bool) {
        guard isListening else {
            (listeningSince, start) = (nil, nil)
            return
        }
        let since = listeningSince ?? now
        listeningSince = since
        guard now - since >= Self.delay else { return }
        guard let (began, before) = start, counts.lost >= before.lost else {
            // The first look, or the broker has begun to count anew.
            start = (now, counts)
            return
        }
        guard now - began >= Self.span else { return }
        let lost = counts.lost - before.lost - counts.exchanges.reduce(0) { $0 + (isMachinery($1.key) ? Self.loss($1.value, before.exchanges[$1.key]) : 0) }
        if lost > 0 { (count, grewAt) = (count + lost, now) }
        start = (now, counts)
    }

    /// What one exchange lost: all, when nothing came out; of an exchange that hands one message to several queues no more can be told.
    private static func loss(_ now: (taken: Int, handedOn: Int), _ before: (taken: Int, handedOn: Int)?) -> Int {
        max(0, now.taken - (before?.taken ?? 0) - max(0, now.handedOn - (before?.handedOn ?? 0)))
    }
}
