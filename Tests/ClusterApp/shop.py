"""A small web shop as an operator meets it: quick tasks and slow ones, tasks that fail, retry, expire, and tasks with awkward names.

The Celery app of `Tests/cluster`. Its queues are default, mail and reports; priorities are 0, 3, 6 and 9; results go to a second Redis database.
On RabbitMQ reports is a quorum queue, whose tasks with an ETA wait in queues of the broker, and priorities count in default alone.
Environment: CELERIAC_BROKER and CELERIAC_BACKEND (URLs), CELERIAC_RUN (folder where each worker leaves the file `ready.<node>`).
"""
import json
import os
import random
import time

from celery import Celery, signals
from celery.exceptions import Reject
from kombu import Exchange, Queue

app = Celery("shop", broker=os.environ["CELERIAC_BROKER"], backend=os.environ["CELERIAC_BACKEND"])
app.conf.update(
    task_default_queue="default",
    task_routes={"mail.*": {"queue": "mail"}, "reports.*": {"queue": "reports"}},
    task_send_sent_event=True,
    task_track_started=True,
    result_extended=True,
    result_expires=600,  # a cluster that runs for days must not fill the memory
    # Longer than the farthest ETA that the producer sends: Redis would deliver such a task twice otherwise.
    broker_transport_options={"visibility_timeout": 7200},
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    timezone="UTC",
)
if app.conf.broker_url.startswith("amqp"):
    app.conf.task_queues = [
        Queue("default", Exchange("default"), routing_key="default", queue_arguments={"x-max-priority": 10}),
        Queue("mail", Exchange("mail"), routing_key="mail"),
        # Celery's delayed delivery demands a topic exchange.
        Queue("reports", Exchange("reports", type="topic"), routing_key="reports", queue_arguments={"x-queue-type": "quorum"}),
    ]

TITLE = "\x1b]0;owned\x07"  # what a terminal would take for "set the window title"
BIDI, ZERO_WIDTH = "\u202egnp.exe\u202c", "pay\u200b\u200dload\ufeff"


class PaymentRefused(Exception):
    pass


class Flaky(Exception):
    pass


@signals.worker_ready.connect
def leave_a_note(sender, **_):
    with open(os.path.join(os.environ["CELERIAC_RUN"], f"ready.{sender.hostname}"), "w") as note:
        note.write(str(os.getpid()))


def work(seconds):
    """Time passes as it does in a task that waits for a database: `seconds` on average, with a long tail."""
    time.sleep(min(seconds * random.lognormvariate(-0.2, 0.6), seconds * 5))


@app.task(name="shop.charge")
def charge(order, amount=0, currency="EUR"):
    work(0.04)
    return {"order": order, "charged": amount, "currency": currency}


@app.task(name="shop.stock")
def stock(article):
    work(0.01)
    return random.randrange(500)


@app.task(name="shop.add")
def add(x, y):
    return x + y


@app.task(name="shop.total")
def total(numbers):
    return sum(numbers)


@app.task(name="shop.refuse")
def refuse(order, customer=None):
    """Fails with a cause beneath its cause, so that the traceback has three parts."""
    work(0.02)
    try:
        try:
            {}["card"]
        except KeyError as missing:
            raise ConnectionError(f"bank did not answer for {order}") from missing
    except ConnectionError as cause:
        raise PaymentRefused(f"order {order} of {customer!r} was refused") from cause


@app.task(name="shop.crash")
def crash(text):
    """Fails while another failure is handled, with foreign text in the message."""
    try:
        int(text)
    except ValueError:
        raise RuntimeError(f"cannot read {TITLE}{text}{BIDI}")


@app.task(name="shop.sync", bind=True, autoretry_for=(Flaky,), retry_backoff=2, retry_backoff_max=30, max_retries=4)
def sync(self, supplier):
    """Comes through at the third attempt or so; some never do."""
    work(0.05)
    if random.random() < 0.55:
        raise Flaky(f"{supplier} is busy, attempt {self.request.retries + 1}")
    return f"{supplier} synchronised"


class Broken(Exception):
    pass


@app.task(name="shop.fragile")
def fragile(mark, *args, **kwargs):
    """Fails until Redis has the key mended:MARK; from then on it writes down what it was given."""
    redis = app.backend.client
    if not redis.exists(f"mended:{mark}"):
        raise Broken(f"{mark} is broken")
    redis.rpush(f"got:{mark}", json.dumps([args, kwargs], sort_keys=True))
    redis.expire(f"got:{mark}", 600)


@app.task(name="shop.discard", bind=True, acks_late=True)
def discard(self, order):
    raise Reject(f"{order} is not for us", requeue=False)


@app.task(name="mail.send")
def mail(to, subject="", body=""):
    work(0.03)
    return f"250 OK {to}"


@app.task(name="mail.newsletter", rate_limit="30/s")
def newsletter(to):
    work(0.005)


@app.task(name="reports.render")
def render(kind, seconds):
    time.sleep(seconds)
    return {"kind": kind, "pages": int(seconds * 7)}


@app.task(name="reports.merge")
def merge(parts, title=""):
    work(0.2)
    return {"title": title, "parts": len(parts)}


@app.task(name="商店.発送")
def ship(order, address):
    work(0.05)
    return f"発送済み {order} → {address}"


@app.task(name="лавка.отправить_письмо")
def letter(text):
    work(0.02)
    return text[::-1]


@app.task(name="party 🎉👩‍👩‍👧‍👦.invite")
def invite(guests):
    work(0.02)
    return "🥳" * len(guests)


@app.task(name=f"odd{TITLE}.{BIDI}.{ZERO_WIDTH}")
def odd(text):
    work(0.01)
    return text


HOSTILE = [TITLE + "order", "\x1b[2J\x1b[31mred", "a\rb\nc\td\x00e\x7f\x9b", BIDI, ZERO_WIDTH, "e\u0301" * 20 + "\U000e0041\U000e0042", "漢字" * 40]
