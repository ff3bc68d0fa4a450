# SPDX-License-Identifier: GPL-2.0
"""The commands as they are called: from anywhere, by any name, with nothing around them."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.dirname(HERE)
COMMANDS = ("find-sites", "convert-sites", "rank-sites")
FILE = os.path.join(HERE, "tree", "module.c")


class Alone(unittest.TestCase):
    """A copy of the commands and what they need, called through two symlinks."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = scratch.name
        self.tool = shutil.copytree(TOOL, os.path.join(self.scratch, "tools", "rcu-sites"),
                                    ignore=shutil.ignore_patterns("tests", "__pycache__"))
        for name in COMMANDS:
            os.symlink(os.path.join(self.tool, name), os.path.join(self.scratch, "to-" + name))
            os.symlink("to-" + name, os.path.join(self.scratch, "my-" + name))
        # Whether Python would leave something behind is what is tested.
        self.env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def files(self):
        """All there is of the copy."""
        return sorted(os.path.join(directory, name)
                      for directory, _, names in os.walk(self.tool) for name in names)

    def run_command(self, name, *arguments):
        """What a command prints that succeeds."""
        done = subprocess.run([os.path.join(self.scratch, "my-" + name), *arguments], text=True,
                              cwd=self.scratch, env=self.env, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_help(self):
        for name in COMMANDS:
            self.assertIn(f"\nusage: {name} ", self.run_command(name, "--help"))

    def test_any_env(self):
        """Not every env knows -S."""
        for name in COMMANDS:
            with open(os.path.join(TOOL, name), encoding="utf-8") as file:
                self.assertEqual(file.readline(), "#!/usr/bin/env python3\n")

    def test_find_convert_rank(self):
        """All three, one after the other; nothing is left beside them."""
        before = self.files()
        shutil.copy(FILE, self.scratch)
        found = self.run_command("find-sites", "--json", "module.c")
        self.assertTrue(json.loads(found))
        self.assertIn("+\tkvfree_rcu_headless(", self.run_command("convert-sites", "module.c"))
        recording = os.path.join(HERE, "recording.txt")
        rows = self.run_command("rank-sites", "--from", recording, "--tree", "module.c", "--json")
        self.assertTrue(json.loads(rows))
        self.assertEqual(self.files(), before)

    def test_build(self):
        """What was written is compiled, with the header's place told to the kernel's build."""
        shutil.copy(FILE, self.scratch)
        with open(os.path.join(self.scratch, "Makefile"), "w", encoding="utf-8") as file:
            file.write("%.o:\n\t@echo $@ $(KCFLAGS) >built\n")
        self.run_command("convert-sites", "--write", "--build", ".", "module.c")
        with open(os.path.join(self.scratch, "built"), encoding="utf-8") as file:
            target, flags = file.read().split()
        self.assertEqual(target, "module.o")
        self.assertEqual(flags, "-I" + os.path.realpath(os.path.join(self.scratch, "include")))


if __name__ == "__main__":
    unittest.main()
