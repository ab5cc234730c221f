import CeleriacCore

/// Changing one message: on a form, or in the user's editor.
extension DashboardState {
    /// Keys act on tasks that workers hold.
    var isOnHeld: Bool {
        if case .queue(_, .held) = details.last?.subject { return true }
        return false
    }

    mutating func editMessage(_ picture: Picture, _ now: Double) -> [Effect] {
        if isOnHeld, case .task(let task) = focus(picture) {
            tell("its message is being looked for")
            return [.findHeld(task.id)]
        }
        return []
    }

    mutating func openHeldForm(_ message: TaskMessage, in queue: QueueName, _ now: Double) {
    }

    mutating func take(document: String, _ now: Double) {
    }

    /// What became of an edit.
    mutating func take(_ verdict: MessageVerdict) {
        switch verdict {
        case .edited(let old, let new):
            if new.queue == old.queue, !editing.contains(.replacesAtEnd) {
                look(at: old.queue) { $0.replace(old, with: new) }
            } else {
                look(at: old.queue) { $0.drop([old]) }
            }
            for queue in Set([old.queue, new.queue]) where looks[queue] != nil { look(at: queue) { $0.isOutdated = true } }
        case .sentAgain, .refused: break
        }
    }

    /// The listed messages as a file; `nil` where none are listed.
    func saveMessages(_ kind: Effect.TableFile, _ now: Double) -> Effect? {
        guard listedQueue != nil else { return nil }
        return .saveMessages(messagePage(now: now).rows.map(\.message), kind)
    }
}
