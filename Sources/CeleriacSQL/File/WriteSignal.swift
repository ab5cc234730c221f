#if os(Linux)
    import Dispatch

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// Tells of the next write to a file, by any process of this machine (inotify(7)).
    final class WriteSignal: Sendable {
        private let descriptor: Int32
        private let path: String
        /// Set up before anybody else has it; afterwards only `cancel` is called, once, which libdispatch allows from anywhere.
        nonisolated(unsafe) private let source: any DispatchSourceRead

        /// - Parameters:
        ///   - path: of a file that is there as long as this is used.
        ///   - body: is called on `queue`, once for each time the signal was armed.
        /// - Returns: `nil` where there is no inotify, or the user has none left.
        init?(_ path: String, on queue: DispatchQueue, _ body: @escaping @Sendable () -> Void) {
            let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
            guard descriptor >= 0 else { return nil }
            self.descriptor = descriptor
            self.path = path
            source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            source.setEventHandler {
                // One event has no name and fits; what it says is known.
                withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 8) { while read(descriptor, $0.baseAddress, $0.count) > 0 {} }
                body()
            }
            source.setCancelHandler { close(descriptor) }
            source.resume()
        }

        deinit { source.cancel() }

        /// Asks to be told of the next write. What was written before is not told.
        /// - Returns: whether it will be.
        func arm() -> Bool { inotify_add_watch(descriptor, path, UInt32(IN_MODIFY) | UInt32(IN_ONESHOT)) >= 0 }
    }
#else
    import Dispatch

    /// There is no such signal here.
    final class WriteSignal: Sendable {
        init?(_ path: String, on queue: DispatchQueue, _ body: @escaping @Sendable () -> Void) { return nil }
        func arm() -> Bool { false }
    }
#endif
