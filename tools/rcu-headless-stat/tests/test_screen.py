# SPDX-License-Identifier: GPL-2.0
"""The live view, as somebody at a terminal sees it."""

import re
import unittest

from .stat_tool import needs_kernel, read
from .terminal import Terminal

setUpModule = needs_kernel


class Screen(unittest.TestCase):
    """Objects are being queued all the time."""

    def test_shows_rates(self):
        with Terminal("-i", "0.5") as terminal:
            # Each by itself: a screen comes in pieces.
            for pattern in (r"^rcu_headless +\d+ CPUs +every 0.5 s",
                            r"^queued +\d+ +[1-9]\d*/s",
                            r"^ *CPU +slab queued",
                            r"[1-9]\d*/s .* config_replace\+\S+ \[rcu_headless_demo\]",
                            r"below \d+ (us|ms) +[1-9]\d* #"):
                terminal.wait_for(re.compile(pattern, re.MULTILINE).search)
            row = re.compile(r"^ +\d+( +\d+/s){4} +-?\d+ +\d+ *$", re.MULTILINE)
            nr_cpus = len(read("per_cpu").splitlines()) - 1
            terminal.wait_for(lambda text: len(row.findall(text)) == nr_cpus)
            terminal.press("q")
            self.assertEqual(terminal.wait_for_end(), 0)

    def test_keys(self):
        with Terminal("-i", "1") as terminal:
            terminal.wait_for(lambda text: "counting of objects is on" in text)
            terminal.press("c")
            terminal.wait_for(lambda text: "counting of objects is off" in text)
            self.assertEqual(read("control"), "callers off\n")
            terminal.press("c")
            terminal.wait_for(lambda text: "counting of objects is on" in text)
            self.assertEqual(read("control"), "callers on\n")
            terminal.press("d")
            terminal.wait_for(lambda text: "done: drain" in text)
            terminal.press("r")
            terminal.wait_for(lambda text: "done: reset" in text)
            terminal.press("+")
            terminal.wait_for(lambda text: "every 2 s" in text)
            terminal.press("--")
            terminal.wait_for(lambda text: "every 0.5 s" in text)
            terminal.press("q")
            self.assertEqual(terminal.wait_for_end(), 0)

    def test_scrolls(self):
        with Terminal("-i", "0.5", rows=12) as terminal:
            terminal.wait_for(lambda text: "more lines below" in text and "queued" in text)
            self.assertNotIn("bulk frees", terminal.text())
            terminal.press("j" * 60)
            terminal.wait_for(lambda text: "bulk frees" in text or "below" in text)
            terminal.wait_for(lambda text: "more lines below" not in text)
            self.assertNotIn("queued", terminal.text())
            terminal.press("k" * 60)
            terminal.wait_for(lambda text: "queued" in text)

    def test_resized(self):
        with Terminal("-i", "0.5") as terminal:
            terminal.wait_for(lambda text: "q quit" in text)
            terminal.resize(8, 60)
            terminal.wait_for(lambda text: "more lines below" in text.splitlines()[0])
            terminal.resize(3, 10)
            terminal.resize(40, 120)
            terminal.wait_for(lambda text: "q quit" in text.splitlines()[39])
            terminal.press("q")
            self.assertEqual(terminal.wait_for_end(), 0)
