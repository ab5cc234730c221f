import CeleriacCore

/// The names of RedBeat's keys (celery-redbeat 2.4), for one prefix.
struct RedBeatKeys: Hashable, Sendable {
    /// `redbeat_key_prefix`.
    let prefix: String
    /// `redbeat_lock_key`, with the prefix in front; `nil`: no lock.
    let lock: String?

    init(prefix: String, lock: String?) {
        self.prefix = prefix
        self.lock = lock.map { $0.hasPrefix(prefix) ? $0 : prefix + $0 }
    }

    /// Hash keys by when they are due, in seconds since 1970.
    var schedule: String { prefix + ":schedule" }
    /// Names of the entries that beat was given by its settings.
    var statics: String { prefix + ":statics" }
    func entry(_ name: String) -> String { prefix + name }

    /// `nil` for keys that are no entry's.
    func name(ofKey key: String) -> String? {
        key.hasPrefix(prefix) && key != prefix && !isReserved(key) ? String(key.dropFirst(prefix.count)) : nil
    }

    /// Whether RedBeat itself keeps something else there.
    func isReserved(_ key: String) -> Bool { key == schedule || key == statics || key == lock }
}
