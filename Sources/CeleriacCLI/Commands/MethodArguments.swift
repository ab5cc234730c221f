import CeleriacCore

extension ControlMethod {
    /// The method that the user named, with the right subcommand told when it belongs to the other one.
    static func named(_ name: String, acts: Bool) throws -> ControlMethod {
        guard let method = named(name) else {
            let nearest = Nearest.match(for: name, in: all.map(\.name)).map { "; did you mean \($0)?" } ?? "; known are \(all.filter { $0.acts == acts }.map(\.name).joined(separator: ", "))"
            throw Failure(.wrongUsage, "no method \"\(ForeignText.safe(name))\"\(nearest)")
        }
        guard method.acts == acts else { throw Failure(.wrongUsage, "\(method.name) is a method of `celeriac \(method.acts ? "control" : "inspect")`") }
        return method
    }

    func arguments(from words: [String]) throws -> ControlRequest.Arguments {
        do { return try arguments(reading: words) } catch { throw Failure(.wrongUsage, error.description) }
    }
}
