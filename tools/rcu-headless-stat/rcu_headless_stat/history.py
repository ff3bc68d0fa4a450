# SPDX-License-Identifier: GPL-2.0
"""What has been seen in the last minutes, and how it looks in one line."""

import math
from collections import deque, namedtuple

from .marked import BAD, mark
from .rates import Rates

# Lines show so much at least, if samples go back as far.
SPAN = 120
# At the shortest interval that is twice the span.
MOST = 2400
# Grace periods are shorter, also when RCU puts callbacks off for 10 seconds; the kernel itself
# speaks of a stall after 21.
STUCK = 20

# The first is for nothing at all.
BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.:-=+*#"

LINE = "{:8}{:>11.0f}{:2} {}  most {:.0f}{} in {:.0f} s"
# What that takes without the signs, most of the time.
REST = len(LINE.format("", 0, "", "", 9999999, "/s", 9999))
# Numbered, so that those that share a sign stay together.
Point = namedtuple("Point", "number time queued freed pending")


def spark(values, levels):
    """A sign for each, the highest for the most of them."""
    top = max(values, default=0)
    steps = len(levels) - 1
    # Anything but nothing is seen.
    return "".join(levels[0 if value <= 0 else max(1, round(value / top * steps))]
                   for value in values)


class History:
    """Rates and what was pending, sample by sample."""

    def __init__(self, levels=BLOCKS):
        self.levels = levels
        self.points = deque(maxlen=MOST)
        self.last = None
        self.freed_at = None
        self.waits = 0

    def add(self, sample):
        """Another sample."""
        if not sample.has("stats", "memory"):
            return
        rates = Rates(self.last, sample)
        freed = 0
        if self.last:
            queued, freed = (rates.total(f"{what}_slab") + rates.total(f"{what}_vmalloc")
                             for what in ("queued", "freed"))
            number = self.points[-1].number + 1 if self.points else 0
            self.points.append(Point(number, sample.time, queued, freed, sample.stats["pending"]))
        # If nothing waited when we last looked, what does now may not have done so for long.
        waited, self.waits = self.waits, sample.memory["pages_waiting"]
        if freed or not (waited and self.waits):
            self.freed_at = sample.time
        self.last = sample

    def groups(self, width, interval):
        """So many lists of points at most, of as many points each as make the span fit in."""
        each = max(1, math.ceil(SPAN / (width * interval)))
        groups = {}
        for point in self.points:
            groups.setdefault(point.number // each, []).append(point)
        return list(groups.values())[-width:]

    def lines(self, width, interval):
        """A line for each of what is watched, and one when nothing moves."""
        groups = self.groups(max(width - REST, 1), interval)
        for name, unit in (("queued", "/s"), ("freed", "/s"), ("pending", "")):
            values = [max(getattr(point, name) for point in group) for group in groups]
            if values:
                shown = self.points[-1].time - groups[0][0].time
                yield LINE.format(name, getattr(self.points[-1], name), unit,
                                  spark(values, self.levels), max(values), unit, shown)
            else:
                yield name
        stuck = self.last.time - self.freed_at if self.last else 0
        if stuck >= STUCK:
            yield mark(f"nothing freed for {stuck:.0f} s while {self.waits} pages wait: "
                       "some reader keeps a grace period from ending", BAD)
