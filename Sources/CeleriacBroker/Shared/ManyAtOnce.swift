/// `elements` transformed, in their order; on several cores when they are many.
package func mapMany<Element: Sendable, Output: Sendable, Failure: Error>(
    _ elements: [Element], _ transform: @Sendable @escaping (Element) throws(Failure) -> Output
) async throws(Failure) -> [Output] {
    // What a task costs is worth some dozens of elements.
    let pieces = min(4, elements.count / 64)
    guard pieces > 1 else { return try transformed(elements[...], transform) }
    let size = (elements.count + pieces - 1) / pieces
    let outcomes = await withTaskGroup(of: (Int, Result<[Output], Failure>).self) { group in
        for start in stride(from: 0, to: elements.count, by: size) {
            group.addTask {
                do throws(Failure) {
                    return (start, .success(try transformed(elements[start..<min(start + size, elements.count)], transform)))
                } catch {
                    return (start, .failure(error))
                }
            }
        }
        var outcomes: [Int: Result<[Output], Failure>] = [:]
        for await (start, outcome) in group { outcomes[start] = outcome }
        return outcomes
    }
    var results: [Output] = []
    results.reserveCapacity(elements.count)
    for (_, outcome) in outcomes.sorted(by: { $0.key < $1.key }) { results += try outcome.get() }
    return results
}

private func transformed<Element, Output, Failure: Error>(
    _ elements: ArraySlice<Element>, _ transform: (Element) throws(Failure) -> Output
) throws(Failure) -> [Output] {
    var results: [Output] = []
    results.reserveCapacity(elements.count)
    for element in elements { results.append(try transform(element)) }
    return results
}
