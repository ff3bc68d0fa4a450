# SPDX-License-Identifier: GPL-2.0
"""What find-sites, convert-sites and the semantic patch say of the files in tree/."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.path.dirname(HERE)
TREE = os.path.join(HERE, "tree")
COCCI = os.path.join(TOOL, "coccinelle", "kvfree_rcu_headless.cocci")
EXPECTED = re.compile(r"^/\* (\w+) (\w+)(?::.*)? \*/\n(?:static )?\w+ (?:__exit )?(\w+)\(", re.M)


def run(*command, **more):
    """Runs a command, which must succeed, and returns what it has printed."""
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def find_sites(*arguments):
    """The sites that are found, as objects."""
    return json.loads(run(os.path.join(TOOL, "find-sites"), "--json", *arguments))


class FindSites(unittest.TestCase):
    """Verdicts."""

    maxDiff = None

    def test_verdicts(self):
        """Each function's is the one that the file tells."""
        for name in sorted(os.listdir(TREE)):
            if not name.endswith(".c"):
                continue
            with self.subTest(name):
                path = os.path.join(TREE, name)
                with open(path, encoding="utf-8") as file:
                    wanted = [(function, verdict, pattern) for verdict, pattern, function
                              in EXPECTED.findall(file.read()) if "_" in verdict]
                self.assertTrue(wanted)
                found = [(s["function"], s["verdict"], s["pattern"]) for s in find_sites(path)]
                self.assertEqual(sorted(found), sorted(wanted))

    def test_whole_tree(self):
        """A directory is all its files."""
        each = sum(len(find_sites(os.path.join(TREE, name)))
                   for name in os.listdir(TREE) if name.endswith(".c"))
        self.assertEqual(len(find_sites(TREE)), each)

    def test_alone(self):
        """Outside of a kernel's source a file is a module's, whether a Makefile says so or not."""
        with tempfile.TemporaryDirectory() as directory:
            path = shutil.copy(os.path.join(TREE, "builtin.c"), directory)
            self.assertEqual([s["verdict"] for s in find_sites(path)], ["convertible_module"])

    def test_sarif(self):
        """As many results as there are sites, each with its place."""
        sarif = json.loads(run(os.path.join(TOOL, "find-sites"), "--sarif", TREE))
        results = sarif["runs"][0]["results"]
        self.assertEqual(len(results), len(find_sites(TREE)))
        for result in results:
            region = result["locations"][0]["physicalLocation"]["region"]
            self.assertGreater(region["startLine"], 0)

    def test_not_understood(self):
        """What Coccinelle can't read isn't passed over in silence."""
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "odd.c")
            with open(path, "w", encoding="utf-8") as file:
                file.write("void f(void)\n{\n\tif (x {\n\tsynchronize_rcu();\n\tkfree(y);\n}\n")
            done = subprocess.run([os.path.join(TOOL, "find-sites"), path], check=False,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("odd.c: not looked at whole", done.stderr)


class ConvertSites(unittest.TestCase):
    """What becomes of the code."""

    def converted(self, name):
        """A file of the tree after it was converted."""
        with tempfile.TemporaryDirectory() as directory:
            tree = shutil.copytree(TREE, os.path.join(directory, "tree"))
            path = os.path.join(tree, name)
            run(os.path.join(TOOL, "convert-sites"), "--write", path)
            with open(path, encoding="utf-8") as file:
                return file.read()

    @staticmethod
    def function(text, name):
        """The body of a function."""
        return re.search(rf"\b{name}\([^;{{}}]*\)\n{{.*?\n}}", text, re.S).group()

    def test_waits(self):
        """The wait goes, all frees after it are ours, and nothing else changes."""
        text = self.converted("module.c")
        self.assertIn("#include <linux/rcu_headless.h>\n", text)
        for name, frees in (("replace", 1), ("replace_guarded", 1), ("remove_entry", 3),
                            ("replace_guard", 1)):
            body = self.function(text, name)
            self.assertNotIn("synchronize_", body)
            self.assertEqual(body.count("kvfree_rcu_headless("), frees, body)
            self.assertIsNone(re.search(r"\bk?v?free\(", body), body)
        for name in ("remove_and_put", "entry_unregister", "unlink_and_wait"):
            self.assertIn("synchronize_rcu();", self.function(text, name))
        self.assertEqual(text.count("kvfree_rcu_headless("), 8)

    def test_carrier(self):
        """The struct, its callback and the fallback vanish."""
        text = self.converted("callbacks.c")
        body = self.function(text, "free_array_rcu")
        self.assertEqual("".join(body.split()),
                         "free_array_rcu(void*array){kvfree_rcu_headless(array);}")
        self.assertNotIn("free_carried", text)
        self.assertNotIn("struct carrier", text)
        self.assertIn("kvfree_rcu_headless(e);", self.function(text, "remove_in_task"))
        self.assertIn("call_rcu(", self.function(text, "remove_locked"))

    def test_wait_in_callee(self):
        """The wait goes when nobody needs it any more, and not before."""
        text = self.converted("callees.c")
        self.assertNotIn("synchronize_rcu", self.function(text, "detach"))
        for name in ("close_entry", "open_entry"):
            self.assertIn("kvfree_rcu_headless(e);", self.function(text, name))
        self.assertIn("synchronize_rcu();", self.function(text, "shared_detach"))
        self.assertIn("\tkfree(e);", self.function(text, "close_shared"))

    def test_wait_and_free_in_callees(self):
        """Each of them is changed, and who frees is declared where it was."""
        text = self.converted("callees.c")
        body = self.function(text, "close_pair")
        self.assertEqual(body.count("\tfree_pair_headless("), 2, body)
        self.assertIn("\nstatic void free_pair_headless(struct entry *e);\n", text)
        self.assertEqual(self.function(text, "free_pair_headless").count(
            "kvfree_rcu_headless("), 2)
        self.assertNotIn("free_pair(", text)

    def test_free_in_callee(self):
        """Who frees does it once more with the frees waiting; but not what readers would see."""
        text = self.converted("callees.c")
        body = self.function(text, "free_below")
        self.assertNotIn("synchronize_rcu", body)
        self.assertIn("free_entry_headless(e);", body)
        body = self.function(text, "free_entry_headless")
        self.assertEqual(body.count("kvfree_rcu_headless("), 2, body)
        self.assertIn("\tfree_entry(e);", self.function(text, "never_seen"))
        self.assertNotIn("headless", self.function(text, "free_entry"))
        self.assertIn("synchronize_rcu();", self.function(text, "free_list_below"))
        self.assertNotIn("headless", self.function(text, "free_all"))

    def test_call_rcu_of_several(self):
        """The callback is called at once, its frees wait, and it isn't there twice."""
        text = self.converted("callees.c")
        self.assertIn("\t\tfree_parts_headless(&old->rcu);", self.function(text, "replace_parts"))
        body = self.function(text, "free_parts_headless")
        self.assertEqual(body.count("kvfree_rcu_headless("), 2, body)
        self.assertNotIn("free_parts(", text)

    def test_failing_carrier(self):
        """The pointer is kept for the call, and the way out without memory goes."""
        text = self.converted("callees.c")
        body = self.function(text, "set_text")
        self.assertIn("kvfree_rcu_headless(saved);", body)
        self.assertIn("saved = rcu_dereference_raw(e->text);", body)
        self.assertNotIn("struct saved", text)
        self.assertNotIn("free_saved", text)
        self.assertNotIn("goto", body)
        self.assertNotIn("out_free:", body)
        self.assertNotIn("kfree(text)", body)

    def test_only_shown(self):
        """Without --write nothing is changed, and the patch applies."""
        with tempfile.TemporaryDirectory() as directory:
            tree = shutil.copytree(TREE, os.path.join(directory, "tree"))
            path = os.path.join(tree, "module.c")
            patch = run(os.path.join(TOOL, "convert-sites"), path)
            self.assertEqual(find_sites(path), find_sites(os.path.join(TREE, "module.c")))
            run("patch", "-p1", "-d", tree, input=patch)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), self.converted("module.c"))


class SemanticPatch(unittest.TestCase):
    """The modes that the kernel's coccicheck knows."""

    def mode(self, name):
        """What one prints about module.c."""
        # spatch's own names for a shell have no quotes: the path may have a blank.
        macros, cocci, file = (os.path.relpath(path, TOOL) for path in (
            os.path.join(TOOL, "coccinelle", "macros.h"), COCCI, os.path.join(TREE, "module.c")))
        return run("spatch", "--very-quiet", "--no-includes", "--include-headers",
                   "--macro-file", macros, "-D", name, "--cocci-file", cocci, file, cwd=TOOL)

    def test_report(self):
        """Frees are told with their wait."""
        lines = self.mode("report").splitlines()
        self.assertTrue(any("kvfree_rcu_headless(old)" in line for line in lines), lines)
        self.assertTrue(all(re.search(r"module\.c:\d+:\d+-\d+: opportunity", line)
                            for line in lines), lines)

    def test_org(self):
        """The same for org mode."""
        self.assertEqual(self.mode("org").count("* TODO"), len(self.mode("report").splitlines()))

    def test_context_and_patch(self):
        """Waits go with the frees after them, and nothing else does."""
        for name in ("context", "patch"):
            lines = self.mode(name).splitlines()
            # A line is kept that comes back with a brace, as Coccinelle 1.3 has it.
            kept = [line[1:].strip().removesuffix(" {") for line in lines
                    if re.match(r"\+[^+]", line)]
            gone = [line[1:].strip() for line in lines
                    if re.match(r"-[^-]", line) and line[1:].strip() not in kept]
            # Those of which find-sites knows more are among them: one exported, one __exit,
            # one with a function pointer, one that an ops table calls.
            self.assertEqual(sum("synchronize_" in line for line in gone), 8, (name, gone))
            self.assertEqual(sum("free(" in line for line in gone), 10, (name, gone))
            self.assertEqual(len(gone), 18, (name, gone))


if __name__ == "__main__":
    unittest.main()
