"""What becomes of tasks when workers, their children, brokers, connections and beats die: nothing is lost, and what runs twice was in flight and says so.

usage: faults.py [--tasks COUNT] [--only NAME[,NAME…]] [--seed NUMBER]
       NAMEs: acts workers children broker long beat rabbit-workers rabbit-broker rabbit-cluster rabbit-cuts rabbit-halfopen rabbit-leaks

Each task has a unique number and writes it, with the mark "redelivered" when its message bore one, into a ledger: a Redis server of its own that nobody
kills. SUITE_WORKER names the worker, .build/debug/suite-worker if not set; CELERIAC_BIN the program whose beats and dashboards are killed. Prints a line for each part; exit
code 1 if a promise did not hold.
"""
import argparse
import base64
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import acts
import beats
import rabbits
from ledger import BACK_WITHIN, Workers, judge

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Benchmarks"))
from servers import Redis, answers, free_port, redis_server, wait_until  # noqa: E402


def message(number, seconds, eta=None):
    name = str(uuid.uuid4())
    headers = {"lang": "py", "task": "faults.record", "id": name, "eta": eta, "retries": 0, "timelimit": [None, None], "root_id": name, "parent_id": None,
               "argsrepr": f"({number}, {seconds})", "kwargsrepr": "{}", "origin": "gen1@faults", "ignore_result": False}
    body = base64.b64encode(json.dumps([[number, seconds], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]).encode()).decode()
    properties = {"correlation_id": name, "reply_to": str(uuid.uuid4()), "delivery_mode": 2, "delivery_info": {"exchange": "", "routing_key": "celery"},
                  "priority": 0, "body_encoding": "base64", "delivery_tag": str(uuid.uuid4())}
    return json.dumps({"body": body, "content-encoding": "utf-8", "content-type": "application/json", "headers": headers, "properties": properties})


def fill(port, count, seconds, eta=None):
    redis = Redis(port)
    for start in range(0, count, 500):
        redis("LPUSH", "celery", *(message(number, seconds, eta) for number in range(start, min(count, start + 500))))


def settled(port):
    redis = Redis(port)
    return redis("LLEN", "celery") + redis("HLEN", "unacked") == 0


def workers(count):
    with redis_server() as ledger, redis_server() as port:
        fill(port, count, 0.02)
        concurrency, kills, back = 8, 20, 0
        with Workers(f"redis://127.0.0.1:{port}/0", ledger, 3, CONCURRENCY=str(concurrency), POOL="async") as pool:
            wait_until(lambda: Redis(ledger)("LLEN", "ledger") > 0, 60, "the first task")
            for _ in range(kills):
                time.sleep(random.uniform(0.1, 0.6))
                pool.kill_one()
            begin = time.monotonic()
            wait_until(lambda: settled(port), 240, "the last task")
            back = time.monotonic() - begin
        in_flight = kills * concurrency
        holds = judge("workers", count, ledger, in_flight, f"; {kills} workers killed, all done {back:.0f} s after the last kill")
        # All waiting work takes its time too; what a dead worker held must not be what the end waits for.
        return holds and back < BACK_WITHIN + count * 0.02 / (3 * concurrency)


def children(count):
    with redis_server() as ledger, redis_server() as port:
        fill(port, count, 0.02)
        kills = 0
        with Workers(f"redis://127.0.0.1:{port}/0", ledger, 2, CONCURRENCY="4", POOL="process") as pool:
            wait_until(lambda: Redis(ledger)("LLEN", "ledger") > 0, 60, "the first task")
            while kills < 20:
                time.sleep(random.uniform(0.1, 0.5))
                if pids := pool.children():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(random.choice(pids), signal.SIGKILL)
                        kills += 1
            wait_until(lambda: settled(port), 240, "the last task")
            alive = all(worker.poll() is None for worker in pool.running)
        return judge("children", count, ledger, kills, f"; {kills} children killed, workers {'still there' if alive else 'GONE'}") and alive


def broker(count):
    with redis_server() as ledger, tempfile.TemporaryDirectory() as folder:
        port, restarts = free_port(), 5

        def start():
            server = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--appendonly", "yes",
                                       "--appendfsync", "always"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            wait_until(lambda: answers(port), 20, "redis-server")
            return server
        server = start()
        try:
            fill(port, count, 0.01)
            with Workers(f"redis://127.0.0.1:{port}/0", ledger, 2, CONCURRENCY="8", POOL="async") as pool:
                wait_until(lambda: Redis(ledger)("LLEN", "ledger") > 0, 60, "the first task")
                for _ in range(restarts):
                    time.sleep(random.uniform(0.5, 1.5))
                    server.kill()
                    server.wait()
                    time.sleep(random.uniform(0, 1))
                    server = start()
                wait_until(lambda: settled(port), 300, "the last task")
                alive = all(worker.poll() is None for worker in pool.running)
        finally:
            server.kill()
            server.wait()
        # What was fetched or running when the connection went: the prefetch of two workers, each time.
        return judge("broker", count, ledger, restarts * 2 * 8 * 4, f"; {restarts} restarts, workers {'still there' if alive else 'GONE'}") and alive


def long(_):
    """ETA ten times the visibility timeout away, and tasks three times as long as it: exactly once each, whoever sweeps."""
    timeout, count = 2, 20
    with redis_server() as ledger, redis_server() as port:
        url = f"redis://127.0.0.1:{port}/0?visibility_timeout={timeout}"
        eta = (datetime.now(timezone.utc) + timedelta(seconds=10 * timeout)).isoformat()
        with Workers(url, ledger, 2, CONCURRENCY="30", POOL="async"):
            redis = Redis(port)
            for number in range(count):
                redis("LPUSH", "celery", message(number, 0, eta))
                redis("LPUSH", "celery", message(count + number, 3 * timeout))
            wait_until(lambda: settled(port), 90, "the last task")
            time.sleep(2 * timeout)
        return judge("long", 2 * count, ledger, 0, f"; visibility timeout {timeout} s, ETA {10 * timeout} s, run time {3 * timeout} s")


def messages(count):
    """Acts on waiting messages, killed 50 times each; 10 times in a short run."""
    problems = acts.measure(random.randrange(1 << 32), message, 50 if count >= 10_000 else 10)
    for problem in problems:
        print(f"acts: {problem}", flush=True)
    return not problems


PARTS = {
    "acts": messages, "workers": workers, "children": children, "broker": broker, "long": long, "beat": beats.beat, "rabbit-workers": rabbits.workers, "rabbit-broker": rabbits.broker,
    "rabbit-cluster": rabbits.cluster, "rabbit-cuts": rabbits.cuts, "rabbit-halfopen": rabbits.halfopen, "rabbit-leaks": rabbits.leaks,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    wanted = options.only.split(",")
    if unknown := [part for part in wanted if part not in PARTS]:
        parser.error(f"no part named {', '.join(unknown)}; there are {', '.join(PARTS)}")
    random.seed(options.seed)
    print(f"seed {options.seed}", flush=True)
    held = [PARTS[part](options.tasks) for part in wanted]
    print(f"{sum(held)} passed, {len(held) - sum(held)} failed", flush=True)
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
