"""What becomes of periodic tasks when the beat that leads is killed: each due moment is sent once, or twice under one id, and another beat leads soon.

Each entry is due once, at a moment of its own, all through the time of the killing. Most kills come at any moment; the last ones aim at the moment between
sending and recording, as soon as a message is seen, so that something is sent again: all that the dead beat had sent at once.
"""
import base64
import contextlib
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Benchmarks"))
from servers import Redis, redis_server, wait_until  # noqa: E402

PROGRAM = os.environ.get("CELERIAC_BIN", str(Path(__file__).resolve().parents[2] / ".build/debug/celeriac"))
TAKEN_OVER_WITHIN = 5  # seconds: the promise
EVERY = 1_000_000


class RedBeat:
    name = "RedBeat"

    def __init__(self, folder, port):
        self.port, self.url, self.scheduler = port, f"redis://127.0.0.1:{port}/0", f"redbeat+redis://127.0.0.1:{port}/0"

    def add(self, name, last):
        at = datetime.fromtimestamp(last, timezone.utc)
        parts = {part: getattr(at, part) for part in ("year", "month", "day", "hour", "minute", "second", "microsecond")}
        definition = {"name": name, "task": "faults.beat", "args": [], "kwargs": {}, "options": {}, "enabled": True,
                      "schedule": {"__type__": "interval", "every": EVERY, "relative": False}}
        meta = {"last_run_at": {"__type__": "datetime", **parts, "timezone": "UTC"}, "total_run_count": 1}
        redis = Redis(self.port)
        redis("HSET", f"redbeat:{name}", "definition", json.dumps(definition), "meta", json.dumps(meta))
        redis("ZADD", "redbeat::schedule", int(last + EVERY), f"redbeat:{name}")

    def leader(self):
        return (Redis(self.port)("GET", "redbeat::lock") or b"").decode()

    def sent(self):
        return Redis(self.port)("LLEN", "celery")

    def messages(self):
        return [json.loads(text) for text in Redis(self.port)("LRANGE", "celery", 0, -1)]

    def runs(self, name):
        return json.loads(Redis(self.port)("HGET", f"redbeat:{name}", "meta"))["total_run_count"]


class SQLite:
    """Our own tables, in the file that is the broker too."""
    name = "SQLite"

    def __init__(self, folder, port):
        self.path = f"{folder}/beat.db"
        self.url = self.scheduler = f"sqlite:///{self.path}"

    def ask(self, statement, *arguments):
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as database, database:
            try:
                return database.execute(statement, arguments).fetchall()
            except sqlite3.OperationalError as error:
                # Until a beat has made the tables.
                if "no such table" not in str(error):
                    raise
                return []

    def add(self, name, last):
        definition = {"task": "faults.beat", "schedule": {"__type__": "interval", "every": EVERY, "relative": False}}
        self.ask("INSERT INTO celeriac_schedule (name, definition, last_run, runs) VALUES (?, ?, ?, 1)", name, json.dumps(definition), last)
        self.ask("INSERT INTO celeriac_schedule_change VALUES (1, 1), (2, 1) ON CONFLICT (id) DO UPDATE SET number = number + 1")

    def leader(self):
        held = self.ask("SELECT owner FROM celeriac_schedule_lease WHERE held_until > ?", time.time())
        return held[0][0] if held else ""

    def sent(self):
        counted = self.ask("SELECT count(*) FROM kombu_message")
        return counted[0][0] if counted else 0

    def messages(self):
        return [json.loads(payload) for payload, in self.ask("SELECT payload FROM kombu_message")]

    def runs(self, name):
        return self.ask("SELECT runs FROM celeriac_schedule WHERE name = ?", name)[0][0]


class Beats:
    """Two beats on one store; they belong to this process."""

    def __init__(self, place):
        self.place, self.running = place, {}
        for _ in range(2):
            self.start()

    def start(self):
        log = open(os.environ.get("WORKER_LOG", os.devnull), "ab")
        beat = subprocess.Popen([PROGRAM, "beat", "-b", self.place.url, "-S", self.place.scheduler, "-l", "info"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.running[beat.pid] = beat

    def leading(self):
        """The process that leads, if it is one of those that live."""
        found = re.search(r"#(\d+)-", self.place.leader())
        return self.running.get(int(found[1])) if found else None

    def kill_leader(self, aims=False):
        """Returns the seconds until another one leads."""
        victim = wait_until(self.leading, 20, "a leader")
        if not aims:
            time.sleep(random.uniform(0.2, 2))
        else:
            before = self.place.sent()
            wait_until(lambda: self.place.sent() > before, 20, "a message", 0.0005)
        del self.running[victim.pid]
        victim.kill()
        victim.wait()
        begin = time.monotonic()
        self.start()
        wait_until(self.leading, 20, "another leader")
        return time.monotonic() - begin

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for beat in self.running.values():
            beat.terminate()
        for beat in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                beat.wait(20)
            beat.kill()
            beat.wait()


def ids(place):
    """Of the messages of each entry."""
    found = defaultdict(list)
    for message in place.messages():
        found[message["headers"]["periodic_task_name"]].append(message["headers"]["id"])
    return found


def again(place):
    return sum(len(sent) - 1 for sent in ids(place).values())


def killed(place, moments, kills):
    aimed = max(1, kills // 4)
    with Beats(place) as beats:
        wait_until(beats.leading, 20, "the first leader")
        begin = time.time() + 2
        # A kill with its takeover takes some five seconds.
        dues = {f"due {number}": begin + number * (kills + aimed) * 5 / moments for number in range(moments)}
        for name, due in dues.items():
            place.add(name, due - EVERY)
        time.sleep(max(0, begin - time.time()))
        gaps = [beats.kill_leader() for _ in range(kills)]
        time.sleep(1)
        by_chance = again(place)
        gaps += [beats.kill_leader(aims=True) for _ in range(aimed)]
        time.sleep(max(0, max(dues.values()) - time.time()) + 1)
        wait_until(lambda: all(place.runs(name) > 1 for name in dues), 20, "the last run to be recorded", 0.2)
    sent = ids(place)
    lost = sum(name not in sent for name in dues)
    unmarked = sum(len(set(one)) - 1 for one in sent.values())
    holds = lost == 0 and unmarked == 0 and by_chance <= kills and max(gaps) <= TAKEN_OVER_WITHIN and all(place.runs(name) == 2 for name in dues)
    print(f"{'beat':<15} {'holds' if holds else 'BROKEN'}: {moments} due moments in {place.name}, {lost} lost; {kills} leaders killed at any moment, {by_chance} runs sent again; "
          f"{aimed} killed just after sending, {again(place) - by_chance} sent again; {unmarked} of those under another id; followed after {max(gaps):.1f} s at the latest", flush=True)
    return holds


def beat(count):
    kills = 20 if count > 1000 else 2
    with tempfile.TemporaryDirectory() as folder, redis_server() as port:
        return all([killed(place(folder, port), 10 * kills, kills) for place in (RedBeat, SQLite)])
