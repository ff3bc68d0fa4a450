# SPDX-License-Identifier: GPL-2.0
"""The live view."""

import curses
import errno
import locale
import math
import os
import time

from . import text
from .history import ASCII, BLOCKS, History
from .marked import BAD, NOTICE
from .source import Trouble

KEYS = "q quit  c callers on/off  r reset  d drain  +/- interval  arrows scroll"
COMMANDS = {ord("c"): "callers", ord("r"): "reset", ord("d"): "drain"}
INTERVALS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Screen:
    """What is shown, and what the keys do."""

    def __init__(self, source, interval):
        self.source = source
        self.interval = interval
        self.first = 0
        self.message = ""
        self.child = None
        # What the C library would write, which is not what Python takes C for.
        utf8 = locale.nl_langinfo(locale.CODESET) == "UTF-8"
        self.history = History(BLOCKS if utf8 else ASCII)
        self.attributes = {NOTICE: curses.A_BOLD, BAD: curses.A_BOLD}

    def run(self):
        """Shows samples until somebody quits."""
        try:
            curses.setupterm()
        except curses.error:
            raise Trouble(f"this terminal isn't known: TERM={os.environ.get('TERM', '')}",
                          "Set TERM to what it is, or try --once.") from None
        curses.wrapper(self._run)

    def _run(self, window):
        try:
            curses.curs_set(0)
        except curses.error:
            pass
        self._choose_colours()
        old = last = sample = None
        taken = -math.inf
        key = -1
        while key not in (ord("q"), 27):
            changed = self.press(key, sample)
            if time.monotonic() >= taken + self.interval:
                old, last = last, self.source.sample()
                sample, taken = last, time.monotonic()
                self.history.add(sample)
            elif changed:
                # What it did is seen at once, and the next rates are of a whole interval yet.
                sample = self.source.sample()
            self._draw(window, text.report(sample, old), sample)
            left = taken + self.interval - time.monotonic()
            window.timeout(max(int(left * 1000), 1))
            key = window.getch()

    def _choose_colours(self):
        """Has trouble in colour, if the terminal has any and the user wants it."""
        if not curses.has_colors():
            return
        # All else is in the terminal's own, whatever they are.
        try:
            curses.use_default_colors()
        except curses.error:
            return
        if os.environ.get("NO_COLOR"):
            return
        for level, colour in ((NOTICE, curses.COLOR_YELLOW), (BAD, curses.COLOR_RED)):
            curses.init_pair(level, colour, -1)
            self.attributes[level] |= curses.color_pair(level)

    def _draw(self, window, report, sample):
        height, width = window.getmaxyx()
        lines = [*self.history.lines(width - 1, self.interval), "", *report]
        room = max(height - 2, 0)
        self.first = max(0, min(self.first, len(lines) - room))
        shown = lines[self.first:self.first + room]
        cpus = f"  {len(sample.per_cpu)} CPUs" if sample.has("per_cpu") else ""
        head = f"rcu_headless{cpus}  every {self.interval:g} s"
        if self.first + room < len(lines):
            head += f"  {len(lines) - self.first - room} more lines below"
        window.erase()
        self._put(window, 0, f"{head:{width}}", width, curses.A_REVERSE)
        for i, line in enumerate(shown):
            self._put(window, i + 1, line, width)
        if height > 1:
            self._put(window, height - 1, self.status(), width, curses.A_BOLD)
        window.refresh()

    def _put(self, window, row, line, width, attribute=curses.A_NORMAL):
        # The last column is left free: writing to the last place of all is an error.
        try:
            window.addnstr(row, 0, line, max(width - 1, 0), attribute)
            for start, end, level in getattr(line, "marks", ()):
                window.chgat(row, start, end - start, self.attributes[level])
        except curses.error:
            # Nothing is left of it in so narrow a window, or that has just become smaller.
            pass

    def status(self):
        """The last line: what a command has come to, if there was one."""
        if self.child:
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                self.child = None
                number = os.WEXITSTATUS(status) if os.WIFEXITED(status) else errno.EINTR
                self.message = f"drain: {os.strerror(number)}" if number else "done: drain"
        message, self.message = self.message, ""
        return message or ("draining" if self.child else KEYS)

    def press(self, key, sample):
        """Does what the key says. True: it may have changed what there is to be read."""
        if key in COMMANDS:
            word = COMMANDS[key]
            if key == ord("c"):
                word += " off" if sample.control else " on"
            try:
                self._command(word)
            except OSError as error:
                self.message = f"{word}: {error.strerror}"
            except Trouble as trouble:
                self.message = f"{word}: {trouble}"
            return True
        if key == ord("+"):
            self.interval = min((i for i in INTERVALS if i > self.interval),
                                default=self.interval)
        elif key == ord("-"):
            self.interval = max((i for i in INTERVALS if i < self.interval),
                                default=self.interval)
        elif key in (curses.KEY_DOWN, ord("j")):
            self.first += 1
        elif key in (curses.KEY_UP, ord("k")):
            self.first -= 1
        elif key == curses.KEY_NPAGE:
            self.first += 10
        elif key == curses.KEY_PPAGE:
            self.first -= 10
        return False

    def _command(self, word):
        if word == "drain":
            self._drain()
            return
        with self.source.control() as file:
            file.write(word.encode())
        self.message = f"done: {word}"

    def _drain(self):
        """By a child: it returns after a grace period, and we can be left before that."""
        if self.child:
            return
        with self.source.control() as file:
            self.child = os.fork()
            if self.child:
                return
            number = errno.EINTR
            try:
                # This child must not keep the terminal open for others.
                os.closerange(0, 3)
                file.write(b"drain")
                number = 0
            except OSError as error:
                number = error.errno
            finally:
                os._exit(number)
