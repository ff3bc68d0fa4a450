# SPDX-License-Identifier: GPL-2.0
"""What it makes of files that are known, without a kernel."""

import csv
import io
import os
import tempfile
import unittest

from rcu_headless_stat import text
from rcu_headless_stat.rates import Rates
from rcu_headless_stat.source import Source

from . import sample
from .stat_tool import run


class Sample(unittest.TestCase):
    """A directory with a sample of all files."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = scratch.name
        sample.write(self.directory)

    def output(self, *options):
        """What it prints."""
        done = run("-d", self.directory, *options)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done.stdout

    def test_once(self):
        words = [line.split() for line in self.output("--once").splitlines()]
        for line in ("queued 30000 40", "freed 29000 40", "bytes waiting 31.8 KiB 0 B most 5.0 MiB",
                     "pages 10, most 64: 1 open, 1 waiting, 8 spare",
                     "batches 58 grace_periods 11 fallbacks 2 held_back 0",
                     "misuse 4", "atomic 4", "0 10000 40 9000 40 1000 0",
                     "30000 1.8 MiB 2 0 config_replace+0x9a/0xe0 [some_module]",
                     "below 33 ms 50 ##############################",
                     "from 67 s 1 ##############################"):
            self.assertIn(line.split(), words)
        self.assertNotIn(["double_free", "0"], words)

    def test_csv(self):
        row, = csv.DictReader(io.StringIO(self.output("--csv", "--once")))
        self.assertEqual(row["queued_slab"], "30000")
        self.assertEqual(row["pages_allocated_high"], "64")
        self.assertEqual(row["fallback_us_sum"], "120000000")

    def test_openmetrics(self):
        lines = self.output("--openmetrics").splitlines()
        for line in ('queued_objects_total{channel="slab"} 30000', "pending_objects 1000",
                     'misuse_total{kind="atomic"} 4',
                     'caller_bytes_total{caller="odd\\"name+0x1/0x2"} 327680',
                     'page_wait_seconds_bucket{le="0.016384"} 8',
                     'page_wait_seconds_bucket{le="+Inf"} 58', "fallback_wait_seconds_sum 120.0",
                     'bulk_free_objects_bucket{le="511.0"} 57'):
            self.assertIn("rcu_headless_" + line, lines)
        self.assertEqual(lines[-1], "# EOF")

    def test_new_counter(self):
        """A counter that the module has and this tool doesn't know is shown all the same."""
        with open(os.path.join(self.directory, "stats"), "a", encoding="utf-8") as file:
            file.write("new_counter 17\n")
        self.assertIn("rcu_headless_new_counter_total 17", self.output("--openmetrics"))
        self.assertIn("new_counter 17", self.output("--once").splitlines())

    def test_rates(self):
        """A second later 500 more have been queued."""
        old, new = (Source(self.directory).sample() for _ in range(2))
        new.time = old.time + 2
        new.stats["queued_slab"] += 1000
        rates = Rates(old, new)
        self.assertAlmostEqual(rates.total("queued_slab"), 500)
        self.assertEqual(rates.total("freed_slab"), 0)
        # The module was loaded anew.
        new.stats["queued_slab"] = 3
        self.assertEqual(rates.total("queued_slab"), 0)
        self.assertIsNone(Rates(None, new).total("queued_slab"))

    def test_counting_is_off(self):
        for name, content in (("callers", ""), ("control", "callers off\n")):
            with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
                file.write(content)
        self.assertIn("\ncallers (counting of objects is off)\n", self.output("--once"))

    def test_file_missing(self):
        os.remove(os.path.join(self.directory, "latency"))
        done = run("-d", self.directory, "--once")
        self.assertEqual((done.stdout, done.returncode), ("", 1))
        self.assertRegex(done.stderr, "is not loaded\n.*modprobe rcu_headless\n$")

    def test_output_is_whole(self):
        path = os.path.join(self.directory, "metrics.prom")
        self.output("--openmetrics", "-o", path)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), self.output("--openmetrics"))
        self.assertEqual(set(os.listdir(self.directory)), {*sample.FILES, "metrics.prom"})


class Units(unittest.TestCase):
    """Numbers as people read them."""

    def test_size(self):
        self.assertEqual([text.size(n) for n in (0, 1023, 1024, 5 << 20, 3 << 40)],
                         ["0 B", "1023 B", "1.0 KiB", "5.0 MiB", "3072.0 GiB"])

    def test_duration(self):
        self.assertEqual([text.duration(n) for n in (999, 1000, 2500000)],
                         ["999 us", "1 ms", "2 s"])
