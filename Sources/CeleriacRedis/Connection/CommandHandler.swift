import CeleriacBroker
import NIOCore
import Synchronization

/// A pipeline on its way to the server, and who waits for its replies.
struct CommandBatch: Sendable {
    let commands: [RedisCommand]
    let timeout: TimeAmount
    let promise: EventLoopPromise<[RESPValue]>
}

/// Why a connection ended, for those who come to use it after its handlers are gone.
final class ConnectionEnd: Sendable {
    private let cause = Mutex<(any Error)?>(nil)

    var reason: (any Error)? { cause.withLock { $0 } }

    /// The first cause counts: others follow from it.
    func note(_ reason: any Error) { cause.withLock { $0 = $0 ?? reason } }
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
    private let ending: ConnectionEnd

    private let pushed: (@Sendable (RESPValue?) -> Void)?

    /// - Parameter pushed: told what the server pushes by itself, and of the end (`nil`).
    init(_ endpoint: RedisEndpoint, _ ending: ConnectionEnd, pushed: (@Sendable (RESPValue?) -> Void)? = nil) {
        self.endpoint = endpoint
        self.ending = ending
        self.pushed = pushed
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let batch = unwrapOutboundIn(data)
        let operation = batch.commands[0].name
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let timeout = batch.timeout
        let deadline = context.eventLoop.scheduleTask(in: timeout) {
            let (handler, context) = loopBound.value
            handler.end(context, TransportError.silent(handler.endpoint, operation: operation, timeout))
        }
        queue.expect(batch.commands.count { !$0.isAnsweredByPush }, for: Call(operation: operation, promise: batch.promise, deadline: deadline))
        context.write(wrapOutboundOut(batch.commands.encoded(context.channel.allocator)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(RESPError) {
            for (call, replies) in try queue.receive(unwrapInboundIn(data).readableBytesView, pushed: { pushed?($0) }) {
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
        end(context, TransportError.closed(endpoint, operation: "read"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        failAll(ending.reason ?? ChannelError.ioOnClosedChannel)
        pushed?(nil)
    }

    private func end(_ context: ChannelHandlerContext, _ cause: any Error) {
        ending.note(cause)
        failAll(ending.reason ?? cause)
        context.close(promise: nil)
    }

    private func failAll(_ cause: any Error) {
        let calls = queue.waiting
        queue = ReplyQueue()
        for call in calls {
            call.deadline.cancel()
            call.promise.fail(TransportError.lost(endpoint, operation: call.operation, cause))
        }
    }
}
