import Celeriac
import CeleriacCore

/// What the demo's workers do: a shop's day, by the names that the producer sends.
enum DemoTasks {
    struct CardDeclined: CeleryError {
        var stored: StoredException { StoredException(type: "CardDeclined", module: "shop.errors", arguments: ["insufficient funds"]) }
    }
    struct GatewayTimeout: CeleryError {
        var stored: StoredException { StoredException(type: "GatewayTimeout", module: "shop.errors", arguments: ["no answer from the bank within 5 s"]) }
    }
    struct AddressUnknown: CeleryError {
        var stored: StoredException { StoredException(type: "ValueError", module: "builtins", arguments: ["no such street"]) }
    }
    struct MailboxBusy: CeleryError {
        var stored: StoredException { StoredException(type: "SMTPServerBusy", module: "smtp.errors", arguments: ["450 try again later"]) }
    }

    static func register(on app: App) throws {
        try app.task("shop.order", "order") { (order: Int) async throws -> String in
            try await Task.sleep(for: .milliseconds(.random(in: 20...400)))
            return "order \(order) packed"
        }
        try app.task("shop.charge", "order", "cents") { (order: Int, cents: Int) async throws -> String in
            try await Task.sleep(for: .milliseconds(.random(in: 100...900)))
            switch Int.random(in: 0..<8) {
            case 0: throw CardDeclined()
            case 1: throw GatewayTimeout()
            case 2: throw AddressUnknown()
            default: return "\(cents) cents"
            }
        }
        // Twice out of three it needs another try.
        try app.task("mail.send", "to", retry: .fixed(.seconds(2), max: 3)) { (context: TaskContext, to: String) async throws -> Bool in
            try await Task.sleep(for: .milliseconds(.random(in: 50...250)))
            if context.retries < Int.random(in: 0...3) { throw MailboxBusy() }
            return true
        }
        try app.task("media.transcode", "file") { (file: String) async throws -> String in
            try await Task.sleep(for: .seconds(.random(in: 3...9)))
            return file.replacing(".mov", with: ".mp4")
        }
        try app.task("media.thumbnail", "file") { (file: String) async throws -> String in
            try await Task.sleep(for: .milliseconds(.random(in: 200...1500)))
            return file + ".png"
        }
        try app.task("bank.reconcile") { () async throws -> Int in
            try await Task.sleep(for: .milliseconds(.random(in: 200...800)))
            throw GatewayTimeout()
        }
        try app.task("media.album", "thumbnails") { (thumbnails: [String]) async throws -> Int in thumbnails.count }
        try app.task("mail.newsletter", "issue") { (issue: Int) async throws -> Int in
            try await Task.sleep(for: .milliseconds(300))
            return issue
        }
        try app.task("search.reindex", "shard", rateLimit: RateLimit(perSecond: 20.0 / 60)) { (shard: Int) async throws -> Int in
            try await Task.sleep(for: .milliseconds(.random(in: 50...200)))
            return shard
        }
    }
}
