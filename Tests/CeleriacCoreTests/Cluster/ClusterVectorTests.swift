import Foundation
import OrderedCollections
import TestSupport
import Testing

@testable import CeleriacCore

/// What `celery.events.state.State` made of 28 runs of events, some of them shuffled (`Tests/Vectors/logic/state.jsonl`, Celery 5.7.0).
@Suite struct ClusterVectorTests {
    static let rows: [Value] = {
        let text = (try? String(contentsOf: vectorsFolder.appendingPathComponent("logic/state.jsonl"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { try? JSON.decode(String($0)) }
    }()

    @Test func allRowsAreThere() {
        #expect(Self.rows.count == 28)
    }

    @Test(arguments: 0..<28) func endsInTheStateThatCeleryEndsIn(row: Int) throws {
        let row = try #require(Self.rows.indices.contains(row) ? Self.rows[row] : nil)
        var state = ClusterState()
        for event in row["events"]?.array ?? [] {
            state.fold(event: event, receivedAt: try #require(event["local_received"]?.double))
        }
        try expect(state, is: row)
    }
}

/// Compares everything that both keep.
func expect(_ state: ClusterState, is celery: Value, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let tasks = try #require(celery["tasks"]?.object)
    #expect(state.tasks.count == tasks.count, sourceLocation: sourceLocation)
    for (id, expected) in tasks {
        let found = try #require(state.task(TaskID(id), now: 0), "task \(id)", sourceLocation: sourceLocation)
        #expect(described(found) == comparable(expected), "task \(id)", sourceLocation: sourceLocation)
    }
    let workers = try #require(celery["workers"]?.object)
    #expect(Set(state.workerNames.map(\.rawValue)) == Set(workers.keys), sourceLocation: sourceLocation)
    for (name, expected) in workers {
        let id = try #require(state.workers.names.find(name), sourceLocation: sourceLocation)
        let found = state.workers[id]
        #expect(found.heartbeats.all == expected["heartbeats"]?.array?.compactMap(\.double), "worker \(name)", sourceLocation: sourceLocation)
        #expect(found.pid == expected["pid"]?.integer, "worker \(name)", sourceLocation: sourceLocation)
        #expect(found.interval == expected["freq"]?.double, "worker \(name)", sourceLocation: sourceLocation)
        #expect(found.clock == expected["clock"]?.integer, "worker \(name)", sourceLocation: sourceLocation)
        #expect(found.active.value == expected["active"]?.integer, "worker \(name)", sourceLocation: sourceLocation)
        #expect(found.processed.value == expected["processed"]?.integer, "worker \(name)", sourceLocation: sourceLocation)
        #expect(found.softwareName == expected["sw_ident"]?.string, "worker \(name)", sourceLocation: sourceLocation)
        #expect(found.softwareVersion == expected["sw_ver"]?.string, "worker \(name)", sourceLocation: sourceLocation)
        let expiry = expected["heartbeat_expires"]?.double
        for offset in [-0.01, 0, 0.01] {
            let now = (expiry ?? 1_700_000_000) + offset
            #expect(found.isAlive(now: now) == (expiry.map { now < $0 } ?? false), "worker \(name)", sourceLocation: sourceLocation)
        }
    }
    #expect(state.idsByTime().map(\.rawValue) == celery["by_time"]?.array?.compactMap(\.string), sourceLocation: sourceLocation)
    #expect(state.flow.total == celery["event_count"]?.integer, sourceLocation: sourceLocation)
    #expect(state.taskCount == celery["task_count"]?.integer, sourceLocation: sourceLocation)
    #expect(state.words.tasks.all.map(\.text).sorted() == celery["task_types"]?.array?.compactMap(\.string), sourceLocation: sourceLocation)
}

/// A task as Celery's attributes have it, those left out that are `None`.
private func described(_ row: TaskRow) -> [String: String] {
    var fields: [String: String] = ["state": row.state.rawValue]
    func put(_ name: String, _ number: Double?) { fields[name] = number.map { "\($0)" } }
    fields["name"] = row.name
    fields["worker"] = row.worker?.rawValue
    fields["client"] = row.client
    fields["args"] = row.args
    fields["kwargs"] = row.kwargs
    fields["result"] = row.result
    fields["exception"] = row.exception
    fields["traceback"] = row.traceback
    fields["exchange"] = row.exchange
    fields["routing_key"] = row.routingKey
    fields["root_id"] = row.root?.rawValue
    fields["parent_id"] = row.parent?.rawValue
    fields["children"] = row.children.map(\.rawValue).sorted().joined(separator: " ")
    put("sent", row.sentAt)
    put("received", row.receivedAt)
    put("started", row.startedAt)
    put("succeeded", row.succeededAt)
    put("failed", row.failedAt)
    put("retried", row.retriedAt)
    put("revoked", row.revokedAt)
    put("rejected", row.rejectedAt)
    put("timestamp", row.timestamp)
    put("eta", row.eta)
    put("expires", row.expires)
    put("clock", Double(row.clock))
    put("retries", row.retries == 0 ? nil : Double(row.retries))
    return fields
}

private func comparable(_ task: Value) -> [String: String] {
    var fields: [String: String] = [:]
    for (name, value) in task.object ?? [:] {
        switch name {
        // Rows work these out where Celery has none.
        case "runtime": continue
        case "retries" where value.integer == 0: continue
        case "eta", "expires": fields[name] = value.string.flatMap(ISOTime.parse).map { "\($0)" }
        case "children": fields[name] = value.array?.compactMap(\.string).sorted().joined(separator: " ")
        default: fields[name] = value.string ?? value.double.map { "\($0)" }
        }
    }
    return fields
}
