# SPDX-License-Identifier: GPL-2.0
"""Waits by who waits, joined with what find-sites says of their sites."""

import os
from dataclasses import dataclass, field

# Those where nobody waits.
CALLBACKS = ("call_rcu", "call_rcu_of_several")


@dataclass
class Row:
    """A caller, what it has waited, and where that may be: sites as find-sites tells them."""

    caller: str
    calls: int = 0
    usecs: int = 0
    stacks: list = field(default_factory=list)
    sites: list = field(default_factory=list)

    @property
    def verdict(self):
        """What find-sites says, all of it where it may be one of several."""
        return ", ".join(dict.fromkeys(site["verdict"] for site in self.sites)) or "-"

    @property
    def place(self):
        """Where that is: path and lines."""
        lines = {}
        for site in self.sites:
            lines.setdefault(site["path"], []).append(str(site["line"]))
        return " ".join(f"{path}:{','.join(dict.fromkeys(nrs))}" for path, nrs in lines.items())


def module_name(path):
    """A module's name in the kernel, by where it is in a tree."""
    return os.path.basename(path).replace("-", "_")


def fits(site, frame):
    """Whether a site may be in the code that a frame is of, the function left aside."""
    if site["pattern"] in CALLBACKS:
        return False
    if not frame.module:
        return True
    return frame.module in {module_name(path) for path in site.get("modules", ())}


def sites_of(stack, found):
    """The sites whose wait that may be that has this stack."""
    for frame, through in zip(stack, (False, True)):
        near = [s for s in found if fits(s, frame)
                and (not through or s["pattern"] == "wait_in_callee")]
        # A function that is called once is part of its caller.
        of_frame = [s for s in near if frame.function == s["function"]] or \
            [s for s in near if frame.function in s.get("callers", ())]
        if of_frame:
            return of_frame
    return []


def rank(waits, found):
    """Rows, those who wait most first."""
    rows = {}
    for entry in waits:
        caller = str(entry.stack[0]) if entry.stack else "(unknown)"
        sites = sites_of(entry.stack, found)
        places = tuple((s["path"], s["line"]) for s in sites)
        row = rows.setdefault((caller, places), Row(caller, sites=sites))
        row.calls += entry.calls
        row.usecs += entry.usecs
        row.stacks.append(entry)
    return sorted(rows.values(), key=lambda row: -row.usecs)
