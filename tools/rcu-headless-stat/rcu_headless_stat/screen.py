# SPDX-License-Identifier: GPL-2.0
"""The live view."""

import curses
import time

from . import text

KEYS = "q quit  c callers on/off  r reset  d drain  +/- interval  arrows scroll"
INTERVALS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)


class Screen:
    """What is shown, and what the keys do."""

    def __init__(self, source, interval):
        self.source = source
        self.interval = interval
        self.first = 0
        self.message = ""

    def run(self):
        """Shows samples until somebody quits."""
        curses.wrapper(self._run)

    def _run(self, window):
        try:
            curses.curs_set(0)
        except curses.error:
            pass
        old, sample = None, self.source.sample()
        while True:
            self._draw(window, list(text.report(sample, old)), sample)
            if not self._wait(window, sample):
                return
            old, sample = sample, self.source.sample()

    def _draw(self, window, lines, sample):
        height, width = window.getmaxyx()
        room = max(height - 2, 0)
        self.first = max(0, min(self.first, len(lines) - room))
        shown = lines[self.first:self.first + room]
        head = f"rcu_headless  {len(sample.per_cpu)} CPUs  every {self.interval:g} s"
        if self.first + room < len(lines):
            head += f"  {len(lines) - self.first - room} more lines below"
        window.erase()
        self._put(window, 0, f"{head:{width}}", width, curses.A_REVERSE)
        for i, line in enumerate(shown):
            self._put(window, i + 1, line, width)
        if height > 1:
            self._put(window, height - 1, self.message or KEYS, width, curses.A_BOLD)
        self.message = ""
        window.refresh()

    @staticmethod
    def _put(window, row, line, width, attribute=curses.A_NORMAL):
        try:
            # The last column is left free: writing to the last place of all is an error.
            window.addnstr(row, 0, line, max(width - 1, 0), attribute)
        except curses.error:
            # The window has just become smaller.
            pass

    def _wait(self, window, sample):
        """Waits for the interval to end, and does what keys say. False: quit."""
        end = time.monotonic() + self.interval
        while (left := end - time.monotonic()) > 0:
            window.timeout(max(int(left * 1000), 1))
            key = window.getch()
            if key == -1:
                continue
            if key in (ord("q"), 27):
                return False
            self._press(key, sample)
            # What the key did is seen at once.
            return True
        return True

    def _press(self, key, sample):
        if key == ord("c"):
            self._command("callers off" if sample.counts_callers else "callers on")
        elif key == ord("r"):
            self._command("reset")
        elif key == ord("d"):
            self._command("drain")
        elif key == ord("+"):
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

    def _command(self, word):
        try:
            self.source.command(word)
            self.message = f"done: {word}"
        except OSError as error:
            self.message = f"{word}: {error.strerror}"
