import CeleriacCore
import Glibc
import Synchronization

/// Frames over one end of a socket pair, to or from a process of the pool: four bytes of length (little endian), then JSON.
///
/// The socket is closed with the last reference, so that no thread reads or writes a number that the system has given to something else.
final class ProcessLink: Sendable {
    /// Bytes of JSON beyond which a frame is not sent, and from which on its sender is taken to be out of its mind.
    static let frameLimit = 1 << 28

    private let descriptor: Int32
    private let outgoing = Mutex(Outgoing())

    private struct Outgoing {
        /// What did not fit at once, while a thread of its own writes it.
        var rest: [[UInt8]] = []
        var isDraining = false
    }

    init(adopting descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// A new link, and the other end's descriptor; neither is inherited by processes that are started meanwhile. `nil` when the system has none left.
    static func pair() -> (link: ProcessLink, other: Int32)? {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { return nil }
        return (ProcessLink(adopting: ends[0]), ends[1])
    }

    /// Sends a value; never waits: what the socket does not take at once goes out on a thread of its own, so that a stopped process or five
    /// megabytes of arguments do not hold a thread that runs tasks.
    /// - Returns: `false` when it is larger than a frame may be. A broken link is noticed by its reader.
    @discardableResult
    func send(_ value: Value) -> Bool {
        let body = JSON.encode(value, asciiOnly: false)
        guard body.count <= Self.frameLimit else { return false }
        let length = withUnsafeBytes(of: UInt32(body.count).littleEndian) { Array($0) }
        outgoing.withLock { outgoing in
            guard !outgoing.isDraining else { return outgoing.rest.append(length + body) }
            let sent = sendNow(length, body)
            guard sent < length.count + body.count else { return }
            outgoing.rest = [Array((length + body).dropFirst(sent))]
            outgoing.isDraining = startThread { self.drain() }
        }
        return true
    }

    /// No more will be sent: the other end reads to the end, and knows.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Ends the link for both sides at once.
    func cut() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Reads frames until the link ends, or `take` refuses one, or one is longer than any may be; blocks the thread that calls it.
    /// - Parameter take: gets the JSON, valid during the call; `false` ends the reading.
    /// - Returns: whether the other side ended it, not what it sent.
    @discardableResult
    func read(_ take: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        var frames = FrameBuffer()
        while true {
            let count = frames.fill { space in
                while true {
                    let count = recv(descriptor, space.baseAddress, space.count, 0)
                    if count >= 0 || errno != EINTR { return count }
                }
            }
            guard count > 0 else { return true }
            guard frames.forEach(take) else { return false }
        }
    }

    /// What the socket takes without waiting; no second copy is made of the two parts.
    private func sendNow(_ length: [UInt8], _ body: [UInt8]) -> Int {
        length.withUnsafeBytes { length in
            body.withUnsafeBytes { body in
                var parts = [
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: length.baseAddress), iov_len: length.count),
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: body.baseAddress), iov_len: body.count),
                ]
                return parts.withUnsafeMutableBufferPointer { parts in
                    var message = msghdr()
                    message.msg_iov = parts.baseAddress
                    message.msg_iovlen = parts.count
                    while true {
                        let count = sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
                        if count >= 0 { return count }
                        // A broken link takes everything: whoever reads it will tell.
                        guard errno == EINTR else { return errno == EAGAIN ? 0 : length.count + body.count }
                    }
                }
            }
        }
    }

    private func drain() {
        while true {
            let next = outgoing.withLock { outgoing -> [UInt8]? in
                guard outgoing.rest.isEmpty else { return outgoing.rest.removeFirst() }
                outgoing.isDraining = false
                return nil
            }
            guard let next else { return }
            var start = 0
            while start < next.count {
                let count = next.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress! + start, next.count - start, Int32(MSG_NOSIGNAL)) }
                if count < 0, errno != EINTR { break }
                start += max(0, count)
            }
        }
    }
}

/// Bytes as they come in, cut into frames.
struct FrameBuffer {
    private static let usual = 1 << 16
    private var bytes = [UInt8](repeating: 0, count: usual)
    private var start = 0
    private var end = 0

    /// Offers free space to `read`, which tells how much of it was filled; returns that.
    mutating func fill(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        makeSpace()
        let count = bytes.withUnsafeMutableBytes { read(UnsafeMutableRawBufferPointer(rebasing: $0[end...])) }
        end += max(0, count)
        return count
    }

    /// Takes every whole frame.
    /// - Returns: `false` when `take` refused one, or when one announces more bytes than a frame may have.
    mutating func forEach(_ take: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        while end - start >= 4 {
            let length = announced
            guard length <= ProcessLink.frameLimit else { return false }
            guard end - start >= 4 + length else { return true }
            let body = start + 4..<start + 4 + length
            start = body.upperBound
            guard bytes.withUnsafeBytes({ take(UnsafeRawBufferPointer(rebasing: $0[body])) }) else { return false }
        }
        return true
    }

    /// Bytes in the body of the frame under way; its length must have come.
    private var announced: Int {
        bytes.withUnsafeBytes { Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: UInt32.self))) }
    }

    /// Grows twofold as bytes come, not at once to what a frame announces: a length is only a claim. Gives large space back once it is empty.
    private mutating func makeSpace() {
        if start == end {
            (start, end) = (0, 0)
            if bytes.count > Self.usual { bytes = [UInt8](repeating: 0, count: Self.usual) }
        } else if end == bytes.count {
            if start > 0 {
                bytes.removeSubrange(..<start)
                (start, end) = (0, end - start)
            }
            bytes.append(contentsOf: repeatElement(0, count: max(end, Self.usual)))
        }
    }
}

/// Runs `body` on a thread of its own; `false` when the system has none left.
///
/// What waits for other processes stands on such a thread: the threads of the concurrency runtime are as few as the processors, and must not be held.
@discardableResult
func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let start = Unmanaged.passRetained(Start(body))
    var thread = pthread_t()
    let refused = pthread_create(
        &thread, nil,
        { start in
            if let start { Unmanaged<Start>.fromOpaque(start).takeRetainedValue().body() }
            return nil
        }, start.toOpaque())
    guard refused == 0 else {
        start.release()
        return false
    }
    pthread_detach(thread)
    return true
}
