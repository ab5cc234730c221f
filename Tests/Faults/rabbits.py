"""What becomes of tasks on RabbitMQ when workers, the broker, the leaders of a cluster or connections die, and what dashboards leave behind: nothing is lost, what runs
twice says so, each caller is told the truth, work goes on within 10 s, and nothing of ours stays."""
import contextlib
import os
import random
import signal
import time
from pathlib import Path

from ledger import BACK_WITHIN, Workers, judge
from proxy import Plan, Proxy
from publisher import Publisher, Resumption, judge_told
from rabbit import rabbit_server
from servers import Redis, redis_server, wait_until
from session import Session

PROGRAM = os.environ.get("CELERIAC_BIN", str(Path(__file__).resolve().parents[2] / ".build/debug/celeriac"))
CONCURRENCY = 8
HELD = 4 * CONCURRENCY  # messages that a worker holds at most


def settled(rabbit):
    return rabbit.queues("messages")["celery"]["messages"] == 0


def sent(publisher, count):
    """Lets it go on until so many are confirmed, then waits for all answers."""
    wait_until(lambda: publisher.confirmed >= count, count / publisher.rate + 60, f"{count} tasks to be sent", 0.1)
    publisher.stop()


def finished(rabbit, pool):
    """Waits for the last task; whether the workers lived through it all."""
    wait_until(lambda: settled(rabbit), 240, "the last task", 0.5)
    return all(worker.poll() is None for worker in pool.running)


def fate(alive):
    return f"; workers {'still there' if alive else 'GONE'}"


def workers(count):
    with redis_server() as ledger, rabbit_server() as rabbit:
        kills = 20
        with Publisher(rabbit.url(), 2000, count, task_seconds=0.02) as publisher, Workers(rabbit.url(), ledger, 3, CONCURRENCY=str(CONCURRENCY), POOL="async") as pool:
            wait_until(lambda: Redis(ledger)("LLEN", "ledger") > 0, 60, "the first task")
            for _ in range(kills):
                time.sleep(random.uniform(0.1, 0.6))
                pool.kill_one()
            begin = time.monotonic()
            sent(publisher, count)
            wait_until(lambda: settled(rabbit), 240, "the last task", 0.5)
            back = time.monotonic() - begin
            holds = judge("rabbit-workers", count, ledger, kills * CONCURRENCY, f"; {kills} workers killed, all done {back:.0f} s after the last kill")
        # All waiting work takes its time too; what a dead worker held must not be what the end waits for.
        return holds and back < BACK_WITHIN + count * 0.02 / (3 * CONCURRENCY)


def broker(count):
    """Stopped in turn with and without a farewell; now and then it stays away for longer than it takes to start."""
    restarts = 10 if count > 1000 else 2
    with redis_server() as ledger, rabbit_server() as rabbit:
        node = rabbit.nodes[0]
        with Publisher(rabbit.url(), 100) as publisher, Workers(rabbit.url(), ledger, 2, CONCURRENCY=str(CONCURRENCY), POOL="async") as pool:
            resumption = Resumption(publisher, ledger)
            resumption.wait(time.monotonic())
            resumption.worst = 0.0
            for number in range(restarts):
                time.sleep(random.uniform(0.5, 1.5))
                node.stop() if number % 2 else node.kill()
                time.sleep(20 if number % 5 == 4 else random.uniform(0, 1))
                node.start()
                resumption.wait(time.monotonic())
            sent(publisher, count)
            alive = finished(rabbit, pool)
        # What was fetched or running when the connection went.
        return judge_told("rabbit-broker", publisher, ledger, restarts * 2 * HELD, resumption, f"; {restarts} restarts{fate(alive)}") and alive


def cluster(count):
    kills = 5 if count > 1000 else 2
    with redis_server() as ledger, rabbit_server(nodes=3) as rabbit:
        url = rabbit.url()
        quorum = {"QUEUE_TYPE": "quorum"}
        with Publisher(url, 100, **quorum) as publisher, Workers(url, ledger, 2, CONCURRENCY=str(CONCURRENCY), POOL="async", **quorum) as pool:
            resumption = Resumption(publisher, ledger)
            resumption.wait(time.monotonic())
            resumption.worst = 0.0
            for _ in range(kills):
                time.sleep(random.uniform(0.5, 1.5))
                leader = next(name for name, state in rabbit.members("celery").items() if state == "leader")
                node = next(node for node in rabbit.nodes if node.name == leader)
                # The other two are there all the time.
                node.kill()
                resumption.wait(time.monotonic())
                node.start()
                wait_until(lambda: sorted(rabbit.members("celery").values()) == ["follower", "follower", "leader"], 60, "all members of the queue", 0.5)
            sent(publisher, count)
            alive = finished(rabbit, pool)
        return judge_told("rabbit-cluster", publisher, ledger, kills * 2 * HELD, resumption, f"; 3 nodes, {kills} leaders killed{fate(alive)}") and alive


def cuts(count):
    """The connection ends within a message: at places all over its frames, all around their borders, behind it, and behind its confirm that does not get through."""
    wanted = 200 if count > 1000 else 20
    with redis_server() as ledger, rabbit_server() as rabbit, Proxy(rabbit.nodes[0].port) as proxy:
        with Publisher(f"amqp://127.0.0.1:{proxy.port}", 200) as publisher, Workers(rabbit.url(), ledger, 1, CONCURRENCY=str(CONCURRENCY), POOL="async") as pool:
            resumption = Resumption(publisher, ledger)
            resumption.wait(time.monotonic())
            resumption.worst = 0.0
            plans = places(proxy.sizes, wanted)
            for number, (place, waits) in enumerate(plans, 1):
                proxy.cut_next(Plan(place, waits, resets=number % 2 == 0))
                wait_until(lambda: len(proxy.cuts) == number, 30, "a message to cut", 0.002)
                resumption.wait(time.monotonic())
            sent(publisher, count)
            alive = finished(rabbit, pool)
        # A message of which the broker had only a part cannot have run, nor may its caller believe that it did.
        runs = {int(entry.split()[0]) for entry in Redis(ledger)("LRANGE", "ledger", 0, -1)}
        believed = sum(publisher.told.get(cut.number) is None for cut in proxy.cuts)
        haunting = sum(cut.number in runs for cut in proxy.cuts if cut.sent < cut.size)
        unheard = [cut.number for cut, (_, waits) in zip(proxy.cuts, plans) if waits]
        held = judge_told(
            "rabbit-cuts", publisher, ledger, HELD, resumption,
            f"; {len(plans)} connections cut at {len({place for place, _ in plans})} places of {sum(proxy.sizes)}, {believed} of these messages said to be confirmed, {haunting} ran of which a "
            f"part had come, {sum(number in runs for number in unheard)} of {len(unheard)} ran whose confirm did not get through{fate(alive)}")
        return held and alive and believed == 0 and haunting == 0 and all(number in runs for number in unheard)


def places(sizes, count):
    """Where to cut a message with frames of these sizes, and whether to wait for its confirm: at `count` different places in it, and some times behind it."""
    method, header, body = sizes
    size = method + header + body
    borders = {place + near for place in (0, 7, method, method + 7, method + header, method + header + 7, size) for near in (-1, 0, 1)} & set(range(size))
    others = [place for place in range(size) if place not in borders]
    further = max(0, count - len(borders))
    inside = sorted(borders | {others[step * len(others) // further] for step in range(further)})
    return [(place, False) for place in inside] + [(size, False)] * (count // 20) + [(size, True)] * (count // 10)


def halfopen(count):
    rounds = 6 if count > 1000 else 2
    with redis_server() as ledger, rabbit_server() as rabbit, Proxy(rabbit.nodes[0].port) as outward, Proxy(rabbit.nodes[0].port) as inward:
        urls = [f"amqp://127.0.0.1:{proxy.port}" for proxy in (outward, inward)]
        with Publisher(urls[0], 100) as publisher, Workers(urls[1], ledger, 1, CONCURRENCY=str(CONCURRENCY), POOL="async") as pool:
            resumption = Resumption(publisher, ledger)
            resumption.wait(time.monotonic())
            resumption.worst = 0.0
            for number in range(rounds):
                time.sleep(random.uniform(0.5, 1.5))
                hanging = [[outward, inward], [inward], [outward]][number % 3]
                for proxy in hanging:
                    proxy.hang()
                resumption.wait(time.monotonic())
            sent(publisher, count)
            alive = finished(rabbit, pool)
        return judge_told("rabbit-halfopen", publisher, ledger, rounds * HELD, resumption, f"; {rounds} times left hanging{fate(alive)}") and alive


def leaks(count):
    starts, later = (100, 60) if count > 1000 else (10, 15)
    with redis_server() as ledger, rabbit_server() as rabbit:
        host = rabbit.virtual_host()

        def ours():
            """Names by kind, on the whole node."""
            return {what: sorted(row["name"] for row in rabbit.listed(what, "name", host=host)) for what in ("queues", "exchanges")} | {
                "connections": len(rabbit.listed("connections", "name"))}

        with Workers(rabbit.url(host), ledger, 1, CONCURRENCY="1", POOL="async"):
            wait_until(lambda: any(name.endswith("celery.pidbox") for name in ours()["queues"]), 30, "the worker", 0.2)
            before = ours()
            # What may be left is there as long as one runs.
            with running(rabbit.url(host)) as session:
                def shows():
                    session.read(0.2)
                    return len(ours()["queues"]) > len(before["queues"])
                wait_until(shows, 30, "a queue of a dashboard")
            quit_well = sum(started(rabbit.url(host), number % 2 == 0) for number in range(starts))
            begin = time.monotonic()
            while (after := ours()) != before and time.monotonic() < begin + later:
                time.sleep(1)
            gone = time.monotonic() - begin
        left = {what: after[what] if isinstance(after[what], int) else sorted(set(after[what]) - set(before[what])) for what in after if after[what] != before[what]}
        holds = not left and quit_well == (starts + 1) // 2
        print(f"{'rabbit-leaks':<15} {'holds' if holds else 'BROKEN'}: {starts} dashboards, {starts // 2} of them killed, {quit_well} of {(starts + 1) // 2} left well by q; left after "
              f"{gone:.0f} s: {left or 'nothing'}", flush=True)
        return holds


@contextlib.contextmanager
def running(url):
    """A dashboard, ended by force if it still runs."""
    session = Session([PROGRAM, "-b", url])
    try:
        yield session
    finally:
        os.kill(session.pid, signal.SIGKILL)
        os.waitpid(session.pid, 0)
        os.close(session.terminal)


def started(url, quits):
    """Starts a dashboard and ends it at a moment within 1.5 s: with `quits` by its key, and whether it ended well then, else by force."""
    with running(url) as session:
        session.read(random.uniform(0, 1.5))
        deadline = time.monotonic() + 20
        while quits and time.monotonic() < deadline:
            # What comes before it reads keys is not for it.
            with contextlib.suppress(OSError):
                os.write(session.terminal, b"q")
            session.read(0.1)
            if ended := os.waitid(os.P_PID, session.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return (ended.si_code, ended.si_status) == (os.CLD_EXITED, 0)
        return False
