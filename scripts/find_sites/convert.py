# SPDX-License-Identifier: GPL-2.0
"""Changes sites into calls of kvfree_rcu_headless(), by the semantic patch."""

import os
import re
import subprocess
import tempfile

import sites
from facts import COCCINELLE, SPATCH

COCCI = os.path.join(COCCINELLE, "convert_chosen.cocci")
INCLUDE = "#include <linux/rcu_headless.h>"

# What the semantic patch can do; the others are to be done by hand.
CONVERTED = {"adjacent", "guarded", "several", "carrier", "call_rcu"}


def by_tool(site):
    """Whether the semantic patch is up to a site."""
    return site.verdict == sites.MODULE and site.pattern in CONVERTED


def chosen_lines(path, found):
    """The places to be changed, as the semantic patch wants them told."""
    for site in found:
        yield f"{path}:{site.line}"
        if site.pattern not in ("carrier", "call_rcu"):
            yield from (f"{path}:{line}" for line in site.frees)


def with_include(text):
    """The text with our header among the others: in order if these are."""
    if INCLUDE in text:
        return text
    lines = text.split("\n")
    places = [i for i, line in enumerate(lines) if re.match(r"#include <linux/\w", line)]
    if not places:
        places = [i for i, line in enumerate(lines) if line.startswith("#include <")][:1]
        return "\n".join(lines[:places[0]] + [INCLUDE] + lines[places[0]:]) if places \
            else INCLUDE + "\n" + text
    # Behind the last of the first group that comes before it by name.
    group = [i for n, i in enumerate(places) if i == places[0] + n]
    before = [i for i in group if lines[i] < INCLUDE]
    at = before[-1] + 1 if before else group[0]
    return "\n".join(lines[:at] + [INCLUDE] + lines[at:])


def convert(path, found):
    """What a file is after its sites have been changed."""
    with tempfile.TemporaryDirectory(prefix="convert-sites.") as scratch:
        chosen, changed = (os.path.join(scratch, name) for name in ("chosen", "changed.c"))
        with open(chosen, "w", encoding="utf-8") as file:
            file.write("\n".join(chosen_lines(path, found)))
        done = subprocess.run(
            [*SPATCH, "-D", "patch", "--cocci-file", COCCI, "-o", changed,
             path], capture_output=True, text=True, check=False,
            env={**os.environ, "SITES_CHOSEN": chosen})
        if done.returncode or not os.path.exists(changed):
            lines = done.stderr.strip().splitlines() or ["nothing was changed"]
            raise RuntimeError(f"{path}: spatch: {lines[-1]}")
        with open(changed, encoding="utf-8", errors="surrogateescape") as file:
            return with_include(file.read())


def left(text, found):
    """What should have gone and is still there: how many calls too many."""
    made = len(re.findall(r"\bkvfree_rcu_headless\(", text))
    wanted = sum(1 if s.pattern in ("carrier", "call_rcu") else len(set(s.frees))
                 for s in found)
    return wanted - made
