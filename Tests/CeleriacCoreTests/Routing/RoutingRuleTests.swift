import CeleriacCore
import TestSupport
import Testing

@Suite struct TopicPatternTests {
    @Test func agreesWithKombuOnEveryRow() throws {
        let rows = logicRows("topic")
        try #require(rows.count > 380)
        for row in rows {
            let pattern = TopicPattern(try #require(row["binding"]?.string))
            let key = try #require(row["key"]?.string)
            #expect(pattern.matches(key) == row["match"]?.bool, "\(pattern.bindingKey) and \(key)")
            #expect(pattern.regularExpression == row["pattern"]?.string)
        }
    }

    @Test func aStarInsideAWordRepeatsTheCharacterBeforeIt() {
        #expect(TopicPattern("ab*.c").matches("abbb.c"))
        #expect(TopicPattern("ab*.c").matches("a.c"))
        #expect(!TopicPattern("ab*.c").matches("axc.c"))
    }

    @Test func manyWildcardsTakeNoMoreThanTheProductOfBothLengths() {
        let pattern = TopicPattern(Array(repeating: "#", count: 60).joined(separator: "."))
        #expect(!pattern.matches(String(repeating: "a", count: 3000)))
        #expect(pattern.matches(String(repeating: ".", count: 59)))
    }
}

@Suite struct PriorityStepsTests {
    @Test func agreesWithKombuOnEveryRow() throws {
        let rows = logicRows("priority")
        try #require(rows.count == 45)
        for row in rows {
            let steps = PrioritySteps(try #require(row["steps"]?.array).compactMap(\.integer))
            let priority = try #require(row["priority"]?.integer)
            #expect(PrioritySteps.clamped(priority) == row["clamped"]?.integer)
            #expect(steps.step(for: priority) == row["step"]?.integer)
            #expect(steps.key("celery", priority: priority) == row["key"]?.string)
            let (queue, step) = steps.queue(ofKey: steps.key("celery", priority: priority))
            #expect(queue == "celery" && step == row["step"]?.integer)
        }
    }

    @Test func listsTheStepServedFirstAtTheFront() {
        #expect(PrioritySteps([9, 0, 3], separator: ":").keys("jobs") == ["jobs", "jobs:3", "jobs:9"])
    }

    @Test func aNameThatOnlyLooksLikeAStepIsAQueue() {
        let steps = PrioritySteps([0, 3], separator: ":")
        #expect(steps.queue(ofKey: "a:b:3") == ("a:b", 3))
        #expect(steps.queue(ofKey: "a:4") == ("a:4", 0))
        #expect(steps.queue(ofKey: "a:") == ("a:", 0))
    }
}
