import CeleriacBroker
import CeleriacCore
import NIOCore

/// Why a feed's connection ended, and whether its subscriptions had been in force.
struct FeedEnd: Sendable {
    let reason: TransportError
    let wasLive: Bool
}

/// Subscribes, and puts what comes into the backlog on the channel's own thread. Pings, so that a connection whose other end is gone is noticed within ten seconds.
final class FeedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Pulse {
        static let interval = TimeAmount.seconds(5)
        static let silence = TimeAmount.seconds(10)
    }

    private let endpoint: RedisEndpoint
    private let subscriptions: [RedisCommand]
    private let backlog: EventBacklog
    /// Kept when the connection ends, whyever.
    private let ended: EventLoopPromise<FeedEnd>
    private var framer = EventFramer()
    /// Subscriptions that the server has not yet confirmed.
    private var unconfirmed: Int
    private var heardAt = NIODeadline.now()
    private var pulse: RepeatedTask?

    /// - Parameter subscriptions: each with one channel or pattern.
    init(_ endpoint: RedisEndpoint, _ subscriptions: [RedisCommand], into backlog: EventBacklog, ended: EventLoopPromise<FeedEnd>) {
        self.endpoint = endpoint
        self.subscriptions = subscriptions
        self.backlog = backlog
        self.ended = ended
        unconfirmed = subscriptions.count
    }

    func handlerAdded(context: ChannelHandlerContext) {
        send(subscriptions, context)
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        pulse = context.eventLoop.scheduleRepeatedTask(initialDelay: Pulse.interval, delay: Pulse.interval) { _ in
            let (handler, context) = loopBound.value
            handler.beat(context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heardAt = .now()
        do throws(RESPError) {
            guard let frames = try framer.take(unwrapInboundIn(data).readableBytesView) else { return }
            if !frames.payloads.isEmpty {
                backlog.put(.batch(EventBatch(bytes: frames.bytes, payloads: frames.payloads, form: .envelope, receivedAt: secondsSince1970())))
            }
            for value in frames.others { judge(value, context) }
        } catch {
            end(context, TransportError.lost(endpoint, operation: "subscribe", error))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(context, TransportError.lost(endpoint, operation: "subscribe", error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(context, TransportError.closed(endpoint, operation: "subscribe"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(TransportError.closed(endpoint, operation: "subscribe"))
    }

    private func judge(_ value: RESPValue, _ context: ChannelHandlerContext) {
        if let text = value.errorText {
            end(context, TransportError.refusal(text, operation: "subscribe", endpoint))
        } else if let kind = value.items?.first?.text, kind == "subscribe" || kind == "psubscribe" {
            unconfirmed -= 1
            if unconfirmed == 0 { backlog.put(.link(.live)) }
        }
    }

    private func beat(_ context: ChannelHandlerContext) {
        if NIODeadline.now() - heardAt >= Pulse.silence {
            end(context, TransportError.silent(endpoint, operation: "subscribe", Pulse.silence))
        } else {
            send([RedisCommand("PING")], context)
        }
    }

    private func send(_ commands: [RedisCommand], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(commands.encoded(context.channel.allocator)), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext, _ error: TransportError) {
        finish(error)
        context.close(promise: nil)
    }

    /// The first reason counts: others follow from it.
    private func finish(_ reason: TransportError) {
        pulse?.cancel()
        ended.succeed(FeedEnd(reason: reason, wasLive: unconfirmed <= 0))
    }
}
