"""How fast a burst of events becomes state, and what a finished task costs in memory.

Timed: from the first byte published to the moment when the monitor has folded in the last event (`seconds`), and, where the monitor
says so itself, from its first event to its last (`inside`). Celery's receiver and Flower get a server that never cuts
a slow subscriber off; ours gets the default limits, under which a subscriber that falls 32 MB behind loses its connection.
"""
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from flood import Events, publish
from servers import PROGRAM, Redis, free_port, redis_server, resident, wait_until

UNLIMITED = ("--client-output-buffer-limit", "pubsub 0 0 0")


def flood_into(port, writes):
    """Publishes from a thread; returns it and the moment of the first byte."""
    thread = threading.Thread(target=publish, args=(port, writes))
    start = time.monotonic()
    thread.start()
    return thread, start


def reporting(command, writes, count, *settings):
    """Runs a monitor that prints `ready` when it listens, and one JSON object once it has folded in `count` events."""
    with redis_server(*settings) as port:
        process = subprocess.Popen([word.replace("BROKER", f"redis://127.0.0.1:{port}/0") for word in command], stdout=subprocess.PIPE, text=True)
        try:
            watch = Redis(port)
            if process.stdout.readline() != "ready\n":
                return {"error": "it did not start"}
            wait_until(watch.listeners, 30, "subscription")
            time.sleep(0.5)  # the first subscription may not be the last one
            thread, start = flood_into(port, writes)
            # A monitor that lost events never sees the last one; it is ended, and what it printed by then counts.
            ending = threading.Timer(180, process.kill)
            ending.start()
            printed = process.stdout.readline()
            seconds = time.monotonic() - start
            ending.cancel()
            thread.join()
            if not printed.startswith("{"):
                return {"error": f"no report: {printed!r}"}
            report = json.loads(printed)
            if "rss" in report:
                report["rss_after"] = report.pop("rss")
            return {**report, "inside": report["seconds"], "seconds": seconds, "rate": report["events"] / seconds}
        finally:
            process.kill()
            process.wait()


def flower(writes, count):
    with redis_server(*UNLIMITED) as port:
        web = free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-b", f"redis://127.0.0.1:{port}/0", "flower", f"--port={web}", "--address=127.0.0.1", "--max_tasks=100000"],
            env=dict(os.environ, FLOWER_UNAUTHENTICATED_API="true"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            watch = Redis(port)
            wait_until(watch.listeners, 60, "Flower's subscription")
            time.sleep(2)
            empty = resident(process.pid)
            thread, start = flood_into(port, writes)
            wait_until(lambda: counted(web) >= count, 300, "Flower's counter", step=0.25)
            seconds = time.monotonic() - start
            thread.join()
            full = resident(process.pid)
            return {"events": count, "seconds": seconds, "rate": count / seconds, "rss_before": empty, "rss_after": full, "tasks": min(count // 3, 100_000)}
        finally:
            process.kill()
            process.wait()


def counted(web):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/metrics", timeout=60) as page:
            return sum(float(line.split()[-1]) for line in page.read().decode().splitlines() if re.match(r"flower_events_total[{ ]", line))
    except OSError:
        return 0


def bytes_per_task(report):
    if not report.get("tasks") or "rss_after" not in report:
        return None
    return (report["rss_after"] - report["rss_before"]) / report["tasks"]


def measure(count):
    writes = Events().tasks(count)
    results = {
        "celeriac": reporting([PROGRAM, "-b", "BROKER", "bench-ingest", "--count", str(count)], writes, count),
        "celery receiver": reporting([sys.executable, str(Path(__file__).parent / "receiver.py"), "BROKER", str(count)], writes, count, *UNLIMITED),
        "flower": flower(writes, count),
    }
    for report in results.values():
        report["bytes_per_task"] = bytes_per_task(report)
    return results
