# SPDX-License-Identifier: GPL-2.0
"""Patches that apply, and yet aren't the fault that they were."""

import unittest

from patches import mistakes

BARRIER = "fn wait() {\n    first();\n    seal();\n    last();\n}\n"
PATCH = """SPDX-License-Identifier: GPL-2.0

Fault: it doesn't seal
Leads to: it returns early

--- a/rust/barrier.rs
+++ b/rust/barrier.rs
@@ -2,3 +2,2 @@
     first();
-    seal();
     last();
"""


def wrong(patch, text):
    """The mistakes, one a line."""
    return "\n".join(mistakes(patch, lambda name: text))


class Patches(unittest.TestCase):
    """What is said of one."""

    def test_right(self):
        self.assertEqual(wrong(PATCH, BARRIER), "")

    def test_two_places(self):
        self.assertIn("2 times", wrong(PATCH, BARRIER + BARRIER))

    def test_gone(self):
        self.assertIn("0 times", wrong(PATCH, BARRIER.replace("seal", "close")))

    def test_other_file(self):
        self.assertIn("isn't in rust/", wrong(PATCH.replace("rust/", "tests/"), BARRIER))

    def test_comment(self):
        patch = PATCH.replace("-    seal();\n", "-    seal(); // all\n+    seal(); // none\n")
        self.assertEqual(wrong(patch, BARRIER.replace("seal();", "seal(); // all")),
                         "changes no code")

    def test_nothing(self):
        self.assertIn("changes nothing", wrong("Fault: none\n", BARRIER))
