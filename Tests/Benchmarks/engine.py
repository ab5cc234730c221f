"""How fast tasks are sent, run and answered: our worker beside Celery's, on the same messages, server and machine.

execute     A queue is filled first. Timed from the moment when a tenth of its messages are done (acknowledged) to the moment when all are, so that neither
            start nor connection counts. With results and events, every task's record and its three events are counted afterwards, or the run fails.
publish     Timed around the calls: awaited one by one, and in batches of 1,000.
roundtrip   publish, run, result: one after the other through an idle worker.
sqlite      execute, with SQLite as broker and result backend.
rest        CPU and memory of a worker that has nothing to do, or 100,000 tasks waiting for their ETA.
"""
import base64
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from servers import Redis, cpu_seconds, redis_server, resident, wait_until

HERE = Path(__file__).resolve().parent
PROGRAM = os.environ.get("ENGINE_BENCH", str(HERE.parent.parent / ".build/release/engine-bench"))
UNLIMITED = ("--client-output-buffer-limit", "pubsub 0 0 0")


def message(eta=None):
    """One message as Celery's producer writes it."""
    name = str(uuid.uuid4())
    headers = {"lang": "py", "task": "bench.noop", "id": name, "shadow": None, "eta": eta, "expires": None, "group": None, "group_index": None, "retries": 0,
               "timelimit": [None, None], "root_id": name, "parent_id": None, "argsrepr": "(1,)", "kwargsrepr": "{}", "origin": "gen1@bench",
               "ignore_result": False, "replaced_task_nesting": 0, "stamped_headers": None, "stamps": {}}
    body = base64.b64encode(json.dumps([[1], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]).encode()).decode()
    properties = {"correlation_id": name, "reply_to": str(uuid.uuid4()), "delivery_mode": 2, "delivery_info": {"exchange": "", "routing_key": "celery"},
                  "priority": 0, "body_encoding": "base64", "delivery_tag": str(uuid.uuid4())}
    return json.dumps({"body": body, "content-encoding": "utf-8", "content-type": "application/json", "headers": headers, "properties": properties}).encode()


def fill(port, count, eta=None):
    redis = Redis(port)
    for start in range(0, count, 1000):
        redis("LPUSH", "celery", *(message(eta) for _ in range(min(1000, count - start))))


@contextlib.contextmanager
def started(command, environment, log=subprocess.DEVNULL):
    worker = subprocess.Popen(command, env=dict(os.environ, **environment), cwd=HERE, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield worker
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGTERM)
        try:
            worker.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def celery(pool, concurrency, *extra):
    return [sys.executable, "-m", "celery", "-A", "work", "worker", "-P", pool, "-c", str(concurrency), "-l", "ERROR", "--without-gossip", "--without-mingle", *extra]


@contextlib.contextmanager
def captured(port, folder):
    """Everything published on the event channels, as a file of what the server sent."""
    path = Path(folder) / "events"
    code = "import socket, sys\ns = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\ns.sendall(b'PSUBSCRIBE /0.celeryev/task*\\r\\n')\n" \
           "with open(sys.argv[2], 'wb') as f:\n    while piece := s.recv(1 << 20):\n        f.write(piece)\n        f.flush()\n"
    with started([sys.executable, "-c", code, str(port), str(path)], {}):
        wait_until(lambda: Redis(port)("PUBSUB", "NUMPAT") > 0, 10, "the listener")
        yield path


def count_events(path):
    """Events by type in what `captured` wrote."""
    counts = {}
    for body in re.findall(rb'"body": ?"([A-Za-z0-9+/=]+)"', path.read_bytes()):
        events = json.loads(base64.b64decode(body))
        for event in events if isinstance(events, list) else [events]:
            counts[event["type"]] = counts.get(event["type"], 0) + 1
    return counts


def execute(command, count, results, events, environment):
    with tempfile.TemporaryDirectory() as folder, redis_server(*UNLIMITED) as port:
        fill(port, count)
        redis = Redis(port)
        environment = dict(environment, BROKER=f"redis://127.0.0.1:{port}/0", BACKEND=f"redis://127.0.0.1:{port}/1" if results else "")
        with captured(port, folder) as path:
            def left():
                return redis("LLEN", "celery") + redis("HLEN", "unacked")
            with started(command, environment):
                wait_until(lambda: left() <= count * 0.9, 60, "a tenth of the tasks", 0.005)
                start, first = time.monotonic(), left()
                wait_until(lambda: left() == 0, 300, "the last task", 0.005)
                seconds = time.monotonic() - start
                if results:
                    redis("SELECT", 1)
                    wait_until(lambda: redis("DBSIZE") >= count, 30, "the last result")
                    stored = redis("DBSIZE")
                time.sleep(1)
        figures = {"rate": first / seconds, "tasks": count}
        if results:
            figures["results"] = stored
        if events:
            figures["events"] = counts = sum(count_events(path).values())
            if counts < 3 * count:
                figures["error"] = f"{counts} events of {3 * count}"
        return figures


def measure_execute(count=60_000, peers=6_000):
    ours = [PROGRAM, "worker"]
    return {
        "celery prefork 2 -E, results": execute(celery("prefork", 2, "-E"), peers, True, True, {}),
        "celeriac async -E, results": execute(ours, count, True, True, {"POOL": "async", "CONCURRENCY": "32", "EVENTS": "1"}),
        "celeriac process 2 -E, results": execute(ours, count // 2, True, True, {"POOL": "process", "CONCURRENCY": "2", "EVENTS": "1"}),
        "celery prefork 2, ignored": execute(celery("prefork", 2), peers * 2, False, False, {}),
        "celeriac async, ignored": execute(ours, count, False, False, {"POOL": "async", "CONCURRENCY": "32"}),
    }


def lines(command, environment):
    done = subprocess.run(command, env=dict(os.environ, **environment), cwd=HERE, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def measure_publish():
    with redis_server() as port:
        environment = {"BROKER": f"redis://127.0.0.1:{port}/0"}
        return {
            "celery one by one": lines([sys.executable, "work.py", "publish", "10000"], environment),
            "celeriac one by one": lines([PROGRAM, "publish", "50000", "1"], environment),
            "celeriac batches": lines([PROGRAM, "publish", "300000", "1000"], environment),
        }


def measure_roundtrip():
    rows = {}
    with redis_server() as port:
        environment = {"BROKER": f"redis://127.0.0.1:{port}/0", "BACKEND": f"redis://127.0.0.1:{port}/1"}
        with started([PROGRAM, "worker"], dict(environment, POOL="async", CONCURRENCY="4")):
            rows["celeriac"] = lines([PROGRAM, "roundtrip", "3000"], environment)
        with started(celery("prefork", 2), environment):
            rows["celery"] = lines([sys.executable, "work.py", "roundtrip", "1000"], environment)
    return rows


def measure_sqlite(count=20_000):
    with tempfile.TemporaryDirectory() as folder:
        environment = {"BROKER": f"sqlite:///{folder}/queue.db", "BACKEND": f"sqlite:///{folder}/queue.db"}
        lines([PROGRAM, "publish", str(count), "1000"], environment)
        import sqlite3
        database = sqlite3.connect(f"{folder}/queue.db")

        def left():
            return database.execute("SELECT count(*) FROM kombu_message").fetchone()[0]
        with started([PROGRAM, "worker"], dict(environment, POOL="async", CONCURRENCY="8")):
            wait_until(lambda: left() <= count * 0.9, 60, "a tenth of the tasks", 0.02)
            start, first = time.monotonic(), left()
            wait_until(lambda: left() == 0, 120, "the last task", 0.02)
            seconds = time.monotonic() - start
        stored = database.execute("SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'").fetchone()[0]
    figures = {"rate": first / seconds, "tasks": count, "results": stored}
    # One more was sent before the others, to connect.
    if stored != count + 1:
        figures["error"] = f"{stored} results of {count}"
    return {"celeriac async": figures}


def measure_rest(seconds=20):
    rows = {}
    for name, waiting in (("idle", 0), ("100,000 ETA tasks", 100_000)):
        with redis_server() as port:
            fill(port, waiting, "2099-01-01T00:00:00+00:00")
            environment = {"BROKER": f"redis://127.0.0.1:{port}/0", "BACKEND": f"redis://127.0.0.1:{port}/1", "POOL": "async", "CONCURRENCY": "2"}
            with started([PROGRAM, "worker"], environment) as worker:
                time.sleep(8)
                before = cpu_seconds(worker.pid)
                time.sleep(seconds)
                rows[name] = {"cpu_share": (cpu_seconds(worker.pid) - before) / seconds, "rss": resident(worker.pid)}
                if waiting:
                    rows[name]["held"] = Redis(port)("HLEN", "unacked")
    return rows
