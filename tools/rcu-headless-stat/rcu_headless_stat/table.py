# SPDX-License-Identifier: GPL-2.0
"""Samples as comma-separated values: a line of names, then a line for each."""

import csv
import time


def writer(output):
    """A function that writes samples."""
    rows = csv.writer(output, lineterminator="\n")
    first = True

    def write(sample):
        nonlocal first
        values = {"time": f"{time.time():.3f}", **sample.stats, **sample.memory}
        for name, histogram in sample.latency.items():
            values[f"{name}_count"] = histogram.count
            values[f"{name}_sum"] = histogram.sum
        if first:
            rows.writerow(values)
            first = False
        rows.writerow(values.values())
        output.flush()

    return write
