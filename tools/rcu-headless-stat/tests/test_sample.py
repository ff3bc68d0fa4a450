# SPDX-License-Identifier: GPL-2.0
"""What it makes of files that are known, without a kernel."""

import csv
import io
import os
import tempfile
import unittest

from rcu_headless_stat import text
from rcu_headless_stat.rates import Rates
from rcu_headless_stat.source import Source, Trouble

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

    def write(self, name, content):
        """Has a file be as another module's."""
        with open(os.path.join(self.directory, name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())

    def test_newer_module(self):
        """What this tool doesn't know is passed by; it may or may not be a counter."""
        self.write("stats", sample.FILES["stats"] + "newcomer 17\n")
        self.write("latency", sample.FILES["latency"] + "page_wait_us_max 55\n")
        self.write("callers", "objects bytes fallbacks misuse newcomer caller\n1 2 3 4 5 place\n")
        self.assertIn("# TYPE rcu_headless_newcomer unknown\n", self.output("--openmetrics"))
        metrics = self.output("--format", "prometheus").splitlines()
        for line in ("# TYPE rcu_headless_newcomer untyped", "rcu_headless_newcomer 17",
                     'rcu_headless_caller_misuse_total{caller="place"} 4',
                     "rcu_headless_page_wait_seconds_count 58"):
            self.assertIn(line, metrics)
        lines = self.output("--once").splitlines()
        self.assertIn("newcomer 17", lines)
        self.assertTrue(any(line.split() == "1 2 B 3 4 place".split() for line in lines))

    def test_older_module(self):
        """What it doesn't have is left out."""
        old = ("held_back ", "try_", "page_from_elapsed ", "leaked ")
        self.write("stats", "".join(line for line in sample.FILES["stats"].splitlines(True)
                                    if not line.startswith(old)))
        for options in (["--once"], ["--csv", "--once"], ["--openmetrics"],
                        ["--format", "prometheus"]):
            output = self.output(*options)
            self.assertIn("fallbacks", output)
            self.assertNotIn("held_back", output)
            self.assertNotIn("taken", output)
        before, after = (Source(self.directory).sample() for _ in range(2))
        after.stats["held_back"] = 10
        after.time = before.time + 2
        self.assertEqual(Rates(before, after).total("held_back"), 5)
        # A newer one was loaded meanwhile, which has more files.
        for name in ("stats", "callers", "per_cpu"):
            setattr(before, name, None)
        self.assertIn("held_back 10 5/s", "\n".join(text.report(after, before)))

    def test_no_sense(self):
        """The file is named."""
        for name, content in (*((name, "") for name in ("stats", "per_cpu", "latency", "memory")),
                              ("stats", "pending much\n"), ("callers", "objects caller\n1 x\n"),
                              ("per_cpu", "cpu pending\n0 1\n"), ("memory", "one two three\n")):
            sample.write(self.directory)
            self.write(name, content)
            done = run("-d", self.directory, "--once")
            self.assertEqual((done.stdout, done.returncode), ("", 1), name)
            self.assertRegex(done.stderr, f"^rcu-headless-stat: can't make sense of .*/{name}: "
                             ".*\n.*version.*\n$")

    def test_odd_bytes(self):
        self.write("callers", b"objects bytes fallbacks misuse caller\n1 2 3 4 a\xff+0x1\n")
        self.assertIn("a\\xff+0x1", self.output("--once"))

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
        """An older module's. The rest is there."""
        os.remove(os.path.join(self.directory, "latency"))
        lines = self.output("--once").splitlines()
        self.assertEqual(lines[0], "can't read latency: the module has no such file")
        self.assertIn("misuse 4", lines)

    def test_directory_missing(self):
        for directory, said in (("/none/such", "there is no /none/such\n"),
                                (os.path.dirname(__file__), "has none of the module's files\n")):
            for option in ("--once", "--csv", "--openmetrics"):
                done = run("-d", directory, option)
                self.assertEqual((done.stdout, done.returncode), ("", 1))
                self.assertIn(said, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 2)

    def test_read_fails(self):
        """A file that opens, whose first byte can't be read: that of memory at no address."""
        path = os.path.join(self.directory, "latency")
        os.remove(path)
        os.symlink("/proc/self/mem", path)
        done = run("-d", self.directory, "--once")
        self.assertEqual((done.stdout, done.returncode), ("", 1))
        self.assertIn(f"can't read {path}: Input/output error\n", done.stderr)

    def test_module_goes(self):
        """Its files do, while it is being looked at."""
        source = Source(self.directory)
        source.sample()
        for name in sample.FILES:
            os.remove(os.path.join(self.directory, name))
        os.rmdir(self.directory)
        self.assertRaisesRegex(Trouble, "there is no", source.sample)
        os.mkdir(self.directory)

    def test_no_output(self):
        done = run("-d", self.directory, "--once", preexec_fn=lambda: os.close(1))
        self.assertEqual((done.stderr.splitlines()[0], done.returncode),
                         ("rcu-headless-stat: standard output is closed", 1))

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
