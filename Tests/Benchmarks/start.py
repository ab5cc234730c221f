"""How long an operator waits: for the first full picture of a cluster, and for the answer of all its workers.

Timed: the wall time of the whole process, from exec to exit, its output read to the end.
"""
import os
import subprocess
import sys
import time

from servers import PROGRAM, cluster, percentile


def wall(command, runs):
    times = []
    for _ in range(runs):
        start = time.monotonic()
        finished = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, COLUMNS="160"))
        times.append(time.monotonic() - start)
        if finished.returncode != 0:
            return {"error": f"exit {finished.returncode}: {finished.stderr.decode(errors='replace').strip()[-200:]}"}
    return {"runs": runs, "median": percentile(times, 0.5), "p99": percentile(times, 0.99)}


def measure_start(runs=20):
    """`celeriac top --once --wait 0` against three workers under load."""
    with cluster() as (broker, backend, _):
        return {"celeriac": wall([PROGRAM, "-b", broker, "-r", backend, "top", "--once", "--wait", "0"], runs)}


def measure_ping(runs=10):
    """`inspect ping` of both, against three workers under load."""
    with cluster() as (broker, _, _):
        return {
            "celeriac": wall([PROGRAM, "-b", broker, "inspect", "ping"], runs),
            "celery": wall([sys.executable, "-m", "celery", "-b", broker, "inspect", "ping"], runs),
        }
