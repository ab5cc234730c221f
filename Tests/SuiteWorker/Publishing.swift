import Celeriac
import CeleriacCore
import Foundation

/// Sends the fault tests' task for each line of standard input, `NUMBER SECONDS`, all at once, and says of each, as soon as it knows, `NUMBER ok` or
/// `NUMBER failed REASON` in a line.
func publishLines(_ app: App) async {
    let (lines, continuation) = AsyncStream<String>.makeStream()
    // Reading blocks: not one of the few threads that everything else runs on.
    Thread.detachNewThread {
        while let line = readLine() { continuation.yield(line) }
        continuation.finish()
    }
    await withDiscardingTaskGroup { group in
        for await line in lines {
            let words = line.split(separator: " ")
            guard words.count == 2, let number = Int(words[0]), let seconds = Double(words[1]) else { continue }
            group.addTask {
                var told = "\(number) ok"
                do {
                    let call: Call<Value> = app.signature("faults.record", [.integer(number), .number(seconds)])
                    _ = try await call.delay()
                } catch { told = "\(number) failed \(ForeignText.safe(String(describing: error)))" }
                FileHandle.standardOutput.write(Data((told + "\n").utf8))
            }
        }
    }
}
