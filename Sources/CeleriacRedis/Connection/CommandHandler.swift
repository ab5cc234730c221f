import CeleriacBroker
import NIOCore

/// A pipeline on its way to the server, and who waits for its replies.
struct CommandBatch: Sendable {
    let commands: [RedisCommand]
    let timeout: TimeAmount
    let promise: EventLoopPromise<[RESPValue]>
}

/// Carries pipelines out and their replies back; what belongs to what is `ReplyQueue`'s knowledge.
final class CommandHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = CommandBatch
    typealias OutboundOut = ByteBuffer

    private struct Call {
        let operation: String
        let promise: EventLoopPromise<[RESPValue]>
        let deadline: Scheduled<Void>
    }

    private let endpoint: RedisEndpoint
    private var queue = ReplyQueue<Call>()
    /// Set once the connection is as good as closed.
    private var failure: (any Error)?
    private var hasHeard = false

    init(_ endpoint: RedisEndpoint) {
        self.endpoint = endpoint
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let batch = unwrapOutboundIn(data)
        let operation = batch.commands[0].name
        if let failure {
            batch.promise.fail(error(failure, operation))
            promise?.succeed()
            return
        }
        var bytes: [UInt8] = []
        for command in batch.commands { command.encode(into: &bytes) }
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let timeout = batch.timeout
        let deadline = context.eventLoop.scheduleTask(in: timeout) {
            let (handler, context) = loopBound.value
            handler.end(context, TransportError.silent(handler.endpoint, operation: operation, timeout))
        }
        queue.expect(batch.commands.count, for: Call(operation: operation, promise: batch.promise, deadline: deadline))
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasHeard = true
        do throws(RESPError) {
            for (call, replies) in try queue.receive(unwrapInboundIn(data).readableBytesView) {
                call.deadline.cancel()
                call.promise.succeed(replies)
            }
        } catch {
            end(context, error)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, failure ?? TransportError.closed(endpoint, operation: "read", hasHeard: hasHeard))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        failAll(failure ?? ChannelError.ioOnClosedChannel)
    }

    private func end(_ context: ChannelHandlerContext, _ cause: any Error) {
        if failure == nil { failure = cause }
        failAll(cause)
        context.close(promise: nil)
    }

    private func failAll(_ cause: any Error) {
        let calls = queue.waiting
        queue = ReplyQueue()
        for call in calls {
            call.deadline.cancel()
            call.promise.fail(error(cause, call.operation))
        }
    }

    private func error(_ cause: any Error, _ operation: String) -> TransportError {
        if var known = cause as? TransportError {
            known.operation = operation
            return known
        }
        if let garbage = cause as? RESPError { return .garbled(endpoint, operation: operation, garbage) }
        return .lost(endpoint, operation: operation, cause)
    }
}
