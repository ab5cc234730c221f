"""What Celery's own event receiver sees in SECONDS: every event as one JSON object a line.

usage: collect.py BROKER_URL SECONDS      prints the line "ready" first, once it listens
"""
import json
import sys
import time

from celery import Celery
from celery.events.receiver import EventReceiver

app = Celery(broker=sys.argv[1])
until = time.monotonic() + float(sys.argv[2])


class Collector(EventReceiver):
    @property
    def should_stop(self):
        return time.monotonic() >= until

    def on_consume_ready(self, connection, channel, consumers, **options):
        print("ready", flush=True)


with app.connection() as connection:
    Collector(connection, handlers={"*": lambda event: print(json.dumps(event, default=str))}, app=app).capture(limit=None, timeout=None, wakeup=False)
