import CeleriacBroker
import CeleriacCore
import OrderedCollections
// The members of `timeval`, on Linux.
import SwiftOverlayShims
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension ControlCommand {
    /// What this worker is.
    static let describing: [ControlCommand] = [
        ControlCommand("ping") { _ in .ok("pong") },
        ControlCommand("clock") { call in ["clock": .integer(call.state.app.clock.now)] },
        ControlCommand("stats") { call in call.state.statistics },
        ControlCommand("conf", aliases: ["dump_conf"]) { call in .object(call.state.settings(withDefaults: call["with_defaults"].bool ?? false)) },
        ControlCommand("report", known: []) { call in .ok(call.state.report) },
        ControlCommand("memsample") { _ in ResidentMemory.now().map { .string(ResidentMemory.text($0)) } ?? .null },
        ControlCommand("memdump") { _ in .string("- rss: \(ResidentMemory.now().map(ResidentMemory.text) ?? "unknown").\n") },
        ControlCommand("objgraph") { _ throws(ControlFailure) in throw ControlFailure("ImportError", "Requires the objgraph library") },
    ]
}

extension WorkerState {
    fileprivate var statistics: Value {
        let (totals, prefetch) = books.withLock { ($0.totals, $0.prefetch.count) }
        let endpoint = try? BrokerURL(transport.endpoint)
        var members: OrderedDictionary<String, Value> = [
            "total": .object(OrderedDictionary(uniqueKeysWithValues: totals.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            "pid": .integer(Int(process)), "clock": .string(String(app.clock.now)), "uptime": .integer(Int(max(0, time() - startedAt))),
            "pool": poolStatistics,
            "broker": [
                "hostname": endpoint?.host.map(Value.string) ?? .null, "userid": endpoint?.user.map(Value.string) ?? .null,
                "virtual_host": .string(endpoint?.path ?? ""), "port": endpoint?.port.map(Value.integer) ?? .null, "insist": false,
                "ssl": .bool(endpoint?.scheme == "rediss" || endpoint?.scheme == "amqps"), "transport": .string(endpoint?.scheme ?? transport.endpoint),
                "connect_timeout": 4, "transport_options": .object([:]), "login_method": nil, "uri_prefix": nil, "heartbeat": 120.0,
                "failover_strategy": "round-robin", "alternates": [], "credential_provider": nil,
            ],
            "prefetch_count": .integer(prefetch), "rusage": Self.resourceUsage,
        ]
        if let range = autoscaling.withLock({ $0?.range }) {
            members["autoscaler"] = [
                "max": .integer(range.upperBound), "min": .integer(range.lowerBound), "current": .integer(pool.size),
                "qty": .integer(books.withLock { $0.active.count + $0.reserved.count }),
            ]
        }
        return .object(members)
    }

    private var poolStatistics: Value {
        let worker = configuration.worker
        let limits = configuration.limits, processes = pool.processIDs
        // Where tasks run in this process, nothing else tells the present size.
        let size = processes == [process] ? pool.size : startedConcurrency
        return [
            "implementation": .string(pool.implementation), "max-concurrency": .integer(size),
            "processes": .array(processes.map { .integer(Int($0)) }), "max-tasks-per-child": worker.maxTasksPerChild.map(Value.integer) ?? "N/A",
            "put-guarded-by-semaphore": false, "timeouts": [limits.soft?.secondsValue ?? 0, limits.hard?.secondsValue ?? 0],
        ]
    }

    private static var resourceUsage: Value {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Value { .number(Double(time.tv_sec) + Double(time.tv_usec) / 1e6) }
        return [
            "utime": seconds(usage.ru_utime), "stime": seconds(usage.ru_stime), "maxrss": .integer(usage.ru_maxrss), "ixrss": .integer(usage.ru_ixrss),
            "idrss": .integer(usage.ru_idrss), "isrss": .integer(usage.ru_isrss), "minflt": .integer(usage.ru_minflt), "majflt": .integer(usage.ru_majflt),
            "nswap": .integer(usage.ru_nswap), "inblock": .integer(usage.ru_inblock), "oublock": .integer(usage.ru_oublock),
            "msgsnd": .integer(usage.ru_msgsnd), "msgrcv": .integer(usage.ru_msgrcv), "nsignals": .integer(usage.ru_nsignals),
            "nvcsw": .integer(usage.ru_nvcsw), "nivcsw": .integer(usage.ru_nivcsw),
        ]
    }

    /// Settings by Celery's names; those that are as they always are only `withDefaults`.
    fileprivate func settings(withDefaults: Bool) -> OrderedDictionary<String, Value> {
        let own = configuration, plain = AppConfiguration()
        var settings: OrderedDictionary<String, Value> = ["broker_url": .string(transport.endpoint)]
        settings["result_backend"] = results.map { .string($0.endpoint) } ?? .null
        func set(_ name: String, _ value: (AppConfiguration) -> Value) {
            if withDefaults || value(own) != value(plain) { settings[name] = value(own) }
        }
        func seconds(_ duration: Duration?) -> Value { duration?.secondsValue ?? .null }
        set("task_default_queue") { .string($0.defaultQueue.rawValue) }
        set("task_queues") { $0.queues.isEmpty ? .null : .array($0.queues.map { .string($0.name.rawValue) }) }
        set("task_create_missing_queues") { .bool($0.createsMissingQueues) }
        set("task_default_priority") { $0.defaultPriority.map(Value.integer) ?? .null }
        set("task_send_sent_event") { .bool($0.sendsSentEvents) }
        set("task_inherit_parent_priority") { .bool($0.inheritsParentPriority) }
        set("task_ignore_result") { .bool($0.ignoresResults) }
        set("task_store_errors_even_if_ignored") { .bool($0.storesErrorsEvenIfIgnored) }
        set("task_track_started") { .bool($0.tracksStarted) }
        set("result_extended") { .bool($0.resultsAreExtended) }
        set("result_expires") { seconds($0.resultLifetime) }
        set("result_chord_retry_interval") { seconds($0.chordRetryInterval) }
        set("task_allow_error_cb_on_chord_header") { .bool($0.allowsErrorCallbackOnChordHeader) }
        // Where our defaults are not Celery's, they are always told.
        settings["task_acks_late"] = .bool(own.acksLate)
        settings["task_reject_on_worker_lost"] = .bool(own.rejectsOnWorkerLost)
        set("task_acks_on_failure") { .bool($0.acksOnFailure) }
        set("task_acks_on_timeout") { .bool($0.acksOnTimeout) }
        set("task_time_limit") { seconds($0.limits.hard) }
        set("task_soft_time_limit") { seconds($0.limits.soft) }
        set("task_default_rate_limit") { $0.defaultRateLimit.map { .string($0.text) } ?? .null }
        set("worker_concurrency") { $0.worker.concurrency.map(Value.integer) ?? .null }
        set("worker_prefetch_multiplier") { .integer($0.worker.prefetchMultiplier) }
        set("worker_eta_task_limit") { $0.worker.etaTaskLimit.map(Value.integer) ?? .null }
        set("worker_send_task_events") { .bool($0.worker.sendsEvents) }
        set("worker_disable_rate_limits") { .bool($0.worker.disablesRateLimits) }
        set("worker_enable_remote_control") { .bool($0.worker.answersRemoteControl) }
        set("worker_max_tasks_per_child") { $0.worker.maxTasksPerChild.map(Value.integer) ?? .null }
        set("worker_max_memory_per_child") { $0.worker.maxMemoryPerChild.map(Value.integer) ?? .null }
        set("worker_state_db") { $0.worker.stateFile.map(Value.string) ?? .null }
        set("worker_soft_shutdown_timeout") { seconds($0.worker.softShutdownTimeout) }
        set("control_exchange") { .string($0.broker.controlExchange) }
        set("event_exchange") { .string($0.broker.eventExchange) }
        return settings
    }

    fileprivate var report: String {
        let shown = settings(withDefaults: false).map { "\($0.key): \(PythonRepr.text($0.value))" }.joined(separator: "\n")
        return """

            software -> celeriac:\(Heart.version) swift
            platform -> system:\(Heart.system)
            settings -> transport:\((try? BrokerURL(transport.endpoint))?.transport ?? "") results:\(results?.endpoint ?? "disabled")

            \(shown)

            """
    }
}

/// Memory that this process really takes.
enum ResidentMemory {
    /// Bytes; `nil` where the system does not tell.
    static func now() -> Int? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        // In pages: all, resident, …
        let numbers = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
        return numbers.dropFirst().first.flatMap { Int($0) }.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) }
    }

    static func text(_ bytes: Int) -> String { "\((Double(bytes) / 1e5).rounded() / 10)MB" }
}
