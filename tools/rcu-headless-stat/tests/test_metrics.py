# SPDX-License-Identifier: GPL-2.0
"""The two formats of metrics, by the official client's parsers, and where they are written."""

import os
import stat
import subprocess
import sys
import tempfile
import unittest

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

from rcu_headless_stat import exposition
from rcu_headless_stat.metrics import counter
from rcu_headless_stat.source import Source

from . import sample
from .stat_tool import TOOL, run


class Metrics(unittest.TestCase):
    """A directory with a sample of all files."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = os.path.join(scratch.name, "files")
        self.path = os.path.join(scratch.name, "written", "rcu_headless.prom")
        os.mkdir(self.directory)
        os.mkdir(os.path.dirname(self.path))
        sample.write(self.directory)

    def output(self, *options, **kwargs):
        """What it prints."""
        done = run("-d", self.directory, *options, **kwargs)
        self.assertEqual((done.stderr, done.returncode), ("", 0))
        return done.stdout

    def refused(self, *options):
        """What it says when it fails."""
        done = run("-d", self.directory, *options)
        self.assertEqual((done.stdout, done.returncode), ("", 1))
        return done.stderr

    def test_prometheus(self):
        text = self.output("--format", "prometheus")
        lines = text.splitlines()
        for line in ("# TYPE rcu_headless_queued_objects_total counter",
                     "# HELP rcu_headless_queued_objects_total Objects handed over.",
                     'rcu_headless_queued_objects_total{channel="slab"} 30000',
                     "# TYPE rcu_headless_pending_objects gauge",
                     "# TYPE rcu_headless_page_wait_seconds histogram",
                     'rcu_headless_page_wait_seconds_bucket{le="+Inf"} 58'):
            self.assertIn(line, lines)
        self.assertNotIn("# EOF", lines)
        self.assertTrue(text.endswith("\n"))

    def test_both_say_the_same(self):
        """And there is a type and a text for each."""
        both = []
        for form, module in (("prometheus", parser), ("openmetrics", openmetrics_parser)):
            text = self.output("--format", form)
            families = list(module.text_string_to_metric_families(text))
            self.assertGreater(len(families), 20)
            for family in families:
                self.assertIn(family.type, ("counter", "gauge", "histogram"), family.name)
                self.assertTrue(family.documentation, family.name)
            both.append({f.name: (f.type, f.documentation, sorted(
                (s.name, sorted(s.labels.items()), s.value) for s in f.samples))
                for f in families})
        self.assertEqual(*both)
        self.assertEqual(self.output("--openmetrics"), self.output("-f", "openmetrics"))

    def test_escapes(self):
        """Texts and labels with all that has to be escaped."""
        text = 'back\\slash "quoted"\nnext'
        sample_ = Source(self.directory).sample()
        whole = exposition.families
        self.addCleanup(setattr, exposition, "families", whole)
        exposition.families = lambda _: [counter("odd", text, [({"label": text}, 1)])]
        for render, module, quoted in ((exposition.prometheus, parser, ' "quoted"'),
                                       (exposition.openmetrics, openmetrics_parser,
                                        r' \"quoted\"')):
            help_, = (line for line in render(sample_).splitlines() if line.startswith("# HELP"))
            self.assertIn(quoted, help_)
            family, = module.text_string_to_metric_families(render(sample_))
            self.assertEqual(family.documentation, text)
            self.assertEqual(family.samples[0].labels, {"label": text})

    def test_callers_of_one_name(self):
        """Addresses that may not be seen are alike; a metric that is there twice isn't read."""
        with open(os.path.join(self.directory, "callers"), "w", encoding="utf-8") as file:
            file.write("objects bytes fallbacks misuse caller\n"
                       "30 300 2 0 0000000000000000\n4 40 0 1 0000000000000000\n")
        lines = self.output("--format", "prometheus").splitlines()
        self.assertEqual([line for line in lines if "rcu_headless_caller_objects_total{" in line],
                         ['rcu_headless_caller_objects_total{caller="0000000000000000"} 34'])

    def test_output_is_for_all(self):
        """The collector is another user. An older file is replaced."""
        for _ in range(2):
            self.output("--format", "prometheus", "-o", self.path,
                        preexec_fn=lambda: os.umask(0o077))
            self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o644)
            with open(self.path, encoding="utf-8") as file:
                self.assertEqual(file.read(), self.output("--format", "prometheus"))
            self.assertEqual(os.listdir(os.path.dirname(self.path)), ["rcu_headless.prom"])

    def test_output_is_never_half(self):
        """Who has the old file open reads it to its end, and the new one is another."""
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("old")
        with open(self.path, encoding="utf-8") as file:
            self.output("--format", "prometheus", "-o", self.path)
            self.assertEqual(file.read(), "old")
            self.assertNotEqual(os.stat(file.fileno()).st_ino, os.stat(self.path).st_ino)

    def test_output_on_a_full_disk(self):
        """It is said, the old file stays, and nothing is left beside it."""
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("old")
        # A file mustn't be as large as that one would be.
        done = subprocess.run(
            ["sh", "-c", 'ulimit -f 1; trap "" XFSZ; exec "$@"', "sh", sys.executable, "-B", TOOL,
             "-d", self.directory, "--format", "prometheus", "-o", self.path],
            capture_output=True, text=True, check=False)
        self.assertEqual((done.stdout, done.returncode), ("", 1))
        self.assertEqual(done.stderr,
                         f"rcu-headless-stat: can't write {self.path}: File too large\n"
                         "What was there before is as it was.\n")
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ["rcu_headless.prom"])
        with open(self.path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "old")

    def test_output_through_a_link(self):
        """The link stays."""
        link = os.path.join(self.directory, "link")
        os.symlink(self.path, link)
        self.output("--format", "prometheus", "-o", link)
        self.assertTrue(os.path.islink(link))
        self.assertTrue(os.path.isfile(self.path))

    def test_output_to_a_device(self):
        """A pipe, which stands for devices, or a folder isn't replaced by a file."""
        pipe = os.path.join(self.directory, "pipe")
        os.mkfifo(pipe)
        for path in (pipe, self.directory, ""):
            self.assertIn("is not a file\n", self.refused("--format", "prometheus", "-o", path))
        self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))

    def test_output_nowhere(self):
        self.assertIn("No such file or directory",
                      self.refused("--format", "prometheus", "-o", self.path + "/none/x"))

    def test_output_of_what(self):
        for options in ((), ("--once",), ("--csv",)):
            done = run("-d", self.directory, *options, "-o", self.path)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--output goes with --format", done.stderr)
        self.assertFalse(os.path.exists(self.path))
