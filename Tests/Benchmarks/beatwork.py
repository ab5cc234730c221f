"""The application of Celery's beats in beat.py."""
import os

from celery import Celery

app = Celery("bench", broker=os.environ["BROKER"])
app.conf.update(
    redbeat_redis_url=os.environ["BROKER"], redbeat_redis_options={}, task_ignore_result=True, result_expires=None,
    beat_schedule={f"bench {number}": {"task": "bench.noop", "schedule": float(os.environ["EVERY"]), "args": [number]} for number in range(int(os.environ["ENTRIES"]))})
