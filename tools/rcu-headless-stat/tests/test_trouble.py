# SPDX-License-Identifier: GPL-2.0
"""What it says when it can't show anything."""

import os
import subprocess
import sys
import unittest

from .stat_tool import TOOL, needs_kernel, run
from .terminal import Terminal

NOBODY = 65534

setUpModule = needs_kernel


class Trouble(unittest.TestCase):
    """Each case needs the kernel in the state that its name says."""

    def check(self, result, *said):
        """It fails, says so and what to do, and no more than that."""
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "")
        for text in said:
            self.assertIn(text, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 2)

    def test_debugfs_not_mounted(self):
        for form in ("--once", "--csv", "--openmetrics"):
            self.check(run(form), "debugfs is not mounted", "mount -t debugfs")

    def test_not_loaded(self):
        for form in ("--once", "--csv", "--openmetrics"):
            self.check(run(form), "rcu_headless is not loaded", "modprobe rcu_headless")

    def test_not_loaded_live(self):
        with Terminal() as terminal:
            self.assertEqual(terminal.wait_for_end(), 1)
            self.assertIn("rcu_headless is not loaded", terminal.text())
            # The terminal has not been touched.
            self.assertNotIn(b"\x1b", terminal.output)

    def test_not_permitted(self):
        self.check(run("--once", user=NOBODY), "not permitted", "root")

    def test_no_terminal(self):
        self.check(run(), "needs a terminal", "--once")

    def test_bad_options(self):
        for options in (["--csv", "--openmetrics"], ["--interval", "0"], ["--interval", "x"],
                        ["--output", "none-such"], ["--nonsense"]):
            result = run(*options)
            self.assertEqual(result.returncode, 2, options)
            self.assertIn("usage:", result.stderr)
        self.assertFalse(os.path.exists("none-such"))

    def test_reader_goes_away(self):
        with subprocess.Popen([sys.executable, "-B", TOOL, "--csv", "-i", "0.1"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
            self.assertIn("queued_slab", tool.stdout.readline())
            tool.stdout.close()
            self.assertEqual(tool.stderr.read(), "")
            self.assertEqual(tool.wait(), 0)
