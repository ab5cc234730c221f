"""A proxy before a RabbitMQ node: cuts connections within a published message, at any byte of it, or lets them hang."""
import asyncio
import json
import socket
import struct
import threading
from collections import namedtuple

METHOD, HEADER, BODY = 1, 2, 3
PUBLISH, ACK = (60, 40), (60, 80)

Plan = namedtuple("Plan", "bytes waits resets")
Cut = namedtuple("Cut", "number sent size")
"""The number of the task whose message it hit, how many bytes of that message went on, and how many it has."""


def is_method(frame, wanted):
    return frame[0] == METHOD and struct.unpack_from(">HH", frame, 7) == wanted


class End(asyncio.Protocol):
    """One of a link's two connections: takes what comes apart into frames."""

    def __init__(self, made=lambda end: None):
        self.made = made
        self.transport = self.link = None
        self.pending = b""

    def connection_made(self, transport):
        self.transport = transport
        self.made(self)

    def data_received(self, data):
        self.pending += data
        while len(self.pending) >= 8 and not self.transport.is_closing():
            size = 8 if self.pending.startswith(b"AMQP") else struct.unpack_from(">I", self.pending, 3)[0] + 8
            if len(self.pending) < size:
                break
            frame, self.pending = self.pending[:size], self.pending[size:]
            self.link.take(self, frame)

    def connection_lost(self, error):
        if self.link:
            self.link.end()

    def end(self, resets=False):
        if resets:
            # Closed so, the other side hears of an error instead of an end.
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()


class Link:
    """A client's connection and the one to the node."""

    def __init__(self, proxy, client, node):
        self.proxy, self.client, self.node = proxy, client, node
        self.message, self.missing, self.published = [], 0, 0
        # What is to be cut once the confirm of so many messages has come.
        self.plan = self.cut = self.withheld = None
        self.hangs = False

    def take(self, end, frame):
        if end is self.node:
            if self.withheld is not None and is_method(frame, ACK):
                tag, multiple = struct.unpack_from(">QB", frame, 11)
                if tag == self.withheld or multiple and tag > self.withheld:
                    return self.carry_out()
            self.client.transport.write(frame)
        elif self.message or is_method(frame, PUBLISH):
            self.gather(frame)
        else:
            self.node.transport.write(frame)

    def gather(self, frame):
        """All of a message is there before its first byte goes on: its client waits for nothing in between."""
        self.message.append(frame)
        if frame[0] == HEADER:
            self.missing = struct.unpack_from(">Q", frame, 11)[0]
        elif frame[0] == BODY:
            self.missing -= len(frame) - 8
        if frame[0] != METHOD and self.missing == 0:
            message, self.message = self.message, []
            self.publish(message)

    def publish(self, message):
        self.published += 1
        whole, sizes = b"".join(message), [len(frame) for frame in message]
        self.proxy.sizes = sizes[0], sizes[1], sum(sizes[2:])
        plan, self.proxy.plan = self.proxy.plan, None
        if plan is None:
            return self.node.transport.write(whole)
        body = b"".join(frame[7:-1] for frame in message[2:])
        self.plan, self.cut = plan, Cut(json.loads(body)[0][0], min(plan.bytes, len(whole)), len(whole))
        self.node.transport.write(whole[:self.cut.sent])
        if plan.waits:
            self.withheld = self.published
        else:
            self.carry_out()

    def carry_out(self):
        self.end(self.plan.resets)
        self.proxy.cuts.append(self.cut)

    def hang(self):
        self.hangs = True
        for end in (self.client, self.node):
            end.transport.pause_reading()

    def end(self, resets=False):
        if self in self.proxy.links and not self.hangs:
            self.proxy.links.remove(self)
            for end in (self.client, self.node):
                end.end(resets)


class Proxy:
    """Listens at `port`, on a thread of its own."""

    def __init__(self, target):
        self.target, self.links, self.cuts, self.sizes, self.plan = target, [], [], None, None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.listener = self.run(self.listen())
        self.port = self.listener.sockets[0].getsockname()[1]

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def listen(self):
        def accept(client):
            client.transport.pause_reading()
            self.loop.create_task(self.connect(client))
        return await self.loop.create_server(lambda: End(accept), "127.0.0.1", 0)

    async def connect(self, client):
        try:
            _, node = await self.loop.create_connection(End, "127.0.0.1", self.target)
        except OSError:
            return client.end()
        client.link = node.link = Link(self, client, node)
        self.links.append(client.link)
        client.transport.resume_reading()

    def cut_next(self, plan):
        """Lets the plan's `bytes` of the next message through, then ends its connection, by a reset if `resets`; if `waits`, not before the message's confirm
        has come, which the client does not get to see. It is the last one of `cuts` when it is done."""
        self.loop.call_soon_threadsafe(setattr, self, "plan", plan)

    def hang(self):
        """From now on nothing goes through the connections that there are, and nobody is told; new ones work."""
        async def hang():
            for link in self.links:
                link.hang()
        self.run(hang())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        async def end():
            self.listener.close()
            for link in list(self.links):
                link.hangs = False
                link.end()
        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
