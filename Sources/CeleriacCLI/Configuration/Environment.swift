import Foundation

enum Environment {
    /// Set, and not empty.
    static func has(_ name: String) -> Bool { ProcessInfo.processInfo.environment[name].map { !$0.isEmpty } ?? false }
}
