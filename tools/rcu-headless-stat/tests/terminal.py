# SPDX-License-Identifier: GPL-2.0
"""Runs rcu-headless-stat in a terminal, and reads what a person would see."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

import pyte

from .stat_tool import TIMEOUT, TOOL


class Terminal:
    """The tool in a terminal, which shows what a person would see."""

    def __init__(self, *args, command=(TOOL,), rows=50, columns=110, **environment):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.output = b""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Its size must be there before the tool looks.
            self._set_size(0, rows, columns)
            os.execve(sys.executable, [sys.executable, "-B", *command, *args],
                      {**{name: value for name, value in os.environ.items()
                          if name not in ("NO_COLOR", "LINES", "COLUMNS")}, **environment})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    @staticmethod
    def _set_size(fd, rows, columns):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        """As when somebody draws the window larger or smaller."""
        self.screen.resize(rows, columns)
        self._set_size(self.fd, rows, columns)

    def press(self, keys):
        """Types something."""
        os.write(self.fd, keys.encode())

    def text(self):
        """What is on the screen."""
        return "\n".join(self.screen.display)

    def colour_of(self, text):
        """Of what colour that is on the screen, or None if it isn't there."""
        for row, line in enumerate(self.screen.display):
            if (column := line.find(text)) >= 0:
                return self.screen.buffer[row][column].fg
        return None

    def end(self, number):
        """Sends it a signal."""
        os.kill(self.pid, number)

    def _feed(self, seconds):
        """Takes what comes within that time. False: nothing will come any more."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.output += data
        self.stream.feed(data)
        return bool(data)

    def wait_for(self, what):
        """Waits until what(text) is true, and returns that."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            if result := what(self.text()):
                return result
            if not self._feed(0.1):
                break
        raise AssertionError(f"never seen; the screen at the end:\n{self.text()}")

    def wait_for_end(self):
        """Waits until the tool has ended, and returns its exit status."""
        end = time.monotonic() + TIMEOUT
        while self._feed(0.1):
            if time.monotonic() > end:
                raise AssertionError(f"it doesn't end:\n{self.text()}")
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status
