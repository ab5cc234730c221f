"""Sends the shop's tasks at about RATE a second until it is ended by SIGTERM.

usage: producer.py RATE
Newsletters and sales come in bursts, so that ready counts jump; reports come as a wave of two minutes, slower and faster than the workers
can render, so that their backlog waxes and wanes. At most 40 tasks at a time wait for an ETA about an hour ahead.
"""
import math
import random
import sys
import time
from collections import deque

from celery import chain, chord, group

import shop

rate = float(sys.argv[1])
PRIORITIES = (0, 3, 6, 9)
PEOPLE = ("anna@example.org", "Jürgen <j@example.org>", "山田太郎@example.jp", "оля@example.ru", "👩‍🚀@example.space")
WAVE = 120  # seconds from one crest of the reports to the next
held_until = deque()
orders = iter(range(1, sys.maxsize))


def quick():
    shop.charge.apply_async((f"A-{next(orders)}",), {"amount": random.randrange(1, 90_000) / 100}, priority=random.choice(PRIORITIES))


def stock():
    shop.stock.apply_async((f"article-{random.randrange(1000)}",), ignore_result=True)


def mail():
    shop.mail.apply_async((random.choice(PEOPLE),), {"subject": "Ihre Bestellung ✓"}, priority=random.choice(PRIORITIES))


def burst():
    if random.random() < 0.5:
        for number in range(random.randrange(50, 200)):
            shop.newsletter.apply_async((f"reader{number}@example.org",), priority=9, ignore_result=True)
    else:
        for number in range(random.randrange(200, 400)):
            shop.charge.apply_async((f"S-{next(orders)}",), {"amount": 1}, priority=6)


def refuse():
    shop.refuse.apply_async((f"B-{next(orders)}",), {"customer": random.choice(PEOPLE)})


def crash():
    shop.crash.apply_async((random.choice(shop.HOSTILE),))


def sync():
    shop.sync.apply_async((random.choice(("Müller & Söhne", "ACME", "株式会社テスト")),))


def international():
    order = f"C-{next(orders)}"
    random.choice((
        lambda: shop.ship.apply_async((order, "東京都千代田区千代田1-1"), {}),
        lambda: shop.letter.apply_async(("Съешь же ещё этих мягких французских булок",)),
        lambda: shop.invite.apply_async((["👨‍👩‍👧", "🏳️‍🌈", "نور", "שרה"],)),
    ))()


def hostile():
    """Foreign text in the name, in the arguments and, where a careless client would put it, in their printed form."""
    text = random.choice(shop.HOSTILE)
    shop.odd.apply_async((text,), {}, argsrepr=f"({text},)")


def bulky():
    shop.mail.apply_async((random.choice(PEOPLE),), {"body": "Sehr geehrte Damen und Herren, " * 160})


def later():
    """Takes its place among the held tasks only while there are fewer than forty."""
    while held_until and held_until[0] < time.time():
        held_until.popleft()
    if len(held_until) < 40:
        countdown = 3600 + random.randrange(300)
        held_until.append(time.time() + countdown)
        shop.mail.apply_async((random.choice(PEOPLE),), {"subject": "How was it?"}, countdown=countdown)


def expiring():
    """Runs out while it waits: on its way to an ETA, or behind the backlog of the reports."""
    if random.random() < 0.5:
        shop.charge.apply_async((f"late-{next(orders)}",), countdown=4, expires=2)
    else:
        shop.render.apply_async(("daily", 2), expires=3)


def revoked():
    """Is taken back before it ran, or in the middle of its run."""
    if random.random() < 0.5:
        shop.charge.apply_async((f"R-{next(orders)}",), countdown=30).revoke()
    else:
        result = shop.sync.apply_async(("revoked soon",), countdown=1)
        result.revoke(terminate=True, signal="SIGTERM")


def flow():
    random.choice((
        lambda: chain(shop.add.s(1, 2), shop.add.s(3), shop.add.s(4)).apply_async(),
        lambda: group(shop.stock.s(f"article-{n}") for n in range(5)).apply_async(),
        lambda: chord((shop.add.s(n, n) for n in range(6)), shop.total.s()).apply_async(),
        lambda: chord([shop.add.s(1, 1), shop.refuse.s(f"D-{next(orders)}")], shop.total.s()).apply_async(),
        lambda: chain(shop.charge.s(f"E-{next(orders)}"), shop.refuse.si("chain"), shop.mail.si("never@example.org")).apply_async(),
        lambda: chord([shop.render.s("part", 1), shop.render.s("part", 2)], shop.merge.s(title="Überblick")).apply_async(),
    ))()


def strange():
    """What nobody should send, and somebody does."""
    if random.random() < 0.5:
        shop.discard.apply_async((f"F-{next(orders)}",))
    else:
        shop.app.send_task("shop.renamed_last_week", args=(f"G-{next(orders)}",), queue="mail")


def report():
    seconds = min(20, 1 + random.expovariate(1 / 2.5))
    shop.render.apply_async((random.choice(("daily", "weekly", "año fiscal")), round(seconds, 1)), priority=random.choice(PRIORITIES))


# How often each is sent, in parts of the whole.
MIX = {quick: 300, stock: 250, mail: 200, burst: 2, refuse: 20, crash: 8, sync: 30, international: 40, hostile: 12, bulky: 4, later: 6, expiring: 8, revoked: 6, flow: 20, strange: 3}


def reports_due(now):
    """Reports a second at `now`: what the workers can render is about in the middle of the wave."""
    return (rate / 30) * 1.6 * (1 + 0.8 * math.sin(2 * math.pi * now / WAVE))


def run():
    choices, weights = list(MIX), list(MIX.values())
    next_task = next_report = time.monotonic()
    while True:
        now = time.monotonic()
        if next_task <= now:
            random.choices(choices, weights)[0]()
            next_task = max(next_task, now - 1) + random.expovariate(rate)
        if next_report <= now:
            report()
            next_report = max(next_report, now - 1) + random.expovariate(reports_due(now))
        time.sleep(max(0, min(next_task, next_report) - time.monotonic()))


if __name__ == "__main__":
    run()
