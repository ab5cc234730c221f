"""Task events as a Celery 5.7 worker publishes them on Redis, thousands at a time.

usage: flood.py PORT COUNT [EVENTS_PER_SECOND]
Every task gives three events: received, started, succeeded; one in twenty fails instead. The bytes are made before any clock
starts, and the server is told not to answer, so that the flooder costs the two cores as little as it can.
"""
import base64
import json
import socket
import sys
import time
import uuid

BATCH = 250  # events in one write


class Events:
    """Makes the PUBLISH commands of one database. The Lamport clock runs on from event to event."""

    def __init__(self, workers=8, names=20, database=0):
        self.workers, self.names, self.database, self.clock = workers, names, database, 0

    def publish(self, kind, worker, **fields):
        self.clock += 1
        host, key = f"celery@w{worker}", kind.replace("-", ".")
        event = {"hostname": host, "utcoffset": 0, "pid": 1000 + worker, "clock": self.clock, **fields, "timestamp": time.time(), "type": kind}
        message = {
            "body": base64.b64encode(json.dumps(event).encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"hostname": host},
            "properties": {
                "delivery_mode": 1,
                "delivery_info": {"exchange": "celeryev", "routing_key": key},
                "priority": 0,
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4()),
            },
        }
        words = [b"PUBLISH", f"/{self.database}.celeryev/{key}".encode(), json.dumps(message).encode()]
        return b"*3\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    def task(self, number):
        """The three events of one task."""
        worker, identity = number % self.workers, str(uuid.uuid4())
        yield self.publish("task-received", worker, uuid=identity, name=f"bench.tasks.job{number % self.names}", args=f"({number}, 'order')", kwargs="{}",
                           root_id=identity, parent_id=None, retries=0, eta=None, expires=None)
        yield self.publish("task-started", worker, uuid=identity)
        if number % 20:
            yield self.publish("task-succeeded", worker, uuid=identity, result=repr(number * 2), runtime=0.001 * (number % 300))
        else:
            yield self.publish("task-failed", worker, uuid=identity, exception=f"ValueError('order {number}')",
                               traceback='Traceback (most recent call last):\n  File "shop.py", line 7, in order\nValueError\n')

    def tasks(self, count, first=0):
        """`count` events, in writes of `BATCH`."""
        events = [event for number in range(first, first + -(-count // 3)) for event in self.task(number)][:count]
        return [b"".join(events[start:start + BATCH]) for start in range(0, count, BATCH)]

    def heartbeats(self, kind="worker-heartbeat"):
        """One from each worker, in one write."""
        return b"".join(self.publish(kind, worker, freq=2.0, active=worker % 5, processed=worker * 1000, loadavg=[0.1, 0.2, 0.3],
                                     sw_ident="py-celery", sw_ver="5.7.0", sw_sys="Linux") for worker in range(self.workers))


def publish(port, writes, rate=None):
    """Sends the writes, at `rate` events a second if given. Returns the seconds until the server had taken them all."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$3\r\nOFF\r\n")
        start = time.monotonic()
        for number, write in enumerate(writes):
            connection.sendall(write)
            if rate and (ahead := (number + 1) * BATCH / rate - (time.monotonic() - start)) > 0:
                time.sleep(ahead)
        connection.sendall(b"*3\r\n$6\r\nCLIENT\r\n$5\r\nREPLY\r\n$2\r\nON\r\n")
        connection.recv(64)
        return time.monotonic() - start


if __name__ == "__main__":
    port, count = int(sys.argv[1]), int(sys.argv[2])
    rate = float(sys.argv[3]) if len(sys.argv) > 3 else None
    print(f"{count} events in {publish(port, Events().tasks(count), rate):.2f} s")
