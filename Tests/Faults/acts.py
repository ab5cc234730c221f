"""Acts on waiting messages, killed in the middle: `celeriac purge`, `move`, `reorder` and `delete` by filter, and the putting back as well.

After each kill every message must be in the source, the target or the trash; after putting back each must be queued exactly once, byte for byte, in its order.

And `celeriac retry` of many failed tasks, killed and begun again: each must be queued with its arguments, twice at most under one id.
"""
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Benchmarks"))
from servers import PROGRAM, Redis, redis_server, wait_until  # noqa: E402

MESSAGES = 10_000
ACTS = {
    "purge": ["purge", "source"],
    "move": ["move", "source", "target"],
    "move by filter": ["move", "source", "target", "--match", "name:faults.record"],
    "reorder": ["reorder", "source", "first", "--match", "name:faults.record"],
    "delete by filter": ["delete", "source", "--match", "name:faults.record"],
}


def tag(raw):
    return json.loads(raw)["properties"]["delivery_tag"]


def queued(redis, *queues):
    """All that a worker would be served, whichever list of its queue it is in."""
    return [raw for queue in queues or ("source", "target") for step in ("", "\x06\x163", "\x06\x166", "\x06\x169") for raw in redis("LRANGE", queue + step, "0", "-1")]


def copies(folder):
    """What the trash holds of the newest act, and whether that came to its end."""
    files = sorted(Path(folder, "celeriac/trash").glob("*.trash"))
    lines = files[-1].read_bytes().split(b"\n")[:-1] if files else []
    return [line.partition(b"\t")[2] for line in lines if line[:1] == b"M"], any(line[:1] == b"E" for line in lines)


def run(words, port, state, kill_after=None):
    """Ends by itself, or is killed after so many seconds. Returns how long it ran."""
    began = time.monotonic()
    process = subprocess.Popen([PROGRAM, *words, "--yes", "-b", f"redis://127.0.0.1:{port}/0"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env={**os.environ, "XDG_STATE_HOME": state})
    try:
        _, complaint = process.communicate(timeout=kill_after)
        return time.monotonic() - began, process.returncode, complaint.decode()
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return time.monotonic() - began, None, ""


FAILING = """
import os
from celery import Celery
app = Celery("fragile", broker=os.environ["BROKER"], backend=os.environ["BACKEND"])
app.conf.update(result_extended=True, broker_connection_retry_on_startup=True, worker_hijack_root_logger=False)
@app.task(name="fragile.fail")
def fail(number, text): raise ValueError(text)
"""
TASKS = 500


def retries(seed, rounds):
    """Returns what did not hold."""
    chance = random.Random(seed)
    with redis_server() as port, tempfile.TemporaryDirectory() as folder:
        broker, backend = f"redis://127.0.0.1:{port}/0", f"redis://127.0.0.1:{port}/1"
        Path(folder, "fragile.py").write_text(FAILING)
        environment = {**os.environ, "BROKER": broker, "BACKEND": backend}
        send = f"from fragile import *\nprint(*(fail.delay(number, 'é ' * 5).id for number in range({TASKS})))"
        ids = subprocess.run([sys.executable, "-c", send], cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout.split()
        worker = subprocess.Popen([sys.executable, "-m", "celery", "-A", "fragile", "worker", "-P", "threads", "-c", "4", "-l", "CRITICAL", "--without-gossip", "--without-mingle"],
                                  cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        redis, results = Redis(port), Redis(port)
        results("SELECT", "1")
        try:
            wait_until(lambda: len(results("KEYS", "celery-task-meta-*")) == TASKS and redis("HLEN", "unacked") == 0, 120, "the failures")
        finally:
            worker.terminate()
            worker.wait()
        middle = lost = doubled = 0
        longest = None
        for number in range(rounds + 1):
            redis("FLUSHDB")
            with tempfile.TemporaryDirectory() as state:
                words = ["retry", *ids, "-r", backend]
                if longest is None:
                    longest, code, complaint = run(words, port, state)
                    assert code == 0, complaint
                else:
                    run(words, port, state, chance.uniform(0, longest))
                    middle += 0 < redis("LLEN", "celery") < TASKS
                    run(words, port, state)
                queued = [json.loads(raw) for raw in redis("LRANGE", "celery", "0", "-1")]
                calls = [(json.dumps(json.loads(base64.b64decode(message["body"]))[:2]), message["headers"]["id"]) for message in queued]
                lost += TASKS - len({call for call, _ in calls})
                # Under one id it is one task, whoever runs it.
                doubled += len(set(calls)) - len({call for call, _ in calls})
        print(f"acts, retry: killed {rounds} times, {middle} of them in the middle; not queued {lost}, queued under two ids {doubled}", flush=True)
        return (["retry"] if lost or doubled else []) + ([f"retry: only {middle} of {rounds} were killed in the middle"] if middle < rounds // 10 else [])


def measure(seed, message, rounds=50):
    """- message: makes a message's bytes of a number."""
    chance, problems = random.Random(seed), []
    with redis_server() as port:
        redis = Redis(port)
        originals = [message(number, 0).encode() for number in range(MESSAGES)]
        tags = {tag(raw): raw for raw in originals}
        for act, words in ACTS.items():
            middle = uncopied = doubled = lost = changed = disordered = 0
            longest = None
            for number in range(rounds + 1):
                redis("FLUSHALL")
                for start in range(0, MESSAGES, 500):
                    redis("LPUSH", "source", *originals[start:start + 500])
                with tempfile.TemporaryDirectory() as state:
                    if longest is None:
                        longest, code, complaint = run(words, port, state)
                        assert code == 0, complaint
                    else:
                        run(words, port, state, chance.uniform(0, longest))
                    there, (kept, isWhole) = queued(redis), copies(state)
                    middle += bool(kept) and not isWhole
                    places = {tag(raw) for raw in there} | {tag(raw) for raw in kept}
                    lost += len(tags.keys() - places)
                    doubled += len(there) - len({tag(raw) for raw in there})
                    if not kept:
                        uncopied += len(there) != MESSAGES
                        continue
                    # One time in three the putting back is killed as well, then begun again.
                    if number % 3 == 0:
                        run(["trash", "restore", "last"], port, state, chance.uniform(0, longest))
                    run(["trash", "restore", "last"], port, state)
                    back = queued(redis)
                    doubled += len(back) - len({tag(raw) for raw in back})
                    lost += len(tags.keys() - {tag(raw) for raw in back})
                    changed += sum(tags.get(tag(raw)) != raw for raw in queued(redis, "source"))
                    # Whoever is killed while a list passes leaves the younger part of it in a list of lower priority: served last, but out of this order.
                    disordered += redis("EXISTS", "source\x06\x169") == 0 and redis("LRANGE", "source", "0", "-1") != originals[::-1]
            print(f"acts, {act}: killed {rounds} times, {middle} of them in the middle; lost {lost}, doubled {doubled}, changed {changed}, in another order {disordered} times, without a copy {uncopied}", flush=True)
            if lost or doubled or changed or uncopied or disordered:
                problems.append(act)
            if middle < rounds // 10:
                problems.append(f"{act}: only {middle} of {rounds} were killed in the middle")
    return problems + retries(seed, rounds)
