# SPDX-License-Identifier: GPL-2.0
"""Changes sites into calls of kvfree_rcu_headless(), by the semantic patch."""

import os
import re
import subprocess
import tempfile

from . import sites
from .facts import COCCINELLE, SPATCH

COCCI = os.path.join(COCCINELLE, "convert_chosen.cocci")
INCLUDE = "#include <linux/rcu_headless.h>"

# What functions that do the freeing are called when their frees wait.
SUFFIX = "_headless"

# What the semantic patches can do; the others are to be done by hand.
CONVERTED = {"adjacent", "guarded", "several", "carrier", "call_rcu", "wait_in_callee",
             "free_in_callee", "call_rcu_of_several"}


# By callback; all others by wait.
CALLBACKS = {"carrier", "call_rcu", "call_rcu_of_several"}


def freeing(site):
    """The functions that a site frees by and that are to be had once more."""
    return site.through if site.pattern not in ("carrier", "call_rcu") else ()


def by_tool(site):
    """Whether the semantic patches are up to a site."""
    return site.verdict == sites.MODULE and site.pattern in CONVERTED and not site.by_hand


def whole(chosen, found):
    """Those chosen sites whose wait can go: who else needs it is chosen as well."""
    kept = {s for s in found if s not in chosen and s.verdict in (sites.MODULE, sites.BUILTIN)}
    lines = {line for s in kept for line in s.waits}
    return [s for s in chosen if not lines & set(s.waits)]


def chosen_lines(found):
    """The places to be changed, as the semantic patch wants them told."""
    for site in found:
        yield from (f"{site.pattern}:{name}" for name in site.through)
        if site.pattern in CALLBACKS:
            yield str(site.line)
        else:
            yield from (str(line) for line in (*site.waits, *site.frees))


def definition(text, name):
    """The definition of a function, or None."""
    return re.search(rf"^(?:\w[^\n;{{}}()]*\s)?\**{name}\([^;{{}}]*\)\n\{{\n.*?^\}}\n",
                     text, re.M | re.S)


def with_frees_waiting(text, name):
    """The text with a second function that frees after a grace period, where it is called."""
    if not re.search(rf"\b{name}{SUFFIX}\(", text):
        return text
    found = definition(text, name)
    if not found:
        raise RuntimeError(f"{name}() isn't to be found")
    body = re.sub(rf"\b{name}\b", name + SUFFIX, found.group())
    body = re.sub(r"\b(kfree|kvfree|vfree)\(", "kvfree_rcu_headless(", body)
    # Nobody may need the first one any more.
    declared = re.compile(rf"^(?:\w[^\n;{{}}()]*\s)?\**{name}\([^;{{}}]*\);\n", re.M)
    rest = text[:found.start()] + text[found.end():]
    needed = re.search(rf"\b{name}\b", declared.sub("", rest))
    text = text[:found.start()] + (found.group() + "\n" if needed else "") + body + \
        text[found.end():]
    return declared.sub(lambda m: (m.group() if needed else "") +
                        re.sub(rf"\b{name}\b", name + SUFFIX, m.group()), text)


def without_dead_ends(old, text):
    """The text without what nothing leads to any more: from a label to the next, or the end."""
    for label in re.findall(r"^ ?(\w+):$", text, re.M):
        if f"goto {label};" in old and f"goto {label};" not in text:
            text = re.sub(rf"((?:return\b[^;]*|goto \w+);\n) ?{label}:\n(?:\t.*\n|\n)*",
                          r"\1", text)
    return text


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


def with_callees(text, found):
    """The text with other functions called where those free that a site frees by."""
    lines = text.split("\n")
    for site in found:
        for name in freeing(site) if site.pattern not in CALLBACKS else ():
            for line in site.frees:
                lines[line - 1] = re.sub(rf"\b{name}\(", f"{name}{SUFFIX}(", lines[line - 1])
    return "\n".join(lines)


def by_coccinelle(path, text, found):
    """What the semantic patch makes of a file's text."""
    with tempfile.TemporaryDirectory(prefix="convert-sites.") as scratch:
        chosen, before, after = (os.path.join(scratch, name)
                                 for name in ("chosen", os.path.basename(path), "after.c"))
        with open(chosen, "w", encoding="utf-8") as file:
            file.write("\n".join(chosen_lines(found)))
        with open(before, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        done = subprocess.run(
            [*SPATCH, "-D", "patch", "--cocci-file", COCCI, "-o", after, before],
            capture_output=True, text=True, check=False, env={**os.environ, "SITES_CHOSEN": chosen})
        if done.returncode or not os.path.exists(after):
            lines = done.stderr.strip().splitlines() or ["nothing was changed"]
            raise RuntimeError(f"{path}: spatch: {lines[-1]}")
        with open(after, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()


def convert(path, found):
    """What a file is after its sites have been changed."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        old = file.read()
    text = by_coccinelle(path, with_callees(old, found), found)
    text = without_dead_ends(old, text)
    for name in dict.fromkeys(name for site in found for name in freeing(site)):
        text = with_frees_waiting(text, name)
    return with_include(text)


def ours_in(text, function):
    """How many calls a function has that let frees wait."""
    found = definition(text, function)
    return len(re.findall(r"\w_headless\(", found.group() if found else text))


def left(old, new, found):
    """What should have gone and is still there: how many calls too many."""
    many = len(re.findall(r"\bchosen_\w+\(", new))
    for function in {site.function for site in found}:
        here = [s for s in found if s.function == function]
        wanted = len({line for s in here if s.pattern not in CALLBACKS for line in s.frees})
        wanted += sum(1 for s in here if s.pattern in CALLBACKS)
        many += max(wanted - ours_in(new, function) + ours_in(old, function), 0)
    return many
