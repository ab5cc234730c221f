"""How late periodic tasks are sent, and what beat costs: ours beside Celery's file scheduler and RedBeat, on the same entries, server and machine.

spread      So many entries that run each second, their phases spread evenly over it. Late is the time from when a run is due to when its message was found in
            the queue, which is looked at every millisecond. Of Celery's beats, whose intervals drift by what they are late, the rate counts: of so many
            messages a second, how many were sent.
instant     So many entries that are due once, all at the same moment.
crowd       100,000 entries in RedBeat, none of which is due but one: from the start of the process to its message, then CPU and memory at rest.
"""
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path

from servers import PROGRAM, Redis, cpu_seconds, percentile, redis_server, resident, wait_until

HERE = Path(__file__).resolve().parent
COLUMNS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def fill(port, entries, every):
    """RedBeat entries by number and time of their last run."""
    redis = Redis(port)
    for start in range(0, len(entries), 1000):
        words = []
        for number, last in entries[start:start + 1000]:
            at = datetime.fromtimestamp(last, timezone.utc)
            key = f"redbeat:bench {number}"
            definition = {"name": f"bench {number}", "task": "bench.noop", "args": [number], "kwargs": {}, "options": {}, "enabled": True,
                          "schedule": {"__type__": "interval", "every": every, "relative": False}}
            meta = {"last_run_at": {"__type__": "datetime", **{part: getattr(at, part) for part in COLUMNS}, "timezone": "UTC"}, "total_run_count": 1}
            words += [("HSET", key, "definition", json.dumps(definition), "meta", json.dumps(meta)), ("ZADD", "redbeat::schedule", str(int(last + every)), key)]
        redis.connection.sendall(b"".join(b"*%d\r\n" % len(command) + b"".join(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in command) for command in words))
        for _ in words:
            redis.reply()


@contextlib.contextmanager
def beating(who, port, folder, count=0, every=0):
    """Ours on RedBeat, Celery's RedBeat, or Celery's file scheduler, which has its entries from its settings."""
    url = f"redis://127.0.0.1:{port}/0"
    command = {
        "celeriac": [PROGRAM, "beat", "-b", url, "-S", f"redbeat+{url}", "-l", "error"],
        "redbeat": [sys.executable, "-m", "celery", "-A", "beatwork", "beat", "-S", "redbeat.RedBeatScheduler", "--max-interval", "1", "-l", "ERROR"],
        "celery file": [sys.executable, "-m", "celery", "-A", "beatwork", "beat", "-s", f"{folder}/schedule", "-l", "ERROR"],
    }[who]
    environment = dict(os.environ, BROKER=url, ENTRIES=str(count if who == "celery file" else 0), EVERY=str(every), PYTHONWARNINGS="ignore")
    beat = subprocess.Popen(command, env=environment, cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield beat
    finally:
        beat.terminate()
        try:
            beat.wait(20)
        except subprocess.TimeoutExpired:
            beat.kill()
            beat.wait()


def arrivals(port, until, most=None):
    """(time, entry) of each message, taken from the queue until a time, or until there were so many."""
    redis, found, count = Redis(port), [], 0
    while time.time() < until and (most is None or count < most):
        taken = redis("RPOP", "celery", 5000)
        now = time.time()
        if taken:
            found.append((now, taken))
            count += len(taken)
        else:
            time.sleep(0.001)
    return [(now, json.loads(base64.b64decode(json.loads(text)["body"]))[0][0]) for now, taken in found for text in taken]


def spread(who, count, seconds=10):
    with tempfile.TemporaryDirectory() as folder, redis_server() as port:
        begin = time.time() + (4 if who == "celeriac" else 8) + count / 5000
        fill(port, [(number, begin - 1 + number / count) for number in range(count)], 1)
        with beating(who, port, folder, count, 1):
            # Until all go by the clock.
            time.sleep(max(0, begin + 2 - time.time()))
            Redis(port)("DEL", "celery")
            start = time.time()
            found = [(now, number) for now, number in arrivals(port, start + seconds) if now > start]
    figures = {"rate": len(found) / seconds}
    if who == "celeriac":
        late = [(now - begin - number / count) % 1 for now, number in found]
        runs = Counter(number for _, number in found)
        figures |= {"p50": percentile(late, 0.5), "p99": percentile(late, 0.99), "max": max(late)}
        if any(runs[number] < seconds - 1 for number in range(count)):
            figures["error"] = f"{sum(runs[number] < seconds - 1 for number in range(count))} entries were not sent each second"
    return figures


def instant(who, count):
    with tempfile.TemporaryDirectory() as folder, redis_server() as port:
        every = 30 if who == "celery file" else 100_000
        due = time.time() + 6 + count / 3000
        fill(port, [(number, due - every) for number in range(count)], every)
        with beating(who, port, folder, count, every):
            found = arrivals(port, due + 90, count)
    # The file scheduler counts from its own start.
    first = min((now for now, _ in found), default=due) if who == "celery file" else due
    late = [now - first for now, _ in found]
    if len(set(number for _, number in found)) < count:
        return {"error": f"{len(found)} of {count} were sent"}
    return {"p50": percentile(late, 0.5), "p99": percentile(late, 0.99), "max": max(late)}


def crowd(who, count=100_000, seconds=10):
    with tempfile.TemporaryDirectory() as folder, redis_server() as port:
        now = time.time()
        fill(port, [(number, now - 3600 - number % 60) for number in range(count - 1)] + [(count - 1, now - 100_000)], 86_400)
        start = time.monotonic()
        with beating(who, port, folder) as beat:
            wait_until(lambda: Redis(port)("LLEN", "celery"), 120, "the first message", 0.005)
            figures = {"seconds": time.monotonic() - start}
            time.sleep(3)
            before = cpu_seconds(beat.pid)
            time.sleep(seconds)
            return figures | {"cpu_share": (cpu_seconds(beat.pid) - before) / seconds, "rss": resident(beat.pid)}


def measure():
    rows = {}
    for part, measured, counts in (("spread", spread, (1_000, 10_000)), ("instant", instant, (1_000, 10_000))):
        for count in counts:
            for who in ("celeriac", "redbeat", "celery file"):
                # What they do with ten times as many is known from one.
                if who == "celeriac" or count == counts[0]:
                    rows[f"{part} {count:,} {who}"] = measured(who, count)
    for who in ("celeriac", "redbeat"):
        rows[f"crowd {who}"] = crowd(who)
    return rows
