"""The peer for taking events in: Celery's own EventReceiver that feeds Celery's own State.

usage: receiver.py BROKER_URL COUNT      prints "ready", and one JSON object after COUNT events, in the words of `celeriac bench-ingest`
Timed: from the first event handed over to the last one folded in.
"""
import json
import resource
import sys
import time

from celery import Celery

app, count = Celery(broker=sys.argv[1]), int(sys.argv[2])
state = app.events.State(max_tasks_in_memory=100_000)
seen, first = 0, 0.0


def take(event):
    global seen, first
    first = first or time.monotonic()
    state.event(event)
    seen += 1
    if seen == count:
        seconds, usage = time.monotonic() - first, resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({"events": seen, "seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "peak_rss": usage.ru_maxrss * 1024}), flush=True)
        raise SystemExit


with app.connection() as connection:
    print("ready", flush=True)
    app.events.Receiver(connection, handlers={"*": take}).capture(limit=None, timeout=None, wakeup=False)
