"""The yardstick for sending and running: Python Celery, tasks that do nothing.

usage: celery -A work worker …            the worker
       work.py publish COUNT | roundtrip COUNT   prints figures as JSON
environment: BROKER, and BACKEND for results (none = results ignored); CONFIRMS=1 for publisher confirms, which RabbitMQ has
"""
import json
import os
import sys
import time

from celery import Celery

app = Celery("work", broker=os.environ["BROKER"], backend=os.environ.get("BACKEND") or None)
app.conf.update(task_ignore_result=not os.environ.get("BACKEND"), worker_prefetch_multiplier=64, broker_connection_retry_on_startup=True,
                broker_transport_options={"confirm_publish": True} if os.environ.get("CONFIRMS") == "1" else {})


@app.task(name="bench.noop")
def noop(x=0):
    return x


def publish(count):
    with app.producer_pool.acquire(block=True) as producer:
        noop.apply_async((0,), producer=producer)
        start = time.perf_counter()
        for i in range(count):
            noop.apply_async((i,), producer=producer)
        return {"rate": count / (time.perf_counter() - start)}


def roundtrip(count):
    for i in range(50):
        noop.delay(i).get(timeout=60)
    taken = []
    for i in range(count):
        start = time.perf_counter()
        noop.delay(i).get(timeout=60)
        taken.append(time.perf_counter() - start)
    taken.sort()
    return {"p50": taken[count // 2], "p99": taken[count * 99 // 100]}


if __name__ == "__main__":
    print(json.dumps({"publish": publish, "roundtrip": roundtrip}[sys.argv[1]](int(sys.argv[2]))))
