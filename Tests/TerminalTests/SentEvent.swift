import CeleriacCore
import Foundation
import TestSupport

/// A `task-received` event as a Python worker sends it.
struct SentEvent {
    var id: String
    var name: String
    var args = "()"
    var worker = "celery@w1"

    /// The message on the channel: kombu's envelope with the event as base64 of JSON.
    var bytes: [UInt8] {
        let event: Value = [
            "hostname": .string(worker), "utcoffset": 0, "pid": 7, "clock": 1, "uuid": .string(id), "name": .string(name), "args": .string(args),
            "kwargs": "{}",
            "root_id": .string(id), "parent_id": nil, "retries": 0, "eta": nil, "expires": nil, "timestamp": .number(Date().timeIntervalSince1970),
            "type": "task-received",
        ]
        return JSON.encode([
            "body": .string(Data(JSON.encode(event)).base64EncodedString()), "content-encoding": "utf-8", "content-type": "application/json",
            "headers": ["hostname": .string(worker)],
            "properties": [
                "delivery_mode": 1, "delivery_info": ["exchange": "celeryev", "routing_key": "task.received"], "priority": 0, "body_encoding": "base64",
                "delivery_tag": "1",
            ],
        ])
    }

    func publish(on port: Int) throws { try Self.publish(bytes, on: port) }

    /// Publishes any bytes where events are expected.
    static func publish(_ bytes: [UInt8], on port: Int) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        _ = try Program(["sh", "-c", "redis-cli -p \(port) -x PUBLISH /0.celeryev/task.received <\(file.path)"]).finish()
    }
}
