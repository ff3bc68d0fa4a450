# SPDX-License-Identifier: GPL-2.0
"""What it prints for people and for spreadsheets."""

import csv
import io
import signal
import subprocess
import sys
import unittest

from .stat_tool import TOOL, needs_kernel, run, stats

setUpModule = needs_kernel


class Print(unittest.TestCase):
    """Objects were queued and freed; nothing happens meanwhile."""

    def output(self, *args):
        """What it prints."""
        result = run(*args)
        self.assertEqual(result.stderr, "")
        self.assertEqual(result.returncode, 0)
        return result.stdout

    def test_once(self):
        lines = self.output("--once").splitlines()
        words = [line.split() for line in lines]
        now = stats()
        self.assertGreaterEqual(now["freed_slab"], 2000)
        self.assertIn(["queued", str(now["queued_slab"]), str(now["queued_vmalloc"])], words)
        self.assertIn(["freed", str(now["freed_slab"]), str(now["freed_vmalloc"])], words)
        self.assertRegex("\n".join(lines), r" 2000 .* config_replace\+\S+ \[rcu_headless_demo\]")
        self.assertRegex("\n".join(lines), r"below \d+ (us|ms|s) +[1-9]\d* #")

    def test_csv_header_once(self):
        rows = list(csv.reader(io.StringIO(self.output("--csv", "--once"))))
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows[0][0], "time")

    def test_csv(self):
        row, = csv.DictReader(io.StringIO(self.output("--csv", "--once")))
        for name, value in stats().items():
            self.assertEqual(int(row[name]), value, name)
        self.assertEqual(int(row["page_wait_us_count"]), int(row["batches"]))

    def test_csv_goes_on(self):
        # Whoever runs this in the background has us ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen([sys.executable, "-B", TOOL, "--csv", "-i", "0.1"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tool:
            lines = [tool.stdout.readline() for _ in range(4)]
            tool.send_signal(signal.SIGINT)
            self.assertEqual(tool.stderr.read(), "")
            self.assertEqual(tool.wait(), 130)
        times = [float(row["time"]) for row in csv.DictReader(lines)]
        self.assertEqual(len(times), 3)
        self.assertEqual(times, sorted(set(times)))
