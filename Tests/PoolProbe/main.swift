import Celeriac
import CeleriacCore
import Glibc
import OrderedCollections

/// What the process pool's tests start: tasks that do to their process what tasks do to processes.
let app = try App("probe", broker: "memory://")

func task(_ name: String, _ body: @escaping TaskDefinition.Body) { app.register(TaskDefinition(name: name, body: body)) }

/// Writes to the link as no child would.
func scribble(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { write(3, $0.baseAddress, $0.count) } }

struct Sour: Error, CustomStringConvertible {
    var description: String { "sour" }
}

task("echo") { args, kwargs, _ in [.array(args), .object(kwargs)] }
task("request") { _, _, context in
    let message = context.request.message
    return [.string(context.request.worker.rawValue), .string(message.id.rawValue), .integer(message.retries), .array(message.chain), message.chord ?? .null]
}
task("process") { _, _, _ in .integer(Int(getpid())) }
task("sum") { args, _, _ in .integer(args.compactMap(\.integer).reduce(0, +)) }
task("print") { args, _, _ in
    print(args.first?.string ?? "")
    return .null
}
task("fail") { _, _, _ in throw Sour() }
task("sleep") { args, _, _ in
    try await Task.sleep(for: .seconds(args.first?.double ?? 60))
    return "rested"
}
/// Holds its thread and hears nothing.
task("spin") { _, _, _ in while true { usleep(10_000) } }
task("trap") { args, _, _ in .integer([1, 2, 3][args.count + 7]) }
task("exit") { args, _, _ in exit(Int32(args.first?.integer ?? 1)) }
task("signals") { _, _, _ in
    let ignored = [SIGINT, SIGTERM, SIGHUP].allSatisfy { number in
        var action = sigaction()
        sigaction(number, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
    return .bool(ignored)
}
task("descriptors") { _, _, _ in
    .array((4..<1024).filter { fcntl($0, F_GETFD) >= 0 }.map { number in
        var path = [CChar](repeating: 0, count: 256)
        readlink("/proc/self/fd/\(number)", &path, 255)
        return .string(String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    })
}
task("garbage") { args, _, _ in
    switch args.first?.string {
    case "text": scribble(Array("Hello, this is no frame at all".utf8))
    case "length": scribble([0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3])
    case "json": scribble([3, 0, 0, 0] + Array("{{{".utf8))
    case "word": scribble([14, 0, 0, 0] + Array("[\"nonsense\", 1]".utf8.prefix(14)))
    case "group": scribble([18, 0, 0, 0] + Array("[\"group\", 1, true] ".utf8.prefix(18)))
    default: scribble([2, 0, 0, 0] + Array("[]".utf8))
    }
    try await Task.sleep(for: .seconds(60))
    return .null
}
/// Megabytes that stay.
task("hoard") { args, _, _ in
    let count = (args.first?.integer ?? 1) << 20
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
    memset(memory, 1, count)
    return .integer(Int(getpid()))
}

/// Leaves the ids of its two processes in the file that the first argument names, and stays.
app.register(
    CommandTask(
        "processes",
        command: [
            "sh", "-c",
            #"read -r call; file=$(echo "$call" | sed -E 's/.*"args": \["([^"]*)".*/\1/'); sleep 1000 & echo $$ $! > "$file.new"; mv "$file.new" "$file"; wait"#,
        ]
    ).definition)

if CommandLine.arguments.contains("--dies") { exit(9) }
await PoolChild.run(app)
