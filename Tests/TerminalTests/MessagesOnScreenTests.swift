import CeleriacCore
import Foundation
import TestSupport
import Testing

extension OperatorTests {
    /// What the operator does to waiting messages, Celery's workers and the broker see.
    @Suite struct MessagesOnScreenTests {
        /// A queue of this test, which nobody consumes.
        let queue = "wait-" + UUID().uuidString.prefix(8).lowercased()

        @Test func aMessageAmongTenThousandIsEditedAndPythonRunsIt() throws {
            let cluster = try RealCluster.quiet()
            try cluster.fill(queue, 10_000)
            defer { cluster.drop(queue) }
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            try dashboard.showMessages(of: queue, count: "10,000 messages")
            #expect(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("order-0'") } }, "\(dashboard.screen)")
            dashboard.press("G")
            #expect(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("10,000") && $0.contains("order-9999'") } }, "\(dashboard.screen)")
            dashboard.press("kk")
            #expect(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("order-9997'") } }, "\(dashboard.screen)")
            dashboard.press("gjj")
            try #require(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("order-2'") } }, "\(dashboard.screen)")
            let id = try cluster.python("print(__import__('json').loads(shop.app.connection().default_channel.client.lrange('\(queue)', -3, -3)[0])['headers']['id'])")
            try dashboard.open(Typed.enter, shows: id)
            #expect(dashboard.waits(for: "\"order-2\""), "its arguments are shown whole: \(dashboard.screen)")
            dashboard.press(Typed.escape)

            try dashboard.open("e", shows: "Ctrl-s check")
            // The first field is that of the arguments.
            #expect(dashboard.insist(Typed.control("a") + Typed.control("k")) { $0.lines.contains { $0.contains("▶ Args") && !$0.contains("order-2") } }, "\(dashboard.screen)")
            dashboard.press("[\"changed\", {\"deep\": [1, \"ü\"]}, \"CHF\"]")
            try dashboard.open(Typed.control("s"), shows: "Change 1 message of \(queue)")
            #expect(dashboard.waits { $0.text.contains("[\"order-2\"") && $0.text.contains("[\"changed\"") }, "the dialog shows the difference: \(dashboard.screen)")
            try dashboard.agree(to: "Change 1 message of \(queue)")
            #expect(dashboard.waits(for: "edited shop.charge \(id): args"), "\(dashboard.screen)")
            #expect(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("changed") } }, "the list shows it changed, in its place: \(dashboard.screen)")
            #expect(try cluster.redis("LLEN", queue) == "10000")

            _ = try cluster.celery("control", "add_consumer", queue, "-d", "celery@web-1")
            defer { _ = try? cluster.celery("control", "cancel_consumer", queue, "-d", "celery@web-1") }
            let result = try cluster.python("print(__import__('json').dumps(shop.app.AsyncResult('\(id)').get(timeout=40)))")
            #expect(try JSON.decode(result) == ["order": "changed", "charged": ["deep": [1, "ü"]], "currency": "CHF"])
            let log = try dashboard.actions(1)
            #expect(log[0]["action"]?.string == "edit shop.charge \(id) in \(queue)" && log[0]["failed"] == false)
            #expect(log[0]["command"]?.string?.hasPrefix("celeriac -b \(cluster.broker) edit \(queue) \(id) --args '[\"changed\"") == true && log[0]["who"]?.string?.contains("@") == true)
        }

        @Test func aThousandAreMovedAndAllArePurgedAndTakenBack() throws {
            let cluster = try RealCluster.quiet(), target = queue + "-late"
            try cluster.fill(queue, 10_000)
            defer {
                cluster.drop(queue)
                cluster.drop(target)
            }
            let before = try cluster.contents(queue), moved = try cluster.ids(queue, of: "shop.stock")
            try #require(moved.count == 1000)
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            try dashboard.showMessages(of: queue, count: "10,000 messages")
            dashboard.press("/name:shop.stock" + Typed.enter)
            try #require(dashboard.waits(within: .seconds(20)) { $0.text.contains("1,000 match of 10,000") }, "\(dashboard.screen)")
            #expect(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("order-0'") } }, "the oldest first: \(dashboard.screen)")
            dashboard.press("A")
            try #require(dashboard.waits(for: "all marked"))
            try dashboard.open("m", shows: "move to the queue:")
            dashboard.press(target)
            try dashboard.open(Typed.enter, shows: "Move 1,000 messages to")
            try dashboard.agree(to: "Move 1,000 messages to", typing: queue)
            #expect(dashboard.waits(for: "moved 1,000 messages from \(queue) to \(target)", within: .seconds(20)), "\(dashboard.screen)")
            #expect(try cluster.redis("LLEN", queue) == "9000")
            #expect(try cluster.ids(target, of: "shop.stock") == moved, "in their order")

            try dashboard.open("u", shows: "Take back: move of 1,000 messages")
            try dashboard.agree(to: "Take back: move of 1,000 messages", typing: queue)
            #expect(dashboard.waits(for: "put 1,000 messages back into \(queue)", within: .seconds(20)), "\(dashboard.screen)")
            #expect(try cluster.redis("LLEN", queue) == "10000" && cluster.redis("LLEN", target) == "0")
            #expect(try cluster.contents(queue) == before, "every message, byte for byte, in its old place")

            dashboard.press(Typed.escape)
            try dashboard.open("X", shows: "Purge the queue \(queue)")
            try dashboard.agree(to: "Purge the queue \(queue)", typing: queue)
            #expect(dashboard.waits(for: "purged \(queue): 10,000 messages", within: .seconds(20)), "\(dashboard.screen)")
            #expect(try cluster.redis("LLEN", queue) == "0")
            #expect(dashboard.waits(for: "no message waits"), "\(dashboard.screen)")
            try dashboard.open("u", shows: "Take back: purge of 10,000 messages")
            try dashboard.agree(to: "Take back: purge of 10,000 messages", typing: queue)
            #expect(dashboard.waits(for: "put 10,000 messages back into \(queue)", within: .seconds(20)), "\(dashboard.screen)")
            #expect(try cluster.contents(queue) == before, "every message, byte for byte, in its order")

            let log = try dashboard.actions(4)
            #expect(log.map { $0["outcome"]?.string?.prefix(6) } == ["moved ", "put 1,", "purged", "put 10"])
            #expect(log[0]["command"]?.string == "celeriac -b \(cluster.broker) move \(queue) \(target) --match name:shop.stock")
            let mode = try FileManager.default.attributesOfItem(atPath: dashboard.log.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }

        @Test func markedMessagesAreDeletedAndNoOthers() throws {
            let cluster = try RealCluster.quiet()
            try cluster.fill(queue, 6)
            defer { cluster.drop(queue) }
            let ids = try cluster.ids(queue, of: nil)
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            try dashboard.showMessages(of: queue, count: "6 messages")
            dashboard.press("j jj ")
            try #require(dashboard.waits(for: "2 marked"), "\(dashboard.screen)")
            try dashboard.open("x", shows: "Delete 2 messages of \(queue)")
            try dashboard.agree(to: "Delete 2 messages of \(queue)", typing: "2")
            #expect(dashboard.waits(for: "deleted 2 messages from \(queue)"), "\(dashboard.screen)")
            #expect(try cluster.ids(queue, of: nil) == [ids[0], ids[2], ids[3], ids[5]])
            // One that a worker takes while its dialog is open is left alone, and said to be gone.
            dashboard.press("g")
            try dashboard.open("x", shows: "Delete 1 message of \(queue)")
            try cluster.redis("RPOP", queue)
            try dashboard.agree(to: "Delete 1 message of \(queue)")
            #expect(dashboard.waits(for: "deleted 0 messages from \(queue); 1 had gone or changed meanwhile"), "\(dashboard.screen)")
            #expect(try cluster.ids(queue, of: nil) == [ids[2], ids[3], ids[5]])
            try dashboard.open("u", shows: "Take back: delete of 2 messages")
            try dashboard.agree(to: "Take back: delete of 2 messages", typing: "2")
            #expect(dashboard.waits(for: "put 2 messages back into \(queue)"), "\(dashboard.screen)")
            #expect(try cluster.ids(queue, of: nil) == [ids[1], ids[2], ids[3], ids[4], ids[5]], "between the neighbours that they had")
        }

        @Test func messagesAreServedFirstOrLastAndComeBack() throws {
            let cluster = try RealCluster.quiet()
            try cluster.fill(queue, 5)
            defer { cluster.drop(queue) }
            let ids = try cluster.ids(queue, of: nil), before = try cluster.contents(queue)
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            try dashboard.showMessages(of: queue, count: "5 messages")
            dashboard.press("jj")
            try #require(dashboard.waits { $0.lines.contains { $0.contains("▶") && $0.contains("order-2'") } }, "\(dashboard.screen)")
            try dashboard.open("K", shows: "Serve 1 message of \(queue) first")
            try dashboard.agree(to: "Serve 1 message of \(queue) first")
            #expect(dashboard.waits(for: "moved 1 message to the front of \(queue)"), "\(dashboard.screen)")
            #expect(try cluster.ids(queue, of: nil) == [ids[2], ids[0], ids[1], ids[3], ids[4]])
            try dashboard.open("u", shows: "Take back: reorder of 1 message of \(queue)")
            try dashboard.agree(to: "Take back: reorder of 1 message of \(queue)")
            #expect(dashboard.waits(for: "put 1 message back into \(queue)"), "\(dashboard.screen)")
            #expect(try cluster.contents(queue) == before)
            dashboard.press("g  ")
            try #require(dashboard.waits(for: "2 marked"), "\(dashboard.screen)")
            try dashboard.open("J", shows: "Serve 2 messages of \(queue) last")
            try dashboard.agree(to: "Serve 2 messages of \(queue) last", typing: "2")
            #expect(dashboard.waits(for: "moved 2 messages to the end of \(queue)"), "\(dashboard.screen)")
            #expect(try cluster.ids(queue, of: nil) == [ids[2], ids[3], ids[4], ids[0], ids[1]])
        }

        /// One that a worker holds until its time: it is revoked, and sent again with other arguments.
        @Test func aTaskThatAWorkerHoldsIsEditedAndPythonRunsTheNewOne() throws {
            let cluster = try RealCluster.quiet()
            _ = try cluster.celery("control", "add_consumer", queue, "-d", "celery@web-1")
            defer { _ = try? cluster.celery("control", "cancel_consumer", queue, "-d", "celery@web-1") }
            let id = try cluster.python("print(shop.charge.apply_async(('held-1',), queue='\(queue)', countdown=25).id)")
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            try dashboard.showMessages(of: queue, count: "no message waits")
            dashboard.press("]]")
            try #require(dashboard.waits(within: .seconds(20)) { $0.lines.contains { $0.contains("web-1") && $0.contains(id.prefix(8)) } }, "\(dashboard.screen)")
            dashboard.press("j")
            try dashboard.open("e", shows: "Ctrl-s check")
            #expect(dashboard.insist(Typed.control("a") + Typed.control("k")) { $0.lines.contains { $0.contains("▶ Args") && !$0.contains("held-1") } }, "\(dashboard.screen)")
            dashboard.press("[\"held-2\"]")
            try dashboard.open(Typed.control("s"), shows: "Revoke 1 task and send it again")
            #expect(dashboard.waits(for: "new id"), "the dialog says that it gets a new id: \(dashboard.screen)")
            try dashboard.agree(to: "Revoke 1 task and send it again")
            try #require(dashboard.waits(for: "revoked \(id), sent "), "\(dashboard.screen)")
            try #require(dashboard.waits(for: " in its place"), "\(dashboard.screen)")
            let sent = try #require(dashboard.screen.text.split(separator: "sent ").last.map { String($0.prefix(36)) })
            let result = try cluster.python("print(__import__('json').dumps(shop.app.AsyncResult('\(sent)').get(timeout=50)))")
            #expect(try JSON.decode(result)["order"] == "held-2")
            #expect(try cluster.python("print(shop.app.AsyncResult('\(id)').state)") == "REVOKED")
        }

        @Test func anEditorChangesAMessage() throws {
            let cluster = try RealCluster.quiet()
            try cluster.fill(queue, 2)
            defer { cluster.drop(queue) }
            let dashboard = try OperatedDashboard.live(on: cluster, environment: ["EDITOR": "sed -i s/order-0/from-editor/"])
            defer { dashboard.quit() }
            try dashboard.showMessages(of: queue, count: "2 messages")
            try dashboard.open("e", shows: "Ctrl-o in the editor")
            #expect(dashboard.insist(Typed.control("o")) { $0.text.contains("Change 1 message of \(queue)") && $0.text.contains("from-editor") }, "\(dashboard.screen)")
            try dashboard.agree(to: "Change 1 message of \(queue)")
            #expect(dashboard.waits(for: "edited shop.stock") && dashboard.waits(for: "'from-editor'"), "\(dashboard.screen)")
        }

        @Test(.enabled(if: RabbitServer.isThere, Comment(rawValue: RabbitServer.missing))) func onRabbitMQAMessageOfASampleIsDeletedAndTakenBack() throws {
            let cluster = try RealCluster.quiet(on: .rabbitmq)
            try cluster.fill(queue, 5)
            defer { _ = try? cluster.python("shop.app.connection().default_channel.queue_delete('\(queue)')") }
            func waiting() throws -> String { try cluster.python("print(shop.app.connection().default_channel.queue_declare('\(queue)', passive=True).message_count)") }
            let dashboard = try OperatedDashboard(cluster.broker, results: "rpc://")
            defer { dashboard.quit() }
            try #require(dashboard.waits(within: .seconds(60)) { $0.text.contains("● live") && $0.text.contains("workers 3/3") }, "\(dashboard.screen)")
            dashboard.press("3/" + queue + Typed.enter)
            try #require(dashboard.waits { $0.text.contains("Queues 1 of ") && $0.lines.contains { $0.contains("▶") && $0.contains(queue) } }, "\(dashboard.screen)")
            dashboard.press(Typed.enter + "]")
            #expect(dashboard.waits(for: "p asks, and shows up to 50 of them"), "\(dashboard.screen)")
            try dashboard.open("p", shows: "Peek at up to 50 messages")
            try dashboard.agree(to: "Peek at up to 50 messages")
            try #require(dashboard.waits(for: "sampled 5 of 5, redelivered flag set"), "\(dashboard.screen)")
            dashboard.press("jj")
            try dashboard.open("x", shows: "Delete 1 message of \(queue)")
            #expect(dashboard.waits { $0.text.contains("order-2") && $0.text.contains("workers do not get them meanwhile") }, "\(dashboard.screen)")
            try dashboard.agree(to: "Delete 1 message of \(queue)")
            #expect(dashboard.waits(for: "deleted 1 message from \(queue)") && dashboard.waits { !$0.text.contains("order-2'") }, "\(dashboard.screen)")
            let isGone = try eventually { try waiting() == "4" }
            #expect(isGone)
            try dashboard.open("u", shows: "Take back: delete of 1 message")
            try dashboard.agree(to: "Take back: delete of 1 message")
            #expect(dashboard.waits(for: "put 1 message back into \(queue)"), "\(dashboard.screen)")
            let isBack = try eventually { try waiting() == "5" }
            #expect(isBack)
        }

        @Test func aWorkerThatComesOnlineIsToldWhatWasRevoked() throws {
            let cluster = try RealCluster.quiet()
            let dashboard = try OperatedDashboard.live(on: cluster)
            defer { dashboard.quit() }
            // It waits where no worker has seen it yet.
            try cluster.fill(queue, 1)
            defer { cluster.drop(queue) }
            let id = try #require(try cluster.ids(queue, of: nil).first)
            dashboard.press(":revoke \(id)")
            try dashboard.open(Typed.enter, shows: "Revoke 1 task")
            try dashboard.agree(to: "Revoke 1 task")
            try #require(dashboard.waits(for: "revoked 1 task on 3 of 3 workers"), "\(dashboard.screen)")
            _ = try? cluster.celery("control", "shutdown", "-d", "celery@batch-1")
            try #require(dashboard.waits(for: "workers 2/", within: .seconds(40)), "\(dashboard.screen)")
            try cluster.mend()
            let knows = try eventually(within: 30) { try cluster.celery("inspect", "revoked", "-d", "celery@batch-1")["celery@batch-1"]?.array?.contains(.string(id)) == true }
            #expect(knows)
            // Celery's workers tell each other when they start; this one was told from here as well.
            let log = try dashboard.actions(2)
            #expect(log[0]["action"]?.string == "revoke task \(id)" && log[0]["replies"]?.array?.count == 3)
            #expect(log[1]["action"]?.string == "revoke 1 task on celery@batch-1, which came online" && log[1]["target"]?.string == id)
            #expect(log[1]["replies"]?.array?.compactMap { $0["worker"]?.string } == ["celery@batch-1"])
        }
    }
}

extension OperatedDashboard {
    /// What it wrote down of the operator's actions.
    var log: URL { folder.appendingPathComponent("celeriac/actions.jsonl") }

    /// The lines of its log of actions, once there are as many.
    fileprivate func actions(_ count: Int) throws -> [Value] {
        var lines: [Value] = []
        let isThere = try eventually {
            lines = try ((try? String(contentsOf: log, encoding: .utf8)) ?? "").split(separator: "\n").map { try JSON.decode(String($0)) }
            return lines.count >= count
        }
        try #require(isThere && lines.count == count, "\(lines.count) lines in \(log.path)")
        return lines
    }

    /// Goes to the messages of one queue.
    func showMessages(of queue: String, count: String) throws {
        press("3/" + queue + Typed.enter)
        try #require(waits { $0.text.contains("Queues 1 of ") && $0.lines.contains { $0.contains("▶") && $0.contains(queue) } }, "\(screen)")
        try open(Typed.enter, shows: count)
    }
}

extension RealCluster {
    /// Sends `count` tasks to a queue that nobody consumes: `order-0`, `order-1`, …; each tenth is `shop.stock`, the others are `shop.charge`.
    fileprivate func fill(_ queue: String, _ count: Int) throws {
        try python(
            """
            with shop.app.producer_pool.acquire(block=True) as producer:
                for n in range(\(count)):
                    (shop.stock if n % 10 == 0 else shop.charge).apply_async((f'order-{n}',), queue='\(queue)', producer=producer)
            """)
    }

    private func list(_ queue: String, _ code: String) throws -> String {
        try python("import json, hashlib\nitems = shop.app.connection().default_channel.client.lrange('\(queue)', 0, -1)\n" + code)
    }

    /// Stands for all bytes that wait in a queue, in their order.
    fileprivate func contents(_ queue: String) throws -> String { try list(queue, "print(len(items), hashlib.sha256(b'\\0'.join(items)).hexdigest())") }

    /// Ids in a queue, the one that is served next first.
    fileprivate func ids(_ queue: String, of name: String?) throws -> [String] {
        let test = name.map { " if h['task'] == '\($0)'" } ?? ""
        return try list(queue, "print('\\n'.join([h['id'] for h in [json.loads(i)['headers'] for i in reversed(items)]\(test)]))").split(separator: "\n").map(String.init)
    }

    fileprivate func drop(_ queue: String) { _ = try? redis("DEL", queue) }
}
