public import CeleriacCore

/// Flower, Celery's web monitor, on a cluster; ended with the object.
public final class Flower: Sendable {
    private let program: Program
    private let address: String

    public init(on cluster: RealCluster) throws {
        let port = try freePort()
        address = "http://127.0.0.1:\(port)/api/"
        let broker = cluster.kind == .rabbitmq ? ["--broker-api=\(cluster.management)/api/"] : []
        program = try cluster.startPython(
            ["-m", "celery", "-A", "shop", "flower", "--address=127.0.0.1", "--port=\(port)"] + broker, environment: ["FLOWER_UNAUTHENTICATED_API": "true"], limit: 180)
    }

    deinit {
        program.end()
        _ = try? program.finish()
    }

    /// What its HTTP API answers; `nil` when it does not.
    public func get(_ path: String) throws -> Value? {
        let code = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())"
        let finished = try Program(["python3", "-S", "-c", code, address + path]).finish()
        if finished.status == 0 { return try finished.json() }
        guard program.isRunning else { throw Program.Missing(description: "Flower ended: \(program.complained)") }
        return nil
    }
}
