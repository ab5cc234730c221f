"""The same on RabbitMQ: how fast tasks are run and sent, and a burst of events becomes state.

execute     A queue is filled first. Timed over what the broker hands out between the moments when a tenth and nineteen twentieths of the messages have left the
            queue: the worker holds as many at both, so that as many were done as were handed out. Results and events of all are counted afterwards, or the run fails.
publish     Timed around the calls: one by one, each awaited, and in batches of 1,000. The broker confirms each of ours; Celery's once with and once without. The bare
            publisher writes the bytes of one such message over and over, without confirms: what RabbitMQ takes here.
ingest      From the first byte published to the last event folded in. The bare consumer only reads bytes: what RabbitMQ can deliver here beside that publisher.
"""
import base64
import contextlib
import json
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import amqp

import engine
from engine import PROGRAM as ENGINE
from engine import celery, lines, started
from flood import Events
from rabbit import rabbit_server
from servers import PROGRAM, Redis, redis_server, wait_until


@contextlib.contextmanager
def connected(node):
    connection = amqp.Connection(f"127.0.0.1:{node.port}", "guest", "guest")
    connection.connect()
    try:
        yield connection
    finally:
        connection.close()


def execute(command, count, results, environment):
    """`results`: with records in Redis and task events."""
    with rabbit_server() as rabbit, redis_server() as redis_port, connected(rabbit.nodes[0]) as connection:
        channel = connection.channel()
        channel.queue_declare("celery", durable=True, auto_delete=False)
        if results:
            # Holds all events until they are counted.
            channel.exchange_declare("celeryev", "topic", durable=True, auto_delete=False)
            channel.queue_declare("events", auto_delete=False, arguments={"x-queue-mode": "lazy"})
            channel.queue_bind("events", "celeryev", "task.#")
        environment = dict(environment, BROKER=rabbit.url(), BACKEND=f"redis://127.0.0.1:{redis_port}/1" if results else "")
        lines([ENGINE, "publish", str(count - 1), "1000"], environment)

        def waiting():
            return channel.queue_declare("celery", passive=True).message_count
        if waiting() != count:
            raise RuntimeError(f"{waiting()} messages of {count} in the queue")
        with started(command, environment):
            wait_until(lambda: waiting() <= count * 0.9, 120, "a tenth of the tasks", 0.005)
            first, start = waiting(), time.monotonic()
            wait_until(lambda: waiting() <= count * 0.05, 600, "most tasks", 0.005)
            last, seconds = waiting(), time.monotonic() - start
            wait_until(lambda: rabbit.queues("messages")["celery"]["messages"] == 0, 120, "the last task", 0.5)
            figures = {"rate": (first - last) / seconds, "tasks": count}
            if results:
                redis = Redis(redis_port)
                redis("SELECT", 1)
                figures["results"] = redis("DBSIZE")
                time.sleep(1)
                figures["events"] = counted_events(connection)
                if figures["events"] < 3 * count:
                    figures["error"] = f"{figures['events']} events of {3 * count}"
        return figures


def counted_events(connection):
    channel, count = connection.channel(), 0
    while message := channel.basic_get("events", no_ack=True):
        body = json.loads(message.body)
        count += len(body) if isinstance(body, list) else 1
    return count


def measure_execute(count=60_000, peers=8_000):
    ours = [ENGINE, "worker"]
    return {
        "celery prefork 2, ignored": execute(celery("prefork", 2), peers, False, {}),
        "celeriac async, ignored": execute(ours, count, False, {"POOL": "async", "CONCURRENCY": "32"}),
        "celery prefork 2 -E, Redis results": execute(celery("prefork", 2, "-E"), peers, True, {}),
        "celeriac async -E, Redis results": execute(ours, count, True, {"POOL": "async", "CONCURRENCY": "32", "EVENTS": "1"}),
    }


def measure_publish():
    with rabbit_server() as rabbit:
        def on(host, **more):
            return {"BROKER": rabbit.url(rabbit.virtual_host()), **more}
        peer = [sys.executable, "work.py", "publish"]
        return {
            "celery": lines([*peer, "10000"], on("plain")),
            "celery, confirmed": lines([*peer, "5000"], on("confirmed", CONFIRMS="1")),
            "celeriac one by one": lines([ENGINE, "publish", "10000", "1"], on("one")),
            "celeriac batches": lines([ENGINE, "publish", "100000", "1000"], on("many")),
            "bare publisher": publish_bare(rabbit.nodes[0], 100_000),
        }


def frame(kind, payload):
    """On channel 1."""
    return struct.pack(">BHI", kind, 1, len(payload)) + payload + b"\xce"


def short(text):
    return bytes([len(text)]) + text


def publication(exchange, routing_key, message):
    method = struct.pack(">HHH", 60, 40, 0) + short(exchange) + short(routing_key) + b"\0"
    return frame(1, method) + frame(2, struct.pack(">HHQ", 60, 0, len(message.body)) + message._serialize_properties()) + frame(3, message.body)


def publish_bare(node, count):
    task = json.loads(engine.message())
    bare = amqp.Message(base64.b64decode(task["body"]), content_type="application/json", content_encoding="utf-8", application_headers=task["headers"], delivery_mode=2,
                        priority=0, correlation_id=task["headers"]["id"], reply_to=task["properties"]["reply_to"])
    with connected(node) as connection:
        channel = connection.channel()
        channel.queue_declare("bare", durable=True, auto_delete=False)
        connection.sock.settimeout(300)
        write = publication(b"", b"bare", bare) * 100
        start = time.monotonic()
        for _ in range(count // 100):
            connection.sock.sendall(write)
        # Answered once all before it has been taken.
        channel.queue_declare("bare", passive=True)
        return {"rate": count / (time.monotonic() - start)}


class AMQPEvents(Events):
    """Task events as basic.publish frames, on channel 1."""

    def publish(self, kind, worker, **fields):
        self.clock += 1
        host, key = f"celery@w{worker}", kind.replace("-", ".").encode()
        event = {"hostname": host, "utcoffset": 0, "pid": 1000 + worker, "clock": self.clock, **fields, "timestamp": time.time(), "type": kind}
        message = amqp.Message(json.dumps(event).encode(), content_type="application/json", content_encoding="utf-8", application_headers={"hostname": host}, delivery_mode=1)
        return publication(b"celeryev", key, message)


def flood(node, writes):
    with connected(node) as connection:
        channel = connection.channel()
        channel.exchange_declare("celeryev", "topic", durable=True, auto_delete=False)
        connection.sock.settimeout(300)
        for write in writes:
            connection.sock.sendall(write)
        # Answered once all before it has been taken.
        channel.exchange_declare("celeryev", "topic", durable=True, auto_delete=False)


def reporting(command, writes, count):
    """Runs a consumer that prints `ready` when it listens, or soon will, and one JSON object once it has `count` events."""
    with rabbit_server() as rabbit:
        process = subprocess.Popen([word.replace("BROKER", rabbit.url()) for word in command], stdout=subprocess.PIPE, text=True)
        try:
            if process.stdout.readline() != "ready\n":
                return {"error": "it did not start"}
            wait_until(lambda: any(queue["consumers"] for queue in rabbit.queues("consumers").values()), 30, "the consumer", 0.2)
            thread = threading.Thread(target=flood, args=(rabbit.nodes[0], writes))
            start = time.monotonic()
            thread.start()
            # What lost events never sees the last one; it is ended, and what it printed by then counts.
            ending = threading.Timer(60, process.kill)
            ending.start()
            printed = process.stdout.readline()
            seconds = time.monotonic() - start
            ending.cancel()
            thread.join()
            if not printed.startswith("{"):
                return {"error": f"no report: {printed!r}"}
            return {"events": count, "seconds": seconds, "rate": count / seconds}
        finally:
            process.kill()
            process.wait()


def measure_ingest(count=200_000):
    writes = AMQPEvents().tasks(count)
    here = Path(__file__)
    peer = reporting([sys.executable, str(here.with_name("receiver.py")), "BROKER", str(count)], writes, count)
    if "error" in peer:
        # An event waits for five seconds in the queue of who listens.
        peer = {"outcome": "fell so far behind that the broker dropped events"}
    return {
        "bare consumer": reporting([sys.executable, str(here), "BROKER", str(count)], writes, count),
        "celeriac": reporting([PROGRAM, "-b", "BROKER", "bench-ingest", "--count", str(count)], writes, count),
        "celery receiver": peer,
    }


def consume_bare(url, count):
    """Looks at nothing but the frames' headers."""
    address = urllib.parse.urlsplit(url)
    connection = amqp.Connection(f"{address.hostname}:{address.port}", "guest", "guest")
    connection.connect()
    channel = connection.channel()
    channel.exchange_declare("celeryev", "topic", durable=True, auto_delete=False)
    queue = channel.queue_declare(exclusive=True).queue
    channel.queue_bind(queue, "celeryev", "#")
    channel.basic_consume(queue, no_ack=True)
    connection.sock.settimeout(None)
    print("ready", flush=True)
    seen, rest = 0, b""
    while seen < count:
        data = rest + connection.sock.recv(1 << 20)
        position = 0
        while position + 7 <= len(data) and (end := position + 8 + int.from_bytes(data[position + 3:position + 7], "big")) <= len(data):
            seen += data[position] == 2
            position = end
        rest = data[position:]
    print(json.dumps({"events": seen}), flush=True)


if __name__ == "__main__":
    consume_bare(sys.argv[1], int(sys.argv[2]))
