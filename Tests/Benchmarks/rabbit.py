"""RabbitMQ nodes of our own: on private ports of this machine, in folders of their own, alone or in a cluster; ended with whoever started them.

usage: rabbit.py COMMAND…    runs it beside a server, whose URL stands where a word of it is BROKER
"""
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from servers import wait_until

PROGRAMS = Path("/usr/lib/rabbitmq/bin")


def steady_port():
    """Below those that the system gives to outgoing connections: one of these would soon have it when its server is away, or meet itself there."""
    while True:
        port = random.SystemRandom().randrange(10000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def speaks_amqp(port):
    """Whether a node takes connections there: it does so last of all when it starts."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"AMQP\0\0\x09\x01")
        return connection.recv(1) == b"\1"
    return False


class Node:
    """A server process, which can be stopped and started again with what it has on disk."""

    def __init__(self, folder, name, port, settings, environment):
        self.name, self.port, self.folder = name, port, folder
        folder.mkdir()
        lines = [f"listeners.tcp.1 = 127.0.0.1:{port}", "log.console = true", "log.console.level = info", "log.file = false", "disk_free_limit.absolute = 1MB", *settings]
        (folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        (folder / "plugins").write_text("[].\n")
        self.environment = dict(
            environment, RABBITMQ_NODENAME=name, RABBITMQ_CONFIG_FILE=str(folder / "rabbitmq"), RABBITMQ_MNESIA_BASE=str(folder / "data"),
            RABBITMQ_LOG_BASE=str(folder / "logs"), RABBITMQ_ENABLED_PLUGINS_FILE=str(folder / "plugins"), RABBITMQ_PID_FILE=str(folder / "pid"),
            RABBITMQ_DIST_PORT=str(steady_port()))
        self.server = None

    def launch(self):
        with open(self.folder / "log", "ab") as log:
            self.server = subprocess.Popen([PROGRAMS / "rabbitmq-server"], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self, seconds=120):
        def is_there():
            if self.server.poll() is not None:
                raise RuntimeError(f"{self.name} ended: {(self.folder / 'log').read_text()[-2000:]}")
            return speaks_amqp(self.port)
        wait_until(is_there, seconds, self.name)

    def start(self):
        """Returns when it takes connections."""
        self.launch()
        self.wait()

    @property
    def machine(self):
        """The Erlang machine, whose starter `server` is."""
        return int((self.folder / "pid").read_text())

    def kill(self):
        """Ends it at once, without a farewell to anyone."""
        self._end(signal.SIGKILL)

    def stop(self):
        """Lets it close its connections and files first."""
        self._end(signal.SIGTERM)

    def _end(self, how):
        if self.server is None or self.server.poll() is not None:
            return
        with contextlib.suppress(OSError, ValueError):
            os.kill(self.machine, how)
        try:
            self.server.wait(60)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
            raise


class Rabbit:
    """All nodes, in one cluster if they are several."""

    def __init__(self, nodes):
        self.nodes = nodes

    def url(self, host="/"):
        """Of a virtual host, by all nodes."""
        addresses = ";".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"amqp://{addresses}/{'' if host == '/' else host}"

    def ctl(self, *words, program="rabbitmqctl"):
        """What a command says, asked at a node that runs."""
        node = next(node for node in self.nodes if node.server.poll() is None)
        ran = subprocess.run([PROGRAMS / program, "-q", *words], env=node.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if ran.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(words)} failed: {ran.stdout}{ran.stderr}")
        return ran.stdout

    def listed(self, what, *columns, host=None):
        """The rows of `rabbitmqctl list_…`, each a dictionary of `columns`."""
        place = ["-p", host] if host else []
        return json.loads(self.ctl("--formatter", "json", f"list_{what}", *place, *columns))

    def queues(self, *columns, host="/"):
        """By name."""
        return {row["name"]: row for row in self.listed("queues", "name", *columns, host=host)}

    def members(self, queue, host="/"):
        """The members of a quorum queue: name of the node → "leader", "follower", "noproc" …"""
        rows = json.loads(self.ctl("--formatter", "json", "quorum_status", "--vhost", host, queue, program="rabbitmq-queues"))
        # Of a node that is away it says more.
        return {row["Node Name"]: state if isinstance(state := row["Raft State"], str) else state[0] for row in rows}

    def virtual_host(self):
        """A new one, where `guest` may do everything. Returns its name."""
        name = f"t{uuid.uuid4().hex[:8]}"
        self.ctl("add_vhost", name)
        self.ctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return name


@contextlib.contextmanager
def rabbit_server(*settings, nodes=1):
    """One node, or a cluster of several, with `settings`, lines of rabbitmq.conf, beside its own. Yields a `Rabbit`."""
    with tempfile.TemporaryDirectory(prefix="rabbit") as home:
        folder, register_port = Path(home), steady_port()
        ports = [steady_port() for _ in range(nodes)]
        names = [f"celeriac{port}@localhost" for port in ports]
        cookie = folder / ".erlang.cookie"
        cookie.write_text(uuid.uuid4().hex)
        cookie.chmod(0o400)
        # Several machines on few cores: none of them may wait for work by turning in circles.
        environment = dict(
            os.environ, HOME=home, LANG="C.UTF-8", ERL_EPMD_PORT=str(register_port), ERL_EPMD_ADDRESS="127.0.0.1", ERL_CRASH_DUMP=f"{home}/crash",
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none")
        together = []
        if nodes > 1:
            together = ["cluster_formation.peer_discovery_backend = classic_config"]
            together += [f"cluster_formation.classic_config.nodes.{number} = {name}" for number, name in enumerate(names, 1)]
        # The register of Erlang's nodes on this machine: one for these alone.
        register = subprocess.Popen(["epmd", "-port", str(register_port), "-address", "127.0.0.1"], env=environment, stdin=subprocess.DEVNULL)
        made = []
        try:
            for name, port in zip(names, ports):
                made.append(Node(folder / name, name, port, [*together, *settings], environment))
                # The first one founds the cluster, the others find it.
                made[-1].start()
            rabbit = Rabbit(made)
            if nodes > 1:
                wait_until(lambda: len(json.loads(rabbit.ctl("--formatter", "json", "cluster_status"))["running_nodes"]) == nodes, 60, "the cluster")
            yield rabbit
        finally:
            for node in made:
                node.kill()
            register.terminate()
            register.wait()


if __name__ == "__main__":
    with rabbit_server() as rabbit:
        raise SystemExit(subprocess.call([rabbit.url() if word == "BROKER" else word for word in sys.argv[1:]]))
