"""Runs the benchmarks, prints a table and writes all figures as JSON.

usage: bench.py [--json FILE] [--only NAME[,NAME…]] [--events COUNT]
What is timed stands in the docstring of each part: ingest, start (start and ping), idle, keys (keys, views and entries), beat, messages, onrabbit (rabbit-…), engine (the rest).
"""
import argparse
import json
import os
import platform
import time
import traceback
from pathlib import Path

import beat
import engine
import idle
import ingest
import keys
import messages
import onrabbit
import start

PARTS = ("ingest", "start", "ping", "idle", "keys", "views", "execute", "publish", "roundtrip", "sqlite", "rest", "beat", "entries", "rabbit-execute", "rabbit-publish", "rabbit-ingest", "messages")


def measure(part, options):
    return {
        "ingest": lambda: ingest.measure(options.events),
        "start": start.measure_start,
        "ping": start.measure_ping,
        "idle": idle.measure,
        "keys": keys.measure_keys,
        "views": keys.measure_views,
        "execute": engine.measure_execute,
        "publish": engine.measure_publish,
        "roundtrip": engine.measure_roundtrip,
        "sqlite": engine.measure_sqlite,
        "rest": engine.measure_rest,
        "beat": beat.measure,
        "entries": keys.measure_entries,
        "rabbit-execute": onrabbit.measure_execute,
        "rabbit-publish": onrabbit.measure_publish,
        "rabbit-ingest": onrabbit.measure_ingest,
        "messages": messages.measure,
    }[part]()


def amount(name, value):
    """A figure with its unit, chosen by the field's name."""
    if value is None:
        return "?"
    if isinstance(value, dict):
        return "  ".join(f"{key} {amount(key, inner)}" for key, inner in value.items())
    if name in ("seconds", "inside", "cpu", "median", "p50", "p99", "max", "worst"):
        return f"{value * 1000:.{0 if value >= 0.01 else 2}f} ms" if value < 1 else f"{value:.2f} s"
    if name in ("peak_rss", "rss", "rss_before", "rss_after", "bytes_held"):
        return f"{value / 1e6:.0f} MB"
    if name in ("received_bytes", "message_bytes"):
        return f"{value / 1000:.1f} kB"
    if name == "bytes_per_task":
        return f"{value:.0f} B"
    if name in ("events", "tasks"):
        return f"{value:,}"
    if name == "cpu_share":
        return f"{value * 100:.1f} %"
    if name == "rate":
        return f"{value:,.0f} /s"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def table(results):
    for part, rows in results.items():
        print(f"\n{part}")
        for who, figures in rows.items():
            if part in ("views", "entries") and "error" not in figures:
                for view, taken in figures.items():
                    print(f"  {view:<17} {amount(view, taken)}")
            else:
                print(f"  {who:<17} " + "  ".join(f"{name} {amount(name, value)}" for name, value in figures.items()))
    rates = {who: figures.get("rate") for who, figures in results.get("ingest", {}).items()}
    ours = rates.pop("celeriac", None)
    for who, rate in rates.items():
        if ours and rate:
            print(f"\nceleriac takes events in {ours / rate:.1f} times as fast as {who}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path(".build/benchmarks.json"))
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--events", type=int, default=300_000)
    options = parser.parse_args()
    wanted = options.only.split(",")
    if unknown := [part for part in wanted if part not in PARTS]:
        parser.error(f"no part named {', '.join(unknown)}; there are {', '.join(PARTS)}")

    results, failed = {}, False
    for part in wanted:
        print(f"measuring {part} …", flush=True)
        try:
            results[part] = measure(part, options)
        except Exception as problem:  # one part that fails does not take the others' figures with it
            traceback.print_exc()
            results[part] = {"celeriac": {"error": str(problem)}}
        failed = failed or any("error" in figures for figures in results[part].values())
    table(results)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "taken_at": time.time(), "load": os.getloadavg()[0]}
    options.json.write_text(json.dumps({"machine": machine, "results": results}, indent=2) + "\n")
    print(f"\nfigures in {options.json}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
