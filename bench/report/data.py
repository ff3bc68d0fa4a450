# SPDX-License-Identifier: GPL-2.0
"""What was measured: the values of all rounds, as make bench keeps them."""

import csv
import statistics
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Key:
    """What a value is of: a measure and what it tells, under a condition, by a peer."""

    measure: str
    condition: str
    peer: str
    name: str


def condition_value(condition, name, default=None):
    """The number that a condition has for a name, as in "size=64 nr=5120"."""
    for word in condition.split():
        if word.startswith(name + "="):
            return int(word[len(name) + 1:])
    return default


@dataclass
class Data:
    """All values of one file."""

    about: list = field(default_factory=list)
    values: dict = field(default_factory=lambda: defaultdict(list))
    units: dict = field(default_factory=dict)

    @classmethod
    def read(cls, path):
        """Reads a file of values, and the lines before them that tell what it was."""
        data = cls()
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file if line.strip()]
        data.about = [line[1:].strip() for line in lines if line.startswith("#")]
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            key = Key(row["measure"], row["condition"], row["peer"], row["name"])
            data.values[key].append(float(row["value"]))
            data.units[key] = row["unit"]
        return data

    def median(self, key):
        """The median of all rounds, or None."""
        values = self.values.get(key)
        return statistics.median(values) if values else None

    def spread(self, key):
        """Lowest and highest of all rounds."""
        values = self.values[key]
        return min(values), max(values)

    def conditions(self, measure, name):
        """The conditions that there are for a measure and what it tells, as they came."""
        return list(dict.fromkeys(key.condition for key in self.values
                                  if (key.measure, key.name) == (measure, name)))

    def peers(self, measure, condition, name):
        """Who was measured under a condition, as they came."""
        return list(dict.fromkeys(key.peer for key in self.values if
                                  (key.measure, key.condition, key.name)
                                  == (measure, condition, name)))
