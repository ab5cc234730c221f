"""A caller that never stops: sends tasks with our producer while things break, and takes down what it is told of each."""
import bisect
import os
import subprocess
import threading
import time
from collections import Counter

from ledger import WORKER, ledger_entries
from servers import Redis, wait_until

FIRST = 100_000
"""The number of the first task: all of them are equally long as text."""
ANSWERED_WITHIN = 30  # seconds
CONSUMING_WITHIN = 10  # seconds: the promise


class Publisher:
    """Sends `rate` tasks a second until it is told to stop, or `count` of them. Each call is made once: what failed is not tried again, so that of each call it can
    be said whether its caller was told the truth."""

    def __init__(self, broker, rate, count=None, task_seconds=0.01, **environment):
        self.rate, self.count, self.seconds = rate, count, task_seconds
        # Moments at which the calls were made: the first is that of number FIRST. What became of each: `None` when it was confirmed, else why not.
        self.asked, self.told, self.slowest = [], {}, 0.0
        self.stopping = threading.Event()
        log = open(os.environ.get("WORKER_LOG", os.devnull), "ab")
        environment = dict(os.environ, TEST_BROKER=broker, PUBLISH_RETRIES="0", **environment)
        self.process = subprocess.Popen([WORKER, "publish"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1)
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self.ask, self.listen)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        begin = time.monotonic()
        while not self.stopping.wait(0.01):
            due = int((time.monotonic() - begin) * self.rate)
            lines = []
            while len(self.asked) < min(due, self.count or due):
                lines.append(f"{FIRST + len(self.asked)} {self.seconds}\n")
                self.asked.append(time.monotonic())
            self.process.stdin.write("".join(lines))
            self.process.stdin.flush()
        self.process.stdin.close()

    def listen(self):
        for line in self.process.stdout:
            number, word, *reason = line.split(maxsplit=2)
            self.slowest = max(self.slowest, time.monotonic() - self.asked[int(number) - FIRST])
            self.told[int(number)] = None if word == "ok" else "".join(reason).strip()

    @property
    def confirmed(self):
        return sum(reason is None for reason in list(self.told.values()))

    def stop(self):
        """Returns when each call has been answered, or its time is over."""
        self.stopping.set()
        self.threads[1].join(ANSWERED_WITHIN + 5)

    def asked_since(self, moment):
        """The first number asked for after it."""
        return FIRST + bisect.bisect_left(self.asked, moment)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()


class Resumption:
    """Says after each fault how long it took until work went all the way again: until a task had run that was asked for after it."""

    def __init__(self, publisher, ledger):
        self.publisher, self.redis, self.read, self.worst = publisher, Redis(ledger), 0, 0.0

    def news(self):
        entries = self.redis("LRANGE", "ledger", self.read, -1)
        self.read += len(entries)
        return [int(entry.split()[0]) for entry in entries]

    def wait(self, since):
        """Counted from `since`, when the broker could be reached."""
        wait_until(lambda: any(number >= self.publisher.asked_since(since) for number in self.news()), 90, "a task to be consumed again")
        self.worst = max(self.worst, time.monotonic() - since)


def judge_told(name, publisher, ledger, allowed, resumption=None, notes=""):
    """Compares the ledger with what the caller was told."""
    runs, bare = Counter(), Counter()
    entries = ledger_entries(ledger)
    for entry in entries:
        number, *mark = entry.split()
        runs[int(number)] += 1
        bare[int(number)] += not mark
    told = dict(publisher.told)
    confirmed = {number for number, reason in told.items() if reason is None}
    untold = len(publisher.asked) - len(told)
    lost = sum(number not in runs for number in confirmed)
    twice = sum(times - 1 for times in runs.values())
    # Each call was made once: only its first run may do without the mark.
    unmarked = sum(max(0, times - 1) for times in bare.values())
    ran = sum(number in runs for number, reason in told.items() if reason is not None)
    worst = resumption.worst if resumption else 0
    holds = lost == 0 and untold == 0 and twice <= allowed and unmarked == 0 and publisher.slowest <= ANSWERED_WITHIN and worst <= CONSUMING_WITHIN
    again = f"; consuming again after {worst:.1f} s at the latest" if resumption else ""
    print(f"{name:<15} {'holds' if holds else 'BROKEN'}: {len(confirmed):,} calls confirmed, {lost} of them lost; {len(told) - len(confirmed):,} told to have failed, {ran:,} of these "
          f"ran; {untold} told nothing, the slowest answer after {publisher.slowest:.1f} s; {twice} run again (at most {allowed} allowed), {unmarked} of those not marked, "
          f"{len(entries) - bare.total()} marked redelivered in all{again}{notes}", flush=True)
    return holds
