import Foundation

enum Environment {
    /// Set, and not empty.
    static func has(_ name: String) -> Bool { value(name) != nil }

    static func value(_ name: String) -> String? { ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// Where what is remembered from run to run is: trash, log of actions.
    static var stateFolder: String { (value("XDG_STATE_HOME") ?? (value("HOME") ?? "") + "/.local/state") + "/celeriac" }

    /// user@host, for logs.
    static var who: String { "\(NSUserName())@\(ProcessInfo.processInfo.hostName)" }
}
