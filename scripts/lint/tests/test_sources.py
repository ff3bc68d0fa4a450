# SPDX-License-Identifier: GPL-2.0
"""Which files scripts/lib/sources.sh takes for sources, and that patches apply to them."""

import os
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
NAMES = [".gitignore", ".hidden.toml", "a b.c", "scripts/lib/common.sh",
         "scripts/lib/sources.sh", "straße.rs"]
BUILT = [".cache/x", "x.o", "rust/x.ko", "rust/x.mod", "rust/x.mod.c", "modules.order",
         ".x.o.cmd", "rust/bindings/generated.rs", "rust-project.json", "a/__pycache__/x.py"]
PATCH = "--- a/a b.c\n+++ b/a b.c\n@@ -1 +1 @@\n-x\n+y\n"


class Sources(unittest.TestCase):
    """A tree in a folder with a blank."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="so urces.")
        self.addCleanup(temporary.cleanup)
        self.outside = temporary.name
        self.top = os.path.join(self.outside, "tree")
        for name in NAMES + BUILT:
            path = os.path.join(self.top, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.exists(os.path.join(TOP, name)) and name in NAMES:
                shutil.copy(os.path.join(TOP, name), path)
            else:
                with open(path, "w", encoding="utf-8") as file:
                    file.write("x\n")

    def run_in(self, folder, *command):
        """Runs a command with no settings of git but its own."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
                        "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True,
                              text=True, check=False)

    def sources(self):
        """What the function says."""
        return self.run_in(self.outside, "bash", "-c", 'set -euo pipefail; . "$1/common.sh"; '
                           '. "$1/sources.sh"; sources', "-",
                           os.path.join(self.top, "scripts/lib"))

    def assert_names(self):
        """All sources are there, and nothing else."""
        result = self.sources()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stdout.splitlines(), NAMES)

    def test_without_git(self):
        self.assert_names()

    def test_in_a_repository(self):
        self.run_in(self.top, "git", "init", "-q")
        self.run_in(self.top, "git", "add", "a b.c", "straße.rs")
        self.assert_names()

    def test_inside_of_another_repository(self):
        self.run_in(self.outside, "git", "init", "-q")
        with open(os.path.join(self.outside, ".gitignore"), "w", encoding="utf-8") as file:
            file.write("*\n")
        self.assert_names()

    def test_lost_repository(self):
        with open(os.path.join(self.top, ".git"), "w", encoding="utf-8") as file:
            file.write("gitdir: /nowhere\n")
        self.assert_names()

    def test_none(self):
        self.run_in(self.top, "git", "init", "-q")
        with open(os.path.join(self.top, ".git/info/exclude"), "w", encoding="utf-8") as file:
            file.write("*\n")
        result = self.sources()
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn("there are no sources in", result.stderr)


class Mutants(Sources):
    """git_apply of scripts/mutants.sh, in the same trees."""

    def assert_names(self):
        with open(os.path.join(TOP, "scripts/mutants.sh"), encoding="utf-8") as file:
            text = file.read()
        start = text.index("git_apply() {")
        function = text[start:text.index("\n}\n", start) + 3]
        patch = os.path.join(self.outside, "fault.patch")
        with open(patch, "w", encoding="utf-8") as file:
            file.write(PATCH)
        result = self.run_in(self.outside, "bash", "-c", function + 'git_apply "$@"', "-",
                             self.top, patch)
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(os.path.join(self.top, "a b.c"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "y\n")

    test_none = None


if __name__ == "__main__":
    unittest.main()
