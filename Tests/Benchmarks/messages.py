"""How fast waiting messages are taken hold of, among a million of about a kilobyte, as Celery writes them, a tenth of them of one task.

peek: `celeriac peek -n 100`, the whole process; what it received from the server, and its peak of resident memory beside that of `celeriac peek -n 1` of
an empty queue. filter: `celeriac peek --match` that finds one message, so that all are looked at; alone, and while real Celery works tasks off another queue
(worker throughput beside that without the filter). move and delete: 100,000 by filter, copies in the trash included. The peer is what an operator would write in
Python: one pass with redis-py's LRANGE, json, and for deleting LREM of what was found, measured for 100 and told per message.
"""
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from servers import PROGRAM, TESTS, Redis, redis_server, wait_until

TOTAL = 1_000_000
OF_ONE_TASK = 10

PEER = """
import json, sys, time, redis
client = redis.Redis(port=int(sys.argv[1]))
began, found, end = time.monotonic(), [], client.llen("full")
while end > 0:
    start = max(0, end - 2000)
    for raw in client.lrange("full", start, end - 1):
        if json.loads(raw)["headers"]["task"] == sys.argv[2]: found.append(raw)
    end = start
searched = time.monotonic() - began
began = time.monotonic()
for raw in found[:100]: client.lrem("full", -1, raw)
print(json.dumps({"searched": searched, "found": len(found), "removed": (time.monotonic() - began) / max(1, min(100, len(found)))}))
"""


def envelopes(start, count, name=None, args=(0, "a customer's words"), queue="full"):
    """As real Celery 5.7 writes them, but for what differs from message to message. Without a name a tenth are of one task, and one is of another."""
    from celery import Celery

    app = Celery(broker="memory://")
    message = app.amqp.as_task_v2("ID-ID", "NAME-NAME", args=list(args), kwargs={"order": 7} if args else {})
    text = json.dumps({
        "body": base64.b64encode(json.dumps(message.body).encode()).decode(), "content-encoding": "utf-8", "content-type": "application/json", "headers": message.headers,
        "properties": {**message.properties, "delivery_mode": 2, "delivery_info": {"exchange": "", "routing_key": queue}, "priority": 0,
                       "body_encoding": "base64", "delivery_tag": "TAG-TAG"}})
    chance = random.Random(start)
    for number in range(start, start + count):
        task = name or ("shop.rare" if number == TOTAL // 2 + 1 else "shop.charge" if number % OF_ONE_TASK == 0 else "shop.mail")
        yield text.replace("ID-ID", str(uuid.UUID(int=chance.getrandbits(128), version=4))).replace("NAME-NAME", task).replace("TAG-TAG", str(uuid.UUID(int=chance.getrandbits(128), version=4)))


def fill(port):
    redis = Redis(port)
    for start in range(0, TOTAL, 1000):
        redis("LPUSH", "full", *envelopes(start, 1000))
    return redis("LLEN", "full")


def celeriac(port, *words, state):
    """Runs the program; seconds, what it printed, its peak of resident memory in bytes."""
    before = time.monotonic()
    process = subprocess.Popen([PROGRAM, *words, "-b", f"redis://127.0.0.1:{port}/0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                               env={**os.environ, "XDG_STATE_HOME": state})
    printed, complaint = process.communicate()
    took = time.monotonic() - before
    if process.returncode != 0:
        raise RuntimeError(complaint.decode())
    return took, printed.decode()


def peak(port, *words, state):
    """Peak of resident memory in bytes, as the kernel told it to the parent of that one child."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    said = subprocess.run([sys.executable, "-c", code, PROGRAM, *words, "-b", f"redis://127.0.0.1:{port}/0"], capture_output=True, text=True, check=True,
                          env={**os.environ, "XDG_STATE_HOME": state})
    return int(said.stdout) * 1024


def worker_rate(port, seconds, during=None):
    """Tasks a second that a real Celery worker (two processes) ends while `during` goes on."""
    redis = Redis(port)
    began, before = time.monotonic(), int(redis("GET", "ended") or 0)
    if during is None:
        time.sleep(seconds)
    else:
        during()
    return (int(redis("GET", "ended") or 0) - before) / (time.monotonic() - began)


WORKER = """
import os, redis
from celery import Celery
app = Celery("load", broker=os.environ["BROKER"])
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=16, broker_connection_retry_on_startup=True)
client = redis.Redis.from_url(os.environ["BROKER"])
@app.task(name="load.count")
def count(): client.incr("ended")
"""


class Results(dict):
    """Told as they come: the whole takes some minutes."""

    def __setitem__(self, part, figures):
        print(f"  {part}: {figures}", flush=True)
        super().__setitem__(part, figures)


def measure():
    results = Results()
    with redis_server("--maxmemory", "0") as port, tempfile.TemporaryDirectory() as state:
        redis = Redis(port)
        assert fill(port) == TOTAL
        size = redis("MEMORY", "USAGE", "full") / TOTAL

        def received(*words):
            before = int(redis.info("stats")["total_net_output_bytes"])
            took = celeriac(port, *words, state=state)
            return took, int(redis.info("stats")["total_net_output_bytes"]) - before

        peeks = [received("peek", "full", "-n", "100") for _ in range(7)]
        base = peak(port, "peek", "empty", "-n", "1", state=state)
        results["peek 100"] = {"median": sorted(took for (took, _), _ in peeks)[3], "received_bytes": peeks[0][1],
                               "peak_rss": max(0, peak(port, "peek", "full", "-n", "100", state=state) - base), "message_bytes": size}

        took, printed = celeriac(port, "peek", "full", "--match", "name:shop.rare", "--json", state=state)
        assert len(json.loads(printed)) == 1, printed
        results["filter, alone"] = {"seconds": took}

        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "load.py").write_text(WORKER)
            broker = f"redis://127.0.0.1:{port}/0"
            environment = {**os.environ, "BROKER": broker}
            for start in range(0, 200_000, 1000):
                redis("LPUSH", "celery", *envelopes(start, 1000, "load.count", (), "celery"))
            worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "load", "worker", "-c", "2", "-l", "ERROR", "--without-gossip", "--without-mingle"],
                                      cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                wait_until(lambda: int(redis("GET", "ended") or 0) > 500, 60, "the worker")
                plain, filtered, taken = [], [], []
                for _ in range(2):
                    plain.append(worker_rate(port, 10))
                    filtered.append(worker_rate(port, 0, lambda: taken.append(celeriac(port, "peek", "full", "--match", "name:shop.rare", state=state)[0])))
                plain.append(worker_rate(port, 10))
                left = redis("LLEN", "celery")
            finally:
                os.killpg(worker.pid, 15)
                worker.wait()
            assert left > 0, "the worker ran dry"
            redis("DEL", "celery", "unacked", "unacked_index")
        before, during = sum(plain) / len(plain), sum(filtered) / len(filtered)
        results["filter, worker busy"] = {"seconds": max(taken), "rate": during, "rate_without": before, "lowered": f"{(1 - during / before) * 100:.1f} %"}

        took, printed = celeriac(port, "move", "full", "aside", "--match", "name:shop.charge", "--yes", "--json", state=state)
        assert json.loads(printed)["done"] == redis("LLEN", "aside") == TOTAL // OF_ONE_TASK, printed
        results["move 100,000"] = {"seconds": took, "left": redis("LLEN", "full")}
        took, printed = celeriac(port, "trash", "restore", "last", "--yes", "--json", state=state)
        assert redis("LLEN", "full") == TOTAL and redis("LLEN", "aside") == 0, printed
        results["undo the move"] = {"seconds": took}
        took, printed = celeriac(port, "delete", "full", "--match", "name:shop.charge", "--yes", "--json", state=state)
        assert json.loads(printed)["done"] == TOTAL // OF_ONE_TASK and redis("LLEN", "full") == TOTAL - TOTAL // OF_ONE_TASK, printed
        results["delete 100,000"] = {"seconds": took}
        said = subprocess.run([sys.executable, "-c", PEER, str(port), "shop.rare"], capture_output=True, text=True, check=True)
        told = json.loads(said.stdout)
        results["redis-py"] = {"filter": f"{told['searched']:.1f} s", "LREM each": f"{told['removed'] * 1000:.1f} ms"}
        took, _ = celeriac(port, "purge", "full", "--yes", state=state)
        results["purge the rest"] = {"seconds": took, "rate": (TOTAL - TOTAL // OF_ONE_TASK - 1) / took}
        slow = redis("SLOWLOG", "GET", "1")
        results["longest command"] = {"seconds": max(entry[2] for entry in redis("SLOWLOG", "GET", "128")) / 1e6 if slow else 0}
    return results


if __name__ == "__main__":
    from bench import table

    table({"messages": measure()})
