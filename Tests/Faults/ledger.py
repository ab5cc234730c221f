"""The workers that are judged, and the ledger in which their tasks write down that they ran: a Redis server of its own that nobody kills."""
import contextlib
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Benchmarks"))
from servers import Redis  # noqa: E402

WORKER = os.environ.get("SUITE_WORKER", str(Path(__file__).resolve().parents[2] / ".build/debug/suite-worker"))
BACK_WITHIN = 45  # seconds: the promise for work of a dead worker


class Workers:
    """Our workers on one broker. They belong to this process: those that still run are ended with it."""

    def __init__(self, broker, ledger, count, **environment):
        # Results are kept beside a broker on Redis, else beside the ledger.
        results = broker.rsplit("/", 1)[0] if broker.startswith("redis") else f"redis://127.0.0.1:{ledger}"
        self.settings = dict(os.environ, TEST_BROKER=broker, TEST_BACKEND=results + "/1", LEDGER=str(ledger), **environment)
        self.running, self.started = [], 0
        for _ in range(count):
            self.start()

    def start(self):
        self.started += 1
        environment = dict(self.settings, NODENAME=f"w{self.started}@faults")
        log = open(os.environ.get("WORKER_LOG", os.devnull), "ab")
        self.running.append(subprocess.Popen([WORKER], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def kill_one(self):
        victim = self.running.pop(random.randrange(len(self.running)))
        victim.kill()
        victim.wait()
        self.start()

    def children(self):
        pids = []
        for worker in self.running:
            with contextlib.suppress(OSError):
                for thread in Path(f"/proc/{worker.pid}/task").iterdir():
                    pids += [int(pid) for pid in (thread / "children").read_text().split()]
        return pids

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self.running:
            worker.terminate()
        for worker in self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(20)
            worker.kill()
            worker.wait()


def ledger_entries(ledger):
    return [entry.decode() for entry in Redis(ledger)("LRANGE", "ledger", 0, -1)]


def judge(name, count, ledger, allowed, notes=""):
    """Compares the ledger with what was sent; the entries are `number` or `number redelivered`."""
    entries = ledger_entries(ledger)
    runs = Counter(entry.split()[0] for entry in entries)
    bare = Counter(entry for entry in entries if not entry.endswith("redelivered"))
    lost = count - len(runs)
    twice = sum(times - 1 for times in runs.values())
    marked = len(entries) - bare.total()
    # Of the runs of one task only the first may do without the mark.
    unmarked = sum(times - 1 for times in bare.values())
    holds = lost == 0 and twice <= allowed and unmarked == 0
    print(f"{name:<15} {'holds' if holds else 'BROKEN'}: {count:,} tasks, {lost} lost, {twice} run again (at most {allowed} allowed), "
          f"{unmarked} of those not marked, {marked} marked redelivered in all{notes}", flush=True)
    return holds
