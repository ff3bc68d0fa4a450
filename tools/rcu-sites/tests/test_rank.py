# SPDX-License-Identifier: GPL-2.0
"""What rank-sites makes of a recording, and of what find-sites says."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
RANK = os.path.join(os.path.dirname(HERE), "rank-sites")
RECORDING = os.path.join(HERE, "recording.txt")


def rank(*arguments):
    """Runs rank-sites."""
    return subprocess.run([sys.executable, "-B", RANK, *arguments], check=False,
                          capture_output=True, text=True)


def site(function, **more):
    """A site as find-sites tells it."""
    return {"path": "net/some/some.c", "line": 7, "function": function, "pattern": "adjacent",
            "verdict": "convertible_module", "modules": ["net/some/some-module"],
            "callers": [], **more}


class Rank(unittest.TestCase):
    """The rows that come out."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def file(self, name, text):
        """A file with a text."""
        path = os.path.join(self.directory.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def rows(self, recording, *found, options=()):
        """The ranking of a recording."""
        text = "# rank-sites: kernel 7.3\n# event histogram\n"
        for stack, calls, usecs in recording:
            frames = "".join(f"         {frame}\n" for frame in stack)
            text += f"{{ stack:\n{frames}}} hitcount: {calls:10}  usecs: {usecs:10}\n"
        done = rank("--json", "--from", self.file("recording", text),
                    "--sites", self.file("sites", json.dumps(found)), *options)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def test_most_comes_first(self):
        """Whatever the order, and however often."""
        rows = self.rows([(["synchronize_rcu+0x1/0x20", "a+0x1/0x2"], 9, 10),
                          (["synchronize_rcu+0x1/0x20", "b+0x1/0x2"], 1, 30),
                          (["synchronize_rcu+0x1/0x20", "c+0x1/0x2"], 1, 20)])
        self.assertEqual([row["caller"] for row in rows], ["b", "c", "a"])

    def test_callers_are_summed(self):
        """Whoever called them, and by whatever name the compiler has split them."""
        rows = self.rows([(["synchronize_net+0x1/0x20", "a+0x1/0x2", "x+0x1/0x2"], 2, 10),
                          (["a.isra.0+0x1/0x2", "y+0x1/0x2"], 3, 30)])
        self.assertEqual([(r["caller"], r["calls"], r["usecs"]) for r in rows], [("a", 5, 40)])
        self.assertEqual(rows[0]["stack"], ["a", "y"])

    def test_verdicts(self):
        """By function, in the module that the file is part of."""
        rows = self.rows([(["f+0x1/0x2 [some_module]"], 1, 30), (["f+0x1/0x2 [other]"], 1, 20),
                          (["g+0x1/0x2 [some_module]"], 1, 10)], site("f"))
        self.assertEqual([(r["caller"], r["verdict"]) for r in rows],
                         [("f [some_module]", "convertible_module"), ("f [other]", "-"),
                          ("g [some_module]", "-")])
        self.assertEqual(rows[0]["sites"][0]["line"], 7)

    def test_inlined(self):
        """A function that its caller has become one with."""
        rows = self.rows([(["outer+0x1/0x2 [some_module]"], 1, 30)],
                         site("inner", callers=["outer"]))
        self.assertEqual(rows[0]["verdict"], "convertible_module")

    def test_wait_in_callee(self):
        """Such a site is where the callee is called; others aren't looked for there."""
        recording = [(["waits+0x1/0x2", "f+0x1/0x2"], 1, 30)]
        rows = self.rows(recording, site("f", pattern="wait_in_callee", modules=[]))
        self.assertEqual(rows[0]["verdict"], "convertible_module")
        self.assertEqual(self.rows(recording, site("f", modules=[]))[0]["verdict"], "-")

    def test_nobody_waits_for_callbacks(self):
        """call_rcu() is no wait."""
        rows = self.rows([(["f+0x1/0x2 [some_module]"], 1, 30)], site("f", pattern="call_rcu"))
        self.assertEqual(rows[0]["verdict"], "-")

    def test_top(self):
        """No more rows than asked for."""
        waits = [([f"f{n}+0x1/0x2"], 1, n) for n in range(30)]
        self.assertEqual(len(self.rows(waits)), 20)
        self.assertEqual(len(self.rows(waits, options=["--top", "3"])), 3)

    def test_a_kernels_recording(self):
        """One that was made while MPLS's table of labels was replaced twenty times."""
        found = site("resize_platform_label_table", path="net/mpls/af_mpls.c", line=2678,
                     modules=["net/mpls/mpls_router"], callers=["mpls_platform_labels"])
        done = rank("--from", RECORDING, "--sites", self.file("sites", json.dumps([found])))
        self.assertEqual(done.returncode, 0, done.stderr)
        head, first = done.stdout.splitlines()[:2]
        self.assertEqual(head.split()[0], "total")
        self.assertEqual(first.split()[1], "20")
        self.assertEqual(first.split()[3:], ["mpls_platform_labels", "[mpls_router]",
                                             "convertible_module", "net/mpls/af_mpls.c:2678"])

    def test_stacks(self):
        """Shown when asked for, innermost first."""
        done = rank("--from", RECORDING, "--stacks", "--top", "1")
        self.assertEqual([line.split()[0] for line in done.stdout.splitlines()[2:4]],
                         ["mpls_platform_labels", "proc_sys_call_handler"])

    def test_no_recording(self):
        """Other files are refused, and missing ones."""
        for path in (self.file("other", "hello\n"), self.file("gone", "") + ".not"):
            done = rank("--from", path)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "^error: ")

    def test_no_sites(self):
        """As are verdicts of another kind."""
        for text in ("{}", "[1]", '[{"path": "a.c"}]', "nothing"):
            done = rank("--from", RECORDING, "--sites", self.file("sites", text))
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "^error: ")

    def test_dropped(self):
        """What found no place is told."""
        text = "# rank-sites: kernel 7.3\n# lost: 2\n\nTotals:\n    Hits: 5\n    Dropped: 5\n"
        self.assertIn("7 waits", rank("--from", self.file("recording", text)).stderr)


if __name__ == "__main__":
    unittest.main()
