# SPDX-License-Identifier: GPL-2.0
"""What Coccinelle has found out about a file: calls, writes, and which come after a wait."""

import json
import os
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field

COCCINELLE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "coccinelle")
COCCI = os.path.join(COCCINELLE, "rcu_free_facts.cocci")
# How any file is to be read.
SPATCH = ["spatch", "--very-quiet", "--no-show-diff", "--no-includes", "--include-headers",
          "--macro-file", os.path.join(COCCINELLE, "macros.h")]


@dataclass(frozen=True)
class Call:
    """A call: of what, with what, where."""

    function: str
    line: int
    column: int
    name: str
    arguments: str


@dataclass(frozen=True)
class Write:
    """An assignment: to what, of what, where."""

    function: str
    line: int
    column: int
    to: str
    value: str


@dataclass
class Facts:
    """All that is known of one file."""

    path: str
    calls: list = field(default_factory=list)
    writes: list = field(default_factory=list)
    # By the line of a wait: places (line, column) that come after it.
    after: dict = field(default_factory=lambda: defaultdict(set))
    # What comes after a wait is only known by the order of lines.
    by_lines: bool = False
    # Why nothing or not all is known, if so.
    error: str = ""

    def calls_in(self, function):
        """The calls of one function, in order."""
        return sorted((c for c in self.calls if c.function == function),
                      key=lambda c: (c.line, c.column))

    def writes_in(self, function):
        """The assignments of one function, in order."""
        return sorted((w for w in self.writes if w.function == function),
                      key=lambda w: (w.line, w.column))

    def functions(self):
        """All that call something."""
        return {call.function for call in self.calls}


def parse(path, text):
    """Facts from what the semantic patch has printed."""
    facts = Facts(path)
    calls, writes = set(), set()
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        fact = json.loads(line)
        where = (fact["function"], fact["line"], fact["column"])
        if fact["kind"] == "call":
            calls.add(Call(*where, "".join(fact["name"].split()), fact["arguments"]))
        elif fact["kind"] == "write":
            writes.add(Write(*where, "".join(fact["to"].split()), fact["value"]))
        else:
            facts.after[fact["wait"]].add(where[1:])
    facts.calls = sorted(calls, key=lambda c: (c.line, c.column))
    facts.writes = sorted(writes, key=lambda w: (w.line, w.column))
    return facts


def ask(tree, path, *options):
    """Runs Coccinelle on one file of a tree."""
    done = subprocess.run([*SPATCH, *options, "--cocci-file", COCCI, os.path.join(tree, path)],
                          capture_output=True, text=True, check=False, errors="replace")
    facts = parse(path, done.stdout)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        facts.error = f"spatch: {lines[-1]}"
    return facts


def gather(tree, path, seconds=30):
    """What there is to know of one file of a tree."""
    facts = ask(tree, path, "--timeout", str(seconds))
    if facts.error:
        # Large functions have more ways through them than can be followed.
        facts = ask(tree, path, "-D", "calls", "--timeout", str(seconds))
        facts.by_lines = True
    return facts
