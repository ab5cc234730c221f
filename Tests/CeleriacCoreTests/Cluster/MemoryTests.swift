import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacCore

@Suite(.serialized) struct MemoryTests {
    /// Bytes that the process has in memory.
    private static func resident() -> Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4096
    }

    private static func fill(_ state: inout ClusterState, _ numbers: Range<Int>) {
        for number in numbers {
            state.run(uuid(number), name: "job\(number % 20)", at: start + Double(number) * 0.001, seconds: 0.01, args: "(\(number), 'x')")
        }
    }

    /// In a process of its own, as other tests allocate meanwhile.
    @Test func theEstimateIsWhatTheProcessTakes() async {
        await #expect(processExitsWith: .success) {
            var state = ClusterState()
            Self.fill(&state, 0..<2_000)
            let (before, estimateBefore) = (Self.resident(), state.bytes)
            Self.fill(&state, 2_000..<40_000)
            let (taken, estimate) = (Self.resident() - before, state.bytes - estimateBefore)
            #expect(abs(Double(estimate) / Double(taken) - 1) < 0.2, "estimated \(estimate), taken \(taken)")
            #expect(estimate / 38_000 < 500)
        }
    }

    @Test func theOldestFinishedLeaveFirst() {
        var limits = ClusterState.Limits()
        limits.bytes = 4 << 20
        var state = ClusterState(limits: limits)
        for number in 0..<50 { state.run(uuid(1_000_000 + number), at: start, result: nil) }
        Self.fill(&state, 0..<30_000)
        #expect(state.bytes <= limits.bytes)
        let held = state.picture(PictureRequest(), now: start).header.tasksHeld
        #expect(held > 5_000)
        #expect(state.row(uuid(29_999)) != nil)
        #expect(state.row(uuid(30_000 - held + 50)) != nil)
        #expect(state.row(uuid(30_000 - held - 1)) == nil)
        for number in 0..<50 { #expect(state.row(uuid(1_000_000 + number))?.state == .started) }
    }

    @Test func withNothingFinishedTheOldestLeave() {
        var limits = ClusterState.Limits()
        limits.bytes = 3 << 20
        var state = ClusterState(limits: limits)
        for number in 0..<20_000 { state.hear(taskEvent("received", uuid(number), at: start + Double(number), [("args", "(1, 2)"), ("name", "a")])) }
        #expect(state.bytes <= limits.bytes)
        #expect(state.row(uuid(0)) == nil)
        #expect(state.row(uuid(19_999)) != nil)
        #expect(state.workers[2].held == state.tasks.count)
    }

    @Test func aTaskThatBeginsAnewStays() {
        var limits = ClusterState.Limits()
        limits.bytes = 3 << 20
        var state = ClusterState(limits: limits)
        state.run(uuid(999_999), at: start)
        state.hear(taskEvent("retried", uuid(999_999), at: start + 5))
        Self.fill(&state, 0..<20_000)
        #expect(state.row(uuid(999_999))?.state == .retry)
    }

    @Test func hostileNamesAreHeldOnlySoMany() {
        var limits = ClusterState.Limits()
        limits.bytes = 24 << 20
        var state = ClusterState(limits: limits)
        for number in 0..<40_000 {
            let text = Value.string("\(number)" + String(repeating: "x", count: 100))
            state.hear(
                taskEvent(
                    number % 2 == 0 ? "sent" : "my\(number)", uuid(number % 10_000), "gen\(number)@h", at: start + Double(number),
                    [("name", text), ("queue", text), ("exchange", text), ("routing_key", text), ("root_id", text), ("parent_id", text)]))
        }
        #expect(state.bytes <= limits.bytes)
        #expect(state.words.tasks.count <= 10_000)
        #expect(state.queueNames.count <= 10_000)
        #expect(state.row(uuid(9_998))?.name == "(other)")
    }

    @Test func giantTextsMakeRoomForThemselves() {
        var limits = ClusterState.Limits()
        limits.bytes = 4 << 20
        var state = ClusterState(limits: limits)
        let giant = Value.string(String(repeating: "x", count: 1 << 20))
        for number in 0..<500 { state.hear(taskEvent("received", uuid(number), at: start, [("args", giant), ("kwargs", giant)])) }
        #expect(state.bytes <= limits.bytes)
        #expect(state.row(uuid(499)) != nil)
    }

    /// Whatever comes and goes, what hangs together stays together.
    @Test(arguments: UInt64(0)..<8) func familiesSurviveLeaving(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var limits = ClusterState.Limits()
        limits.bytes = 1_500_000
        var state = ClusterState(limits: limits)
        var parents: [Int: Int] = [:]
        for _ in 0..<8_000 {
            let id = Int.random(in: 0..<6_000, using: &random)
            let parent = parents[id] ?? Int.random(in: 0..<6_000, using: &random)
            parents[id] = parent
            state.hear(
                taskEvent(
                    ["received", "succeeded", "retried"].randomElement(using: &random) ?? "received", uuid(id), at: start,
                    [("parent_id", .string(uuid(parent)))]))
        }
        var linked = 0
        state.tasks.order.forEach { slot in
            for child in state.tasks.children(of: slot, limit: .max) {
                linked += 1
                #expect(state.tasks.parentKey(of: child) == state.tasks[slot].key)
            }
        }
        var expected = 0
        state.tasks.order.forEach { slot in
            if let parent = state.tasks.parentKey(of: slot), parent != state.tasks[slot].key, state.tasks.find(parent) != nil { expected += 1 }
        }
        #expect(linked == expected)
        #expect(state.tasks.count < 6_000)
    }
}
