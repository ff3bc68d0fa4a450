# SPDX-License-Identifier: GPL-2.0
"""What is renewed of what is kept."""

import os
import tempfile
import unittest

from report import keep
from report.summary import COLUMNS


def row(condition, ratio):
    """A row of a summary."""
    return dict.fromkeys(COLUMNS, "x") | {"condition": condition, "ratio": ratio}


class Keep(unittest.TestCase):
    """One row and one picture are kept."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.kept, self.measured = (os.path.join(scratch.name, n) for n in ("kept", "measured"))
        for directory in (self.kept, self.measured):
            os.mkdir(directory)
        self.put(self.kept, "summary.csv", f"# old\n{','.join(COLUMNS)}\nx,b,x,x,1,1,ns,0.5\n")
        self.put(self.kept, "call.svg", "old")
        for name in ("call.svg", "other.svg"):
            self.put(self.measured, name, "new")

    @staticmethod
    def put(directory, name, text):
        """Writes a file."""
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def kept_text(self, name):
        """What is kept."""
        with open(os.path.join(self.kept, name), encoding="utf-8") as file:
            return file.read()

    def test_renews_what_is_there(self):
        """Other rows and pictures aren't taken in."""
        keep.renew(self.kept, self.measured, [row("a", "0.1"), row("b", "0.2")], ["new"])
        self.assertEqual(self.kept_text("summary.csv"),
                         f"# new\n{','.join(COLUMNS)}\nx,b,x,x,x,x,x,0.2\n")
        self.assertEqual(self.kept_text("call.svg"), "new")
        self.assertEqual(sorted(os.listdir(self.kept)), ["call.svg", "summary.csv"])

    def test_all_or_nothing(self):
        """A row or a picture that is missing is named, and nothing changes."""
        before = self.kept_text("summary.csv")
        with self.assertRaisesRegex(keep.Incomplete, "x b x x$"):
            keep.renew(self.kept, self.measured, [row("a", "0.1")], [])
        os.remove(os.path.join(self.measured, "call.svg"))
        with self.assertRaisesRegex(keep.Incomplete, "call.svg$"):
            keep.renew(self.kept, self.measured, [row("b", "0.1")], [])
        self.assertEqual(self.kept_text("summary.csv"), before)
        self.assertEqual(self.kept_text("call.svg"), "old")


if __name__ == "__main__":
    unittest.main()
