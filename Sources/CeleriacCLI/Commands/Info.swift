import ArgumentParser
import CeleriacBroker
import CeleriacCore
import Foundation
import OrderedCollections

/// `celeriac info`.
struct Info: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Where files are and what is set.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions

    func run() async throws {
        let path = global.config ?? ConfigurationFile.defaultPath
        let file = try ConfigurationFile.read(global.config)
        let session = try? Session(global)
        let scheduler = (try? Choices(global))?.scheduler.map { $0.hasPrefix("file:") ? $0 : (try? BrokerURL($0))?.description ?? "set, but no URL" }
        let facts: [(String, String)] = [
            ("version", CeleriacCommand.configuration.version),
            ("configuration", FileManager.default.fileExists(atPath: path) ? path : "\(path) (does not exist)"),
            ("contexts", file.contexts.keys.sorted().joined(separator: ", ")),
            ("context", session?.contextName ?? ""),
            ("broker", session?.broker.description ?? "not set"),
            ("result backend", session?.resultBackend?.description ?? "not set"),
            ("scheduler", scheduler ?? "not set"),
            ("may", session?.permission.rawValue ?? ""),
            ("themes", Themes.names.joined(separator: ", ")),
            ("terminal", ProcessInfo.processInfo.environment["TERM"] ?? ""),
        ]
        if list.json { return Output.json(.object(facts.reduce(into: [:]) { $0[$1.0.replacingOccurrences(of: " ", with: "_")] = .string($1.1) })) }
        for (name, value) in facts { Output.line("\(name.padding(toLength: 16, withPad: " ", startingAt: 0))\(ForeignText.safe(value.isEmpty ? "-" : value))") }
    }
}
