import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// `celeriac call NAME`.
struct Call: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Send a task; print its id and, with --wait, its result.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "The task's name.") var name: String
    @Option(name: [.short, .long], help: ArgumentHelp("Positional arguments.", valueName: "json array")) var args = "[]"
    @Option(name: [.short, .long], help: ArgumentHelp("Keyword arguments.", valueName: "json object")) var kwargs = "{}"
    @Option(name: [.customShort("Q"), .long], help: "Queue (default: celery).") var queue: String?
    @Option(help: ArgumentHelp("Seconds from now on which it may begin.", valueName: "seconds")) var countdown: Double?
    @Option(help: ArgumentHelp("When it may begin: ISO 8601, UTC unless it says otherwise.", valueName: "time")) var eta: String?
    @Option(help: ArgumentHelp("When it is of no use any more: seconds from now, or ISO 8601.", valueName: "time")) var expires: String?
    @Option(help: ArgumentHelp("Priority, 0-255.", valueName: "number")) var priority: Int?
    @Option(help: ArgumentHelp("Wait so long for the result.", valueName: "seconds")) var wait: Double?

    func run() async throws {
        let session = try Session(global)
        guard session.permission == .act else { throw Failure(.wrongUsage, "call acts: it cannot be \(session.permission == .passive ? "passive" : "read-only")") }
        let options = try self.options()
        let limit = try wait.map { try duration("--wait", $0) }
        if wait != nil, session.resultBackend == nil { throw Failure(.wrongUsage, "--wait needs a result backend: give -r URL or set CELERY_RESULT_BACKEND") }
        var configuration = AppConfiguration()
        configuration.broker = session.settings
        configuration.sendsSentEvents = true
        let app = try App("celeriac", broker: session.broker, resultBackend: session.resultBackend, configuration: configuration)
        let (args, kwargs) = (try arguments(), try keywords())
        // In full: whoever watches may want to send it again.
        var shown = options
        shown["argsrepr"] = .string(PythonRepr.text(.array(args), asTuple: true, limit: nil, levels: 100))
        shown["kwargsrepr"] = .string(PythonRepr.text(.object(kwargs), limit: nil, levels: 100))
        let applied = try await app.apply(Signature(name, args: args, kwargs: kwargs), options: shown)
        guard case .task(let id, _) = applied else { throw Failure(.failed, "nothing was sent") }
        if let limit { try await tell(app.result(of: id), limit, hasPrivateResults: session.hasPrivateResults) } else if list.json { Output.json(["id": .string(id.rawValue)]) } else { Output.line(id.rawValue) }
        await app.close()
    }

    private func tell(_ result: AsyncResult<Value>, _ limit: Duration, hasPrivateResults: Bool) async throws {
        if !list.json { Output.line(result.id.rawValue) }
        do {
            let value = try await result.get(timeout: limit)
            if list.json { return Output.json(["id": .string(result.id.rawValue), "state": "SUCCESS", "result": value]) }
            Output.line(value.string.map { ForeignText.safe($0, newlines: .keep) } ?? ForeignText.safe(JSON.pretty(value), newlines: .keep))
        } catch let error as TaskError {
            if list.json {
                Output.json(["id": .string(result.id.rawValue), "state": .string(error.state.rawValue), "result": error.exception.value, "traceback": error.traceback.map(Value.string) ?? .null])
            } else if let traceback = error.traceback {
                Output.complain(ForeignText.safe(String(traceback.trimmingSuffix { $0.isNewline }), newlines: .keep))
            }
            throw Failure(.failed, "\(ForeignText.safe(error.state.rawValue)): \(ForeignText.safe(error.exception.text))")
        } catch let error as TransportError where error.kind == .timedOut {
            throw Failure(.failed, "no result within \(wait ?? 0) s\(hasPrivateResults ? "" : "; `celeriac result \(result.id)` tells it later")")
        }
    }

    private func arguments() throws -> [Value] {
        guard let values = (try? JSON.decode(args))?.array else { throw Failure(.wrongUsage, "-a wants a JSON array, as '[1, \"two\"]'") }
        return values
    }

    private func keywords() throws -> OrderedDictionary<String, Value> {
        guard let values = (try? JSON.decode(kwargs))?.object else { throw Failure(.wrongUsage, "-k wants a JSON object, as '{\"order\": 7}'") }
        return values
    }

    /// By Celery's names.
    private func options() throws -> OrderedDictionary<String, Value> {
        var options: OrderedDictionary<String, Value> = [:]
        options["queue"] = queue.map(Value.string)
        if let priority {
            guard 0...255 ~= priority else { throw Failure(.wrongUsage, "--priority wants 0-255, not \(priority)") }
            options["priority"] = .integer(priority)
        }
        if let countdown {
            guard eta == nil else { throw Failure(.wrongUsage, "--countdown and --eta exclude each other") }
            options["countdown"] = .number(try seconds("--countdown", countdown))
        }
        options["eta"] = try eta.map { .string(try time("--eta", $0)) }
        if let expires {
            options["expires"] = if let number = Double(expires) { .number(try seconds("--expires", number)) } else { .string(try time("--expires", expires)) }
        }
        return options
    }

    private func time(_ option: String, _ text: String) throws -> String {
        guard let seconds = ISOTime.parse(text), let time = ISOTime.text(seconds) else { throw Failure(.wrongUsage, "\(option) wants a time such as 2030-01-31T12:00:00+00:00, not \"\(text)\"") }
        return time
    }
}

extension String {
    fileprivate func trimmingSuffix(while claim: (Character) -> Bool) -> Substring {
        var text = self[...]
        while let last = text.last, claim(last) { text.removeLast() }
        return text
    }
}
