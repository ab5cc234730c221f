"""A dashboard in a pseudo-terminal: keys go in, and every piece of output is kept with the moment at which it came."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections import Counter

import pyte


class Session:
    """Output is emulated only between measurements: emulating costs more than drawing and would be measured with it."""

    def __init__(self, command, columns=160, rows=50):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            # pyte does not know xterm's REP sequence; a terminal of the screen family has none.
            os.environ.update(TERM="screen-256color", LANG="C.UTF-8", LC_ALL="C.UTF-8")
            os.environ.pop("NO_COLOR", None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(command[0], command)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            self.read(0.05)
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
        os.close(self.terminal)

    def read(self, seconds):
        """What comes within `seconds`, as (moment, bytes); returns early at the end of the program."""
        pieces, until = [], time.monotonic() + seconds
        while select.select([self.terminal], [], [], max(0, until - time.monotonic()))[0]:
            try:
                piece = os.read(self.terminal, 1 << 16)
            except OSError:
                break
            if not piece:
                break
            pieces.append((time.monotonic(), piece))
            if time.monotonic() >= until:
                break
        return pieces

    def settle(self, seconds=0.0):
        """Shows what comes within `seconds`, and whatever is still on its way then."""
        pieces = self.read(seconds)
        while pieces:
            for _, piece in pieces:
                self.stream.feed(piece)
            pieces = self.read(0)

    def press(self, keys, claim, limit=5.0, window=0.15):
        """Seconds from the first byte of `keys` to the piece of output after which `claim(screen)` holds; None after `limit`."""
        start = time.monotonic()
        os.write(self.terminal, keys.encode())
        took = None
        while took is None and time.monotonic() - start < limit:
            for moment, piece in self.read(window):
                self.stream.feed(piece)
                if took is None and claim(self.screen):
                    took = moment - start
        return took

    def wait(self, claim, seconds):
        """Whether `claim(screen)` comes true within `seconds`."""
        deadline = time.monotonic() + seconds
        while not claim(self.screen):
            if time.monotonic() > deadline:
                return False
            self.settle(0.1)
        return True

    @property
    def body(self):
        return body(self.screen)


def body(screen):
    """The lines between the header with its tabs and the two lines at the bottom."""
    return screen.display[2:-2]


def changed(before, share=0.05):
    """A claim: at least `share` of the body's cells differ from `before`."""
    def claim(screen):
        now = body(screen)
        cells = sum(len(line) for line in now)
        return sum(a != b for old, new in zip(before, now) for a, b in zip(old, new)) >= share * cells
    return claim


def selected(screen):
    """The beginning of the highlighted line of the body, which tells rows apart; None where no line stands out."""
    def ground(row):
        cells = screen.buffer[row]
        return Counter((cells[column].reverse, cells[column].bg) for column in range(screen.columns)).most_common(1)[0][0]

    grounds = {row: ground(row) for row in range(2, screen.lines - 2)}
    usual = Counter(grounds.values()).most_common(1)[0][0]
    return next((screen.display[row][:24].strip() for row in grounds if grounds[row] != usual), None)
