"""What an open dashboard costs when nothing happens.

Measured over 30 s on three workers without tasks: the dashboard's CPU time, and the commands and round trips that the broker serves
on top of what the workers alone ask of it, which is taken over the 20 s before. A round trip is one read from a client's socket,
however many commands it held; what the workers spend on answering the dashboard is counted as the dashboard's.
"""
import time

from servers import PROGRAM, Redis, cluster, cpu_seconds, resident
from session import Session


class Meter:
    """Commands and reads a second at a server since the last look."""

    def __init__(self, port):
        self.redis = Redis(port)
        self.look()

    def look(self):
        """(commands, reads) a second since the look before; its own INFO is left out."""
        stats, now = self.redis.info("stats"), time.monotonic()
        counts = int(stats["total_commands_processed"]), int(stats.get("total_reads_processed", 0))
        earlier = getattr(self, "earlier", (counts, now - 1))
        self.earlier = counts, now
        return tuple(max(0, new - old - 1) / (now - earlier[1]) for new, old in zip(counts, earlier[0]))

    def commands(self):
        """Calls of each command since the server started."""
        return {name.removeprefix("cmdstat_"): int(text.split(",")[0].split("=")[1]) for name, text in self.redis.info("commandstats").items()}


def measure(seconds=30, before=20):
    with cluster("--no-producer") as (broker, backend, port):
        time.sleep(5)  # the workers still talk about their start
        meter = Meter(port)
        time.sleep(before)
        alone = meter.look()
        with Session([PROGRAM, "-b", broker, "-r", backend], columns=120, rows=36) as dashboard:
            dashboard.settle(5)
            used, calls = cpu_seconds(dashboard.pid), meter.commands()
            meter.look()
            start = time.monotonic()
            dashboard.settle(seconds)
            passed = time.monotonic() - start
            both, used, later = meter.look(), cpu_seconds(dashboard.pid) - used, meter.commands()
            memory = resident(dashboard.pid)
    return {
        "celeriac": {
            "cpu_percent": 100 * used / passed,
            "commands": both[0] - alone[0],
            "round_trips": both[1] - alone[1],
            "baseline_commands": alone[0],
            "rss": memory,
            "by_command": {name: round((later[name] - calls.get(name, 0)) / passed, 2) for name in later if later[name] != calls.get(name, 0)},
        }
    }
