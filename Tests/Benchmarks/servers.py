"""The servers that the benchmarks run against: private, without persistence, ended with the benchmark."""
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("CELERIAC_BIN", str(TESTS.parent / ".build/release/celeriac"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(claim, seconds, what, step=0.02):
    """Asks until `claim()` is true and returns what it said; TimeoutError when `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while not (said := claim()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(step)
    return said


class Redis:
    """One connection that speaks just enough RESP2 to ask a server about itself."""

    def __init__(self, port):
        self.port = port
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.replies = self.connection.makefile("rb")

    def __call__(self, *words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self.reply()

    def reply(self):
        line = self.replies.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.replies.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return rest

    def info(self, section):
        lines = self("INFO", section).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def listeners(self):
        """How many patterns and channels somebody is subscribed to: above zero once a monitor listens to events."""
        return self("PUBSUB", "NUMPAT") + len([name for name in self("PUBSUB", "CHANNELS") if b"celeryev" in name])


@contextlib.contextmanager
def redis_server(*settings):
    """A server with default limits, apart from `settings`, words of redis.conf. Yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, *settings],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: answers(port), 10, "redis-server")
            yield port
        finally:
            server.terminate()
            server.wait()


def answers(port):
    try:
        return Redis(port)("PING") == b"PONG"
    except (OSError, RuntimeError):
        return False


@contextlib.contextmanager
def cluster(*options):
    """The three workers of Tests/cluster on a port of their own. Yields (broker URL, result backend URL, port)."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        where = ["--port", str(port), "--dir", folder]
        environment = dict(os.environ, CELERIAC_VENV=sys.prefix)
        try:
            subprocess.run([TESTS / "cluster", "start", *where, *options], env=environment, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            yield f"redis://127.0.0.1:{port}/0", f"redis://127.0.0.1:{port}/1", port
        finally:
            subprocess.run([TESTS / "cluster", "stop", *where], env=environment, check=False)


def resident(pid):
    """Resident memory of a process in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid):
    """What a process and its threads have used so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values, share):
    """The smallest of `values` that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -(-int(share * 1000) * len(ordered) // 1000) - 1))]
