# SPDX-License-Identifier: GPL-2.0
"""What links.py finds in small trees."""

import os
import subprocess
import sys
import tempfile
import unittest

import links

MAKEFILE = """\
#:   make test    run all
#:   make KDIR=/path/to/kernel modules   build it
goals := modules clean
"""


class Case(unittest.TestCase):
    """Files in a folder."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.top = temporary.name
        self.names = []
        self.write("Makefile", MAKEFILE)
        self.write("rust/engine.rs", "")
        self.write("tests/guest/lib/disturb.sh", "")
        self.write("Documentation/design.rst", "")

    def write(self, name, text):
        """A file."""
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        self.names.append(name)

    def errors(self, name, text, kernel=None):
        """What is wrong with such a file."""
        self.write(name, text)
        return [error.removeprefix(f"{name}:")
                for error in links.check(links.Project(self.top, self.names, kernel))]


class Links(Case):
    """Links in documents."""

    def test_markdown(self):
        self.assertEqual(self.errors("README.md", """\
[design](Documentation/design.rst#words) [folder](tests/guest) [far](https://example.org/x.md)
[here](#use-it) ![picture](pictures/a.png)
[gone](Documentation/gone.rst)
"""), ["2: link to pictures/a.png, which doesn't exist",
            "3: link to Documentation/gone.rst, which doesn't exist",
            "3: Documentation/gone.rst: no such file"])

    def test_rst(self):
        self.assertEqual(self.errors("Documentation/testing.rst", """\
`design <design.rst>`_ `far <https://example.org/>`_
`gone <missing>`_
.. image:: design.rst
.. image:: picture.png
"""), ["2: link to missing, which doesn't exist", "4: link to picture.png, which doesn't exist"])


class Names(Case):
    """Names of files in prose and in comments."""

    def test_documents(self):
        self.assertEqual(self.errors("Documentation/testing.rst", """\
``engine.rs``, ``rust/engine.rs``, lib/disturb.sh and design.rst. ``tests/guest/`` too.
``queue.rs`` and ``rust/drain.rs`` are gone, and so is tests/pending.
"""), ["2: queue.rs: no such file", "2: rust/drain.rs: no such file",
            "2: tests/pending: no such file"])

    def test_what_is_no_name(self):
        self.assertEqual(self.errors("Documentation/testing.rst", """\
``tests/mutants/NAME.patch`` ``*.rs`` ``$top/x.sh`` <linux/x.h> https://example.org/x.rs
resize.c:39 /sys/x.sh rust/drain.{rs,c} a.rs.bak ``x.rs-old`` ~/x.sh e.g. version 1.85.c3
"""), [])

    def test_comments(self):
        self.assertEqual(self.errors("rust/a.rs", """\
use x::queue.rs;
//! See `queue.rs`.
let x = 1; // drain.rs has more
/* ab.c */
"""), ["2: queue.rs: no such file", "3: drain.rs: no such file", "4: ab.c: no such file"])

    def test_comments_of_c(self):
        self.assertEqual(self.errors("rust/b.c",
                                     '#include "ab.h"\n * see cd.h\nint c; /* ef.c */\n'),
                         ["2: cd.h: no such file", "3: ef.c: no such file"])

    def test_comments_of_scripts(self):
        self.assertEqual(self.errors("run.sh",
                                     "#!/sh.sh\n. lib/ab.sh\n# as cd.sh\ntrue \x23 ef.sh\n"),
                         ["3: cd.sh: no such file", "4: ef.sh: no such file"])

    def test_kernel(self):
        text = "//! [`include/linux/percpu.h`](srctree/include/linux/percpu.h), mm/gone.c\n"
        self.assertEqual(self.errors("rust/a.rs", text), [])
        kernel = os.path.join(self.top, "linux")
        os.makedirs(os.path.join(kernel, "include/linux"))
        self.assertEqual(self.errors("rust/a.rs", text, kernel), [
            "1: include/linux/percpu.h: no such file in the kernel",
            "1: mm/gone.c: no such file, here or in the kernel"])
        with open(os.path.join(kernel, "include/linux/percpu.h"), "w", encoding="utf-8"):
            pass
        self.assertEqual(self.errors("rust/a.rs", text, kernel),
                         ["1: mm/gone.c: no such file, here or in the kernel"])


class Goals(Case):
    """Goals of make."""

    def test_goals(self):
        self.assertEqual(self.errors("README.md", """\
`make test`, `make KDIR=/x modules`, `make clean`, ``make SEED=1 test``, we make do.
`make tset` and "make gone"
"""), ["2: make tset: no such goal", "2: make gone: no such goal"])


class Command(Case):
    """As it is run."""

    def test_command(self):
        def run():
            return subprocess.run([sys.executable, "-B", links.__file__, "--top", self.top],
                                  input="\n".join(self.names), capture_output=True, text=True,
                                  check=False)
        self.assertEqual((run().returncode, run().stdout), (0, ""))
        self.write("README.md", "`gone.rs`\n")
        self.assertEqual((run().returncode, run().stdout),
                         (1, "README.md:1: gone.rs: no such file\n"))


if __name__ == "__main__":
    unittest.main()
