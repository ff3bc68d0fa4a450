# SPDX-License-Identifier: GPL-2.0
"""What it shows when some files may not be read, as on a kernel that is locked down."""

import csv
import io
import os
import tempfile
import unittest

from rcu_headless_stat.source import lockdown_level

from . import sample
from .stat_tool import TOP, run
from .terminal import Terminal

LEVELS = ("integrity", "confidentiality")


class Refused(unittest.TestCase):
    """A directory with a sample of all files, some of which may not be opened."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.log = os.path.join(scratch.name, "log")
        self.lockdown = os.path.join(scratch.name, "lockdown")
        self.directory = os.path.join(scratch.name, "files")
        os.mkdir(self.directory)
        sample.write(self.directory)

    def locked_down(self, level):
        """What the kernel says of its lockdown."""
        levels = " ".join(f"[{name}]" if name == level else name for name in ("none", *LEVELS))
        with open(self.lockdown, "w", encoding="utf-8") as file:
            file.write(levels + "\n")

    def command(self, *names, code="EPERM"):
        """The tool, and which files it can't open."""
        return (os.path.join(TOP, "tests", "refusing.py"), code, ",".join(names), self.log,
                self.lockdown)

    def run_tool(self, *options, **kwargs):
        """Runs that."""
        return run("-d", self.directory, *options, env={**os.environ, "PYTHONPATH": TOP},
                   command=self.command(*kwargs.pop("names", ["control"]), **kwargs))

    def opened(self):
        """What was refused."""
        with open(self.log, encoding="utf-8") as file:
            return file.read().splitlines()

    def test_lockdown(self):
        """Of the module's files only control could be written, so it alone is refused."""
        for level in LEVELS:
            self.locked_down(level)
            done = self.run_tool("--once")
            self.assertEqual((done.stderr, done.returncode), ("", 0))
            first, *rest = done.stdout.splitlines()
            self.assertEqual(first, f"can't read control: the kernel is locked down ({level}), and "
                             "lets nobody open what could be written in debugfs")
            whole = run("-d", self.directory, "--once").stdout.splitlines()
            whole[whole.index("callers (counting of objects is on)")] = \
                "callers (counting of objects can't be known)"
            self.assertEqual(rest, ["", *whole])

    def test_lockdown_unknown(self):
        """securityfs isn't mounted, or says that there is no lockdown."""
        for say in (lambda: None, lambda: self.locked_down("none")):
            say()
            done = self.run_tool("--once")
            self.assertIn("can't read control: the kernel is locked down, it seems, and",
                          done.stdout)

    def test_metrics_need_no_control(self):
        for form in ("prometheus", "openmetrics", "csv"):
            options = ("--once", "--format", form)
            done = self.run_tool(*options)
            self.assertEqual((done.stderr, done.returncode), ("", 0))
            self.assertFalse(os.path.exists(self.log))
            if form != "csv":
                self.assertEqual(done.stdout, run("-d", self.directory, *options).stdout)

    def test_each_file(self):
        """Whatever is missing, the rest is shown, and what is missing is named."""
        self.locked_down("integrity")
        shown = {"stats": "\nqueued ", "memory": "\nbytes waiting", "per_cpu": "\n CPU ",
                 "latency": "\nbulk frees", "callers": "\ncallers (", "control": "objects is on"}
        for name in sample.FILES:
            text = self.run_tool("--once", names=[name]).stdout
            self.assertRegex(text, f"^can't read {name}: ")
            # Totals are of two files.
            gone = {"stats", "memory"} if name in ("stats", "memory") else {name}
            for other, mark in shown.items():
                if name == "callers" and other == "control":
                    continue
                self.assertEqual(mark in text, other not in gone, (name, other))

    def test_each_metric(self):
        self.locked_down("integrity")
        of = {"stats": "misuse_total{", "memory": "waiting_bytes{",
              "callers": "caller_bytes_total{", "latency": "page_wait_seconds_sum "}
        for name in of:
            done = self.run_tool("--format", "prometheus", names=[name])
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stderr, f"^rcu-headless-stat: can't read {name}: .*\n$")
            for other, metric in of.items():
                self.assertEqual(f"\nrcu_headless_{metric}" in done.stdout, other != name,
                                 (name, other))

    def test_table(self):
        done = self.run_tool("--once", "--csv", names=["memory"])
        row, = csv.DictReader(io.StringIO(done.stdout))
        self.assertEqual(row["queued_slab"], "30000")
        self.assertNotIn("bytes_waiting_slab", row)

    def test_not_root(self):
        done = self.run_tool("--once", names=["control", "latency"], code="EACCES")
        self.assertEqual(done.stdout.splitlines()[0], "can't read latency, control: only root may")

    def test_nothing(self):
        self.locked_down("integrity")
        for code, hint in (("EPERM", r"locked down \(integrity\).*\nSee kernel_lockdown"),
                           ("EACCES", "only root may\nRun it as root")):
            for options in (["--once"], ["--csv"], ["--format", "prometheus"]):
                done = self.run_tool(*options, names=sample.FILES, code=code)
                self.assertEqual((done.stdout, done.returncode), ("", 1))
                self.assertRegex(done.stderr, f"not permitted to read {self.directory}: .*{hint}")

    def test_output_stays(self):
        """What was written before isn't replaced by nothing."""
        path = os.path.join(self.directory, "metrics.prom")
        options = ("--format", "prometheus", "-o", path)
        run("-d", self.directory, *options)
        with open(path, encoding="utf-8") as file:
            before = file.read()
        self.assertEqual(self.run_tool(*options, names=sample.FILES).returncode, 1)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), before)

    def test_live(self):
        """It is said, the keys say so, and the kernel is asked once: it logs each time."""
        self.locked_down("integrity")
        with Terminal("-d", self.directory, "-i", "0.1", command=self.command("control"),
                      PYTHONPATH=TOP, TERM="linux") as terminal:
            terminal.wait_for(lambda text: "can't read control: the kernel is locked" in text)
            terminal.wait_for(lambda text: "objects can't be known" in text)
            for key, word in (("c", "callers on"), ("r", "reset"), ("d", "drain")):
                terminal.press(key)
                terminal.wait_for(lambda text, word=word: f"{word}: the kernel is locked" in text)
                terminal.wait_for(lambda text: "q quit" in text)
            self.assertEqual(terminal.colour_of("can't read"), "brown")
            terminal.press("q")
            self.assertEqual(terminal.wait_for_end(), 0)
        self.assertEqual(self.opened(), ["control r", *["control wb"] * 3])


class Level(unittest.TestCase):
    """What the kernel says of its lockdown, and what we make of it."""

    def test_level(self):
        with tempfile.NamedTemporaryFile("w+", encoding="utf-8") as file:
            for text, level in (("[none] integrity confidentiality\n", None), ("", None),
                                ("none [integrity] confidentiality\n", "integrity"),
                                ("none integrity [confidentiality]\n", "confidentiality")):
                file.seek(0)
                file.truncate()
                file.write(text)
                file.flush()
                self.assertEqual(lockdown_level(file.name), level)
        self.assertIsNone(lockdown_level(file.name))
