# SPDX-License-Identifier: GPL-2.0
"""Samples as comma-separated values: a line of names, then a line for each."""

import csv
import time

# The files that they are made of.
FILES = ("stats", "memory", "latency")


def writer(output):
    """A function that writes samples."""
    rows = None

    def write(sample):
        nonlocal rows
        values = {"time": f"{time.time():.3f}", **(sample.stats or {}), **(sample.memory or {})}
        for name, histogram in (sample.latency or {}).items():
            values[f"{name}_count"] = histogram.count
            values[f"{name}_sum"] = histogram.sum
        if not rows:
            rows = csv.DictWriter(output, values, extrasaction="ignore", lineterminator="\n")
            rows.writeheader()
        # What isn't permitted any more is empty.
        rows.writerow(values)
        output.flush()

    return write
