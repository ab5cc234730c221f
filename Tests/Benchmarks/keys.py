"""How fast the dashboard answers a key while much is going on, and with much in its memory.

Timed: from the byte of the key written into the pseudo-terminal to the arrival of the output after which the emulated screen shows its
effect: another row under the cursor (`keys`), another picture (`views`). What the screen does by itself in between does not count.
"""
import contextlib
import re
import threading
import time

import beat
from flood import BATCH, Events, publish
from servers import PROGRAM, Redis, percentile, redis_server, wait_until
from session import Session, body, changed, selected

TASKS = 100_000


@contextlib.contextmanager
def full_dashboard(events, port, columns=160, rows=50):
    """A dashboard on the Tasks view that holds `TASKS` tasks."""
    with Session([PROGRAM, "-b", f"redis://127.0.0.1:{port}/0"], columns, rows) as dashboard:
        watch = Redis(port)
        wait_until(lambda: dashboard.settle(0.1) or watch.listeners(), 30, "subscription")
        # Slower than any ingestion we have seen, so that all of it is held.
        thread = threading.Thread(target=publish, args=(port, [events.heartbeats("worker-online")] + events.tasks(3 * TASKS), 50_000))
        thread.start()
        while thread.is_alive():
            dashboard.settle(0.2)
        dashboard.settle(3)
        dashboard.press("2", changed(dashboard.body))
        dashboard.settle(1)
        yield dashboard


class Stream:
    """Publishes writes at an even rate from a thread until it is closed."""

    def __init__(self, port, writes, rate):
        self.over = False
        self.thread = threading.Thread(target=publish, args=(port, self.endless(writes), rate))
        self.thread.start()

    def endless(self, writes):
        while not self.over:
            for write in writes:
                if self.over:
                    return
                yield write

    def close(self):
        self.over = True
        self.thread.join()


def measure_keys(samples=200, rate=20_000):
    """`j` on the Tasks view while events stream in."""
    with redis_server() as port:
        events = Events()
        fresh = events.tasks(rate * 60, first=TASKS)
        with full_dashboard(events, port) as dashboard:
            stream, times, missed = Stream(port, fresh, rate), [], 0
            try:
                dashboard.settle(2)
                for _ in range(samples):
                    dashboard.settle(0.02)
                    before = selected(dashboard.screen)
                    took = dashboard.press("j", lambda screen: selected(screen) not in (None, before), limit=2)
                    if took is None:
                        missed += 1
                    else:
                        times.append(took)
            finally:
                stream.close()
    if not times:
        return {"celeriac": {"error": f"no key of {samples} had an effect"}}
    return {"celeriac": {"samples": len(times), "missed": missed, "p50": percentile(times, 0.5), "p99": percentile(times, 0.99), "max": max(times)}}


def only(word, other):
    """A claim: the body shows `word` and none of `other`."""
    def claim(screen):
        text = "\n".join(body(screen))
        return word in text and other not in text
    return claim


def tabs(screen):
    """The views that the second line offers, each with its key."""
    return {name.lower(): key for key, name in re.findall(r"(\d) (\w+)", screen.display[1])}


def measure_views(rounds=5, workers=1000, queues=500):
    """Each view, then sorting and filtering of the tasks (`filter typed` is 23 keys at once), with 1,000 workers that send heartbeats and 500 queues."""
    with redis_server() as port:
        redis, events = Redis(port), Events(workers=workers)
        for number in range(queues):
            name = f"queue-{number:03}"
            redis("SADD", f"_kombu.binding.{name}", f"{name}\x06\x16\x06\x16{name}")
            for message in range(number % 7):
                redis("LPUSH", name, "{}")
        with full_dashboard(events, port) as dashboard:
            stream = Stream(port, [events.heartbeats()], BATCH / 2)  # one write, all the workers, every two seconds
            try:
                times = {}

                def step(name, keys, claim=None):
                    dashboard.settle(0.3)
                    times.setdefault(name, []).append(dashboard.press(keys, claim or changed(dashboard.body), limit=5))

                for _ in range(rounds):
                    for view, key in tabs(dashboard.screen).items():
                        step(view, key)
                    step("tasks", "2")
                    step("sort", ">")
                    step("sort back", "<")
                    step("failures", "f", only("FAILURE", "SUCCESS"))
                    step("all again", "f", lambda screen: not only("FAILURE", "SUCCESS")(screen))
                    step("filter typed", "/name:bench.tasks.job7\r", only("job7", "job8"))
                    step("filter off", "\x1b", lambda screen: not only("job7", "job8")(screen))
            finally:
                stream.close()
    return {"celeriac": {name: summary(taken) for name, taken in times.items()}}


def summary(taken):
    """Of seconds; `None` stands for a key that had no effect."""
    seen = [seconds for seconds in taken if seconds is not None]
    return {"missed": len(taken) - len(seen), "median": percentile(seen, 0.5) if seen else None, "worst": max(seen, default=None)}


def measure_entries(rounds=10, count=5_000):
    """Beat's view of a RedBeat store: opened, sorted, filtered (`filter typed` is 17 keys at once)."""
    with redis_server() as port:
        now = time.time()
        beat.fill(port, [(number, now - number % 3600) for number in range(count)], 86_400)
        url = f"redis://127.0.0.1:{port}/0"
        with Session([PROGRAM, "-b", url, "-S", f"redbeat+{url}"], 160, 50) as dashboard:
            dashboard.wait(lambda screen: "bench" in "\n".join(screen.display), 20)
            dashboard.settle(2)
            dashboard.press("5>", lambda screen: "sorted by" in screen.display[-2])
            times = {}

            def step(name, keys, claim=None):
                dashboard.settle(0.4)
                times.setdefault(name, []).append(dashboard.press(keys, claim or changed(dashboard.body), limit=5))

            for _ in range(rounds):
                step("tasks", "2")
                step("beat", "5", lambda screen: "bench" in "\n".join(body(screen)))
                descends = "▼" in dashboard.screen.display[3]
                step("sort", "I", lambda screen: ("▼" in screen.display[3]) != descends)
                step("filter typed", "/name:\"bench 77\"\r", lambda screen: "1 of 5,000" in screen.display[2])
                step("filter off", "\x1b", lambda screen: " of " not in screen.display[2])
    return {"celeriac": {name: summary(taken) for name, taken in times.items()}}
