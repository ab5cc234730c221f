public import CeleriacCore
import OrderedCollections

/// One after the other, each with the result of the one before as its first argument; the result is the last one's.
///
/// A group followed by something is a chord: what follows gets the list of all results. `a | b` says the same, and knows its result's type.
public func chain(_ steps: any Composable...) -> Call<Value> { chain(steps, as: Value.self) }

/// - Parameter type: what the last step's result decodes as.
public func chain<Output>(_ steps: any Composable..., as type: Output.Type) -> Call<Output> { chain(steps, as: type) }

public func chain<Output>(_ steps: [any Composable], as type: Output.Type) -> Call<Output> {
    chained(steps.map { Part($0) })
}

/// Side by side; the result is the list of their results, in this order. Calls with results of different types fit after `returning(Value.self)`.
public func group<Member: Composable>(_ members: Member...) -> GroupCall<Member.Output> { group(members) }

public func group<Member: Composable>(_ members: [Member]) -> GroupCall<Member.Output> {
    let parts = members.map { Part($0) }
    return GroupCall(Call(.group(parts.map(\.signature)), app: parts.app, problem: parts.problem))
}

/// All of `header` side by side, then `body` with the list of their results, in this order, as its first argument. The result is the body's.
///
/// When a member fails the body fails too, with `ChordError`.
public func chord<each Member: Composable, Body: Composable>(_ header: repeat each Member, body: Body) -> Call<Body.Output> {
    var parts: [Part] = []
    for member in repeat each header { parts.append(Part(member)) }
    return chord(parts, body)
}

public func chord<Member: Composable, Body: Composable>(_ header: [Member], body: Body) -> Call<Body.Output> { chord(header.map { Part($0) }, body) }

public func chord<Member, Body: Composable>(_ header: GroupCall<Member>, body: Body) -> Call<Body.Output> {
    let last = body.call
    return Call(.chord(header.signature, body: last.signature), app: header.call.app ?? last.app, problem: header.call.problem ?? last.problem)
}

private func chord<Body: Composable>(_ header: [Part], _ body: Body) -> Call<Body.Output> {
    let last = body.call
    return Call(.chord(header.map(\.signature), body: last.signature), app: header.app ?? last.app, problem: header.problem ?? last.problem)
}

extension Composable {
    /// First one, then the other: `chain`.
    public static func | <Next: Decodable>(first: Self, next: Call<Next>) -> Call<Next> {
        chained([Part(first), Part(next)])
    }

    public static func | <Member: Decodable>(first: Self, next: GroupCall<Member>) -> GroupCall<Member> { GroupCall(first | next.call) }
}

private func chained<Output>(_ steps: [Part]) -> Call<Output> {
    do throws(CanvasError) {
        return Call(try .chain(steps.map(\.signature)), app: steps.app, problem: steps.problem)
    } catch {
        return Call(.group([]), app: steps.app, problem: steps.problem ?? error)
    }
}

extension Signature {
    /// - Parameter group: the header; what it has of options is kept.
    fileprivate static func chord(_ group: Signature, body: Signature) -> Signature {
        var chord = Signature.chord([], body: body)
        chord.kwargs["header"] = group.options.isEmpty ? group.kwargs["tasks"] ?? [] : group.value
        return chord
    }
}

/// What composing needs to know of a part.
private struct Part {
    let signature: Signature
    let app: App?
    let problem: (any Error)?

    init(_ part: some Composable) {
        let call = part.call
        (signature, app, problem) = (call.signature, call.app, call.problem)
    }
}

extension [Part] {
    fileprivate var app: App? { lazy.compactMap(\.app).first }
    fileprivate var problem: (any Error)? { lazy.compactMap(\.problem).first }
}
