# SPDX-License-Identifier: GPL-2.0
"""The last minutes in a line."""

import tempfile
import unittest

from rcu_headless_stat.history import ASCII, BLOCKS, MOST, STUCK, History, spark
from rcu_headless_stat.marked import BAD, join, mark
from rcu_headless_stat.source import Source

from . import sample


class Spark(unittest.TestCase):
    """Numbers as signs."""

    def test_spark(self):
        self.assertEqual(spark([0, 1, 50, 100], BLOCKS), "▁▂▅█")
        self.assertEqual(spark([0, 1, 50, 100], ASCII), "_.=#")

    def test_nothing(self):
        self.assertEqual(spark([], ASCII), "")
        self.assertEqual(spark([0, 0], ASCII), "__")
        # The sum of several CPUs, looked at one after the other.
        self.assertEqual(spark([-3, 0, 3], ASCII), "__#")


class Marks(unittest.TestCase):
    """Parts of lines."""

    def test_join(self):
        line = join(["one", mark("two", BAD), mark("three", None), mark("four", BAD)], "  ")
        self.assertEqual(line, "one  two  three  four")
        self.assertEqual([line[start:end] for start, end, _ in line.marks], ["two", "four"])
        longer = join(["a", line])
        self.assertEqual([longer[start:end] for start, end, _ in longer.marks], ["two", "four"])


class Seconds(unittest.TestCase):
    """Samples of one second after another."""

    def setUp(self):
        with tempfile.TemporaryDirectory() as directory:
            sample.write(directory)
            self.source = Source(directory)
            self.sample = self.source.sample()
        self.history = History(ASCII)
        self.history.add(self.sample)

    def later(self, seconds=1, **grown):
        """Another sample."""
        stats = {name: value + grown.get(name, 0) for name, value in self.sample.stats.items()}
        self.sample = type(self.sample)(
            time=self.sample.time + seconds, stats=stats, memory=dict(self.sample.memory))
        self.history.add(self.sample)

    def lines(self, width=200, interval=1):
        """As they are shown, by default with a sign for each sample."""
        return list(self.history.lines(width, interval))

    def test_nothing_yet(self):
        self.assertEqual(self.lines(), ["queued", "freed", "pending"])

    def test_rates(self):
        for queued in (100, 0, 800):
            self.later(queued_slab=queued, freed_vmalloc=queued // 2)
        queued, freed, pending = self.lines()
        self.assertEqual(queued.split(), "queued 800/s ._# most 800/s in 2 s".split())
        self.assertEqual(freed.split(), "freed 400/s ._# most 400/s in 2 s".split())
        self.assertEqual(pending.split(), "pending 1000 ### most 1000 in 2 s".split())

    def test_narrow(self):
        """It fits, and peaks stay to be seen when several samples share a sign."""
        for second in range(200):
            self.later(queued_slab=1000 if second == 150 else 10, freed_slab=1)
        for width in (60, 80, 110, 200):
            line = self.lines(width)[0]
            self.assertLessEqual(len(line), width)
            signs = line.split()[2]
            self.assertEqual(signs.count("#"), 1)
            self.assertEqual(set(signs), {"#", "."})
            # As long as it says, in as many signs as there is room for.
            self.assertRegex(line, r"most 1000/s in 1\d\d s$")
        for width in (0, 1, 10):
            self.assertEqual(len(self.lines(width)), 3)

    def test_forgets(self):
        for _ in range(MOST + 10):
            self.later()
        self.assertEqual(len(self.history.points), MOST)

    def test_stuck(self):
        """Pages wait, and nothing is freed."""
        for _ in range(STUCK - 1):
            self.later(queued_slab=10)
        self.assertEqual(len(self.lines()), 3)
        self.later()
        *_, line = self.lines()
        self.assertRegex(line, f"^nothing freed for {STUCK} s while 1 pages wait")
        self.assertEqual(line.marks, ((0, len(line), BAD),))
        self.later(freed_slab=1)
        self.assertEqual(len(self.lines()), 3)

    def test_idle(self):
        """Nothing is freed, since nothing waits."""
        self.sample.memory["pages_waiting"] = 0
        for _ in range(2 * STUCK):
            self.later()
        self.assertEqual(len(self.lines()), 3)

    def test_long_interval(self):
        """Pages that wait now may have been sealed a moment ago, if none did before."""
        for waits in (0, 1, 0, 1):
            self.sample.memory["pages_waiting"] = waits
            self.later(seconds=300)
            self.assertEqual(len(self.lines()), 3, waits)
        self.later(seconds=300)
        self.assertRegex(self.lines()[-1], "^nothing freed for 300 s while 1 pages wait")
        self.sample.memory["pages_waiting"] = 0
        self.later(seconds=300)
        self.assertEqual(len(self.lines()), 3)

    def test_refused(self):
        """Without its files there is nothing to show."""
        self.sample.stats = None
        self.history.add(self.sample)
        self.assertEqual(self.lines(), ["queued", "freed", "pending"])
